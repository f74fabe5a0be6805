"""Verbs about people: adding them to a team and signing them in by a one-time link."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from workforce import auditing
from workforce.errors import AssayError, NameTaken
from workforce.models import LoginLink, Membership, Role, Team, User, Vendor


class LoginLinkSpent(AssayError):
    """This sign-in link has been used or has expired. Nothing was changed. Ask an admin for a new one."""

    code = "login_link_spent"
    status = 410


def require_free(*, name: str, user: User | None) -> None:
    """Raise NameTaken if somebody else signs in under this user name or e-mail address, in any case of letters."""
    others = User.objects.exclude(pk=user.pk) if user else User.objects.all()
    if name and others.filter(Q(username__iexact=name) | Q(email__iexact=name)).exists():
        raise NameTaken


@transaction.atomic
def create_team(*, slug: str, name: str, actor: User | None) -> Team:
    """A new, empty team."""
    team = Team.objects.create(slug=slug, name=name)
    auditing.record(stream=slug, actor=actor, verb="create_team", target=f"team:{slug}")
    return team


@transaction.atomic
def add_member(
    *,
    team: Team,
    username: str,
    role: Role,
    actor: User | None,
    display_name: str = "",
    email: str = "",
    password: str | None = None,
    vendor: Vendor | None = None,
) -> User:
    """Give a person a role in the team, making the account if there is none (without a password unless given).

    Name and address of an account that exists are left as they are. Raises NameTaken.
    """
    user = User.objects.filter(username=username).first()
    if user is None:
        for name in (username, email):
            require_free(name=name, user=None)
        user = User(username=username, display_name=display_name, email=email)
        user.set_password(password)
        user.save(force_insert=True)
    Membership.objects.get_or_create(team=team, user=user, role=role, defaults={"vendor": vendor})
    detail = {"role": str(role)} | ({"vendor": vendor.slug} if vendor else {})
    auditing.record(stream=team.slug, actor=actor, verb="add_member", target=f"user:{username}", detail=detail)
    return user


@transaction.atomic
def remove_member(*, team: Team, user: User, role: Role, actor: User) -> None:
    """Take a role away. The person's judgments stay."""
    Membership.objects.filter(team=team, user=user, role=role).delete()
    auditing.record(
        stream=team.slug, actor=actor, verb="remove_member", target=f"user:{user.username}", detail={"role": str(role)}
    )


@transaction.atomic
def issue_login_link(*, user: User, hours: int = 24) -> str:
    """The secret token of a link that signs the person in once; shown now and never again."""
    token = secrets.token_urlsafe(32)
    LoginLink.objects.create(user=user, token_sha256=_digest(token), expires_at=timezone.now() + timedelta(hours=hours))
    return token


def find_login_link(*, token: str) -> LoginLink:
    """The unused, unexpired link of this token. Raises LoginLinkSpent."""
    link = LoginLink.objects.select_related("user").filter(token_sha256=_digest(token)).first()
    if link is None or link.used_at or link.expires_at <= timezone.now() or not link.user.is_active:
        raise LoginLinkSpent
    return link


@transaction.atomic
def spend_login_link(*, token: str) -> User:
    """Mark the link used and return whom it signs in. Raises LoginLinkSpent, also for the slower of two clicks."""
    link = find_login_link(token=token)
    if not LoginLink.objects.filter(pk=link.pk, used_at__isnull=True).update(used_at=timezone.now()):
        raise LoginLinkSpent
    return link.user


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
