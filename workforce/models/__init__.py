"""Who: people, their memberships and one-time logins, and the record of what they did."""

from workforce.models.audit import AuditEvent
from workforce.models.people import LoginLink, Membership, Role, Team, User

__all__ = ["AuditEvent", "LoginLink", "Membership", "Role", "Team", "User"]
