"""Verbs of an admin on the people page: admit, dismiss, invite. Each checks the admin's own role first."""

from django.db import transaction

from workforce import auditing, leaving, people, roles, vendors
from workforce.errors import AssayError
from workforce.models import Membership, Role, Team, User, Vendor


class LastAdmin(AssayError):
    """This is the project's only admin. Nothing was changed. Make somebody else an admin first."""

    code = "last_admin"
    status = 409


class BelongsElsewhere(AssayError):
    """This person also belongs to a team that you do not administer. Nothing was changed: it would concern that
    team as well. Ask an admin of the other team.
    """

    code = "belongs_elsewhere"
    status = 403


def belongs_elsewhere(*, user: User, actor: User) -> bool:
    """Whether the person is of a team that the actor does not administer, or of the site's staff."""
    administered = roles.teams_of(user=actor, role=Role.ADMIN)
    elsewhere = Membership.objects.filter(user=user).exclude(team__in=administered).exists()
    return elsewhere or ((user.is_superuser or user.is_staff) and user != actor)


@transaction.atomic
def admit(
    *,
    team: Team,
    username: str,
    display_name: str,
    role: Role,
    actor: User,
    email: str = "",
    vendor: Vendor | None = None,
) -> User:
    """Give a person a role in the team; the account is made if there is none, without a password.

    Raises VendorDoesNotFit, NameTaken.
    """
    roles.require(user=actor, team=team, role=Role.ADMIN)
    vendors.require_fit(vendor=vendor, team=team, role=role)
    return people.add_member(
        team=team, username=username, display_name=display_name, email=email, role=role, actor=actor, vendor=vendor
    )


@transaction.atomic
def dismiss(*, team: Team, user: User, role: Role, actor: User) -> None:
    """Take a role away; judgments stay. Raises LastAdmin, because nobody could then let anybody in."""
    roles.require(user=actor, team=team, role=Role.ADMIN)
    admins = Membership.objects.select_for_update().filter(team=team, role=Role.ADMIN)
    if role == Role.ADMIN and not [m for m in admins if m.user_id != user.pk]:
        raise LastAdmin
    if role == Role.RATER:
        leaving.left(rater=user, team=team, actor=actor, reason="No longer a rater here.")
    people.remove_member(team=team, user=user, role=role, actor=actor)


@transaction.atomic
def invite(*, team: Team, user: User, actor: User) -> str:
    """The token of a link that signs the person in once, within 24 hours. Shown now and never again."""
    roles.require(user=actor, team=team, role=Role.ADMIN)
    if belongs_elsewhere(user=user, actor=actor):
        raise BelongsElsewhere
    token = people.issue_login_link(user=user)
    auditing.record(stream=team.slug, actor=actor, verb="issue_login_link", target=f"user:{user.username}")
    return token
