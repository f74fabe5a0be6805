"""Verbs of an admin on the people page: admit, dismiss, invite. Each checks the admin's own role first."""

from django.db import transaction

from workforce import auditing, people, roles
from workforce.errors import AssayError
from workforce.models import Membership, Role, Team, User


class LastAdmin(AssayError):
    """This is the project's only admin. Nothing was changed. Make somebody else an admin first."""

    code = "last_admin"
    status = 409


class BelongsElsewhere(AssayError):
    """This person also belongs to a team that you do not administer. No link was made: it would open that
    team's work to whoever holds it. Ask an admin of the other team.
    """

    code = "belongs_elsewhere"
    status = 403


@transaction.atomic
def admit(*, team: Team, username: str, display_name: str, role: Role, actor: User) -> User:
    """Give a person a role in the team; the account is made if there is none, without a password."""
    roles.require(user=actor, team=team, role=Role.ADMIN)
    return people.add_member(team=team, username=username, display_name=display_name, role=role, actor=actor)


@transaction.atomic
def dismiss(*, team: Team, user: User, role: Role, actor: User) -> None:
    """Take a role away; judgments stay. Raises LastAdmin, because nobody could then let anybody in."""
    roles.require(user=actor, team=team, role=Role.ADMIN)
    admins = Membership.objects.select_for_update().filter(team=team, role=Role.ADMIN)
    if role == Role.ADMIN and not [m for m in admins if m.user_id != user.pk]:
        raise LastAdmin
    people.remove_member(team=team, user=user, role=role, actor=actor)


@transaction.atomic
def invite(*, team: Team, user: User, actor: User) -> str:
    """The token of a link that signs the person in once, within 24 hours. Shown now and never again."""
    roles.require(user=actor, team=team, role=Role.ADMIN)
    administered = roles.teams_of(user=actor, role=Role.ADMIN)
    elsewhere = Membership.objects.filter(user=user).exclude(team__in=administered).exists()
    if elsewhere or ((user.is_superuser or user.is_staff) and user != actor):
        raise BelongsElsewhere
    token = people.issue_login_link(user=user)
    auditing.record(stream=team.slug, actor=actor, verb="issue_login_link", target=f"user:{user.username}")
    return token
