"""Who may do what: the one place that turns memberships into a yes or no."""

from workforce.errors import NotAllowed
from workforce.models import Membership, Role, Team, User

# Which roles grant this one: an admin can do what a lead can. Neither labels unless they are a rater as well.
GRANTED_BY = {Role.RATER: {Role.RATER}, Role.LEAD: {Role.LEAD, Role.ADMIN}, Role.ADMIN: {Role.ADMIN}}


def holds(*, user: User, team: Team, role: Role) -> bool:
    """Whether the active person holds the role in the team, directly or through a higher one."""
    return user.is_active and Membership.objects.filter(user=user, team=team, role__in=GRANTED_BY[role]).exists()


def require(*, user: User, team: Team, role: Role) -> None:
    """Raise NotAllowed unless the person holds the role in the team."""
    if not holds(user=user, team=team, role=role):
        raise NotAllowed


def teams_of(*, user: User, role: Role | None = None) -> list[int]:
    """Primary keys of the teams in which the person holds the role (any role if None)."""
    memberships = Membership.objects.filter(user=user) if user.is_active else Membership.objects.none()
    if role is not None:
        memberships = memberships.filter(role__in=GRANTED_BY[role])
    return list(memberships.values_list("team_id", flat=True).distinct())
