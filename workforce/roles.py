"""Who may do what: the one place that turns memberships into a yes or no."""

from django.db.models import Exists, OuterRef, QuerySet

from workforce.errors import NotAllowed
from workforce.models import Membership, Role, Team, User
from workforce.models.people import MembershipQuerySet

# Which roles grant this one: an admin can do what a lead can. Neither labels unless they are a rater as well.
GRANTED_BY = {Role.RATER: {Role.RATER}, Role.LEAD: {Role.LEAD, Role.ADMIN}, Role.ADMIN: {Role.ADMIN}}


def holds(*, user: User, team: Team, role: Role) -> bool:
    """Whether the person holds the role in the team now, directly or through a higher one.

    Asks the database whether they are disabled, since `user` was read when the request began.
    """
    return memberships_of(user=user).filter(team=team, role__in=GRANTED_BY[role]).exists()


def held(*, user: User, team: OuterRef, role: Role) -> Exists:
    """The same of each row's team, to be asked in the statement that reads the rows."""
    return Exists(memberships_of(user=user).filter(team=team, role__in=GRANTED_BY[role]))


def through(*, user: User, team: Team) -> QuerySet[Membership, int | None]:
    """The vendor through which the person is a rater of the team, if any, to be part of a query."""
    return memberships_of(user=user).filter(team=team, role=Role.RATER).values_list("vendor_id", flat=True)[:1]


def require(*, user: User, team: Team, role: Role) -> None:
    """Raise NotAllowed unless the person holds the role in the team."""
    if not holds(user=user, team=team, role=role):
        raise NotAllowed


def teams_of(*, user: User, role: Role | None = None) -> QuerySet[Membership, int]:
    """Primary keys of the teams in which the person holds the role (any role if None), to be part of a query."""
    memberships = memberships_of(user=user)
    if role is not None:
        memberships = memberships.filter(role__in=GRANTED_BY[role])
    return memberships.values_list("team_id", flat=True).distinct()


def memberships_of(*, user: User) -> MembershipQuerySet:
    """The memberships that count for the person now; for a token, those by which it may act."""
    memberships = Membership.objects.in_force().filter(user=user)
    if user.only_team is None:
        return memberships
    return memberships.filter(team=user.only_team).exclude(role=Role.RATER)
