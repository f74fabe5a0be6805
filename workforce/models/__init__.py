"""Who: people, their memberships, skills, time, wishes and rates, what they are told, and what they did."""

from workforce.models.audit import AuditEvent
from workforce.models.messages import Message, MessageRead
from workforce.models.people import LoginLink, Membership, Role, Team, User, Vendor
from workforce.models.preferences import CheckIn, Consent, Preferences
from workforce.models.rates import Allowance
from workforce.models.second_step import RecoveryCode, SecondStep
from workforce.models.sessions import Session
from workforce.models.skills import Skill, SkillGrant
from workforce.models.time import WorkTime
from workforce.models.tokens import ApiToken

__all__ = [
    "Allowance",
    "ApiToken",
    "AuditEvent",
    "CheckIn",
    "Consent",
    "LoginLink",
    "Membership",
    "Message",
    "MessageRead",
    "Preferences",
    "RecoveryCode",
    "Role",
    "SecondStep",
    "Session",
    "Skill",
    "SkillGrant",
    "Team",
    "User",
    "Vendor",
    "WorkTime",
]
