"""Verbs about an account itself: its password and e-mail address, its sessions, and whether it may be used at all."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from workforce import auditing, leaving, people, roles, throttling
from workforce.errors import AssayError, WeakPassword, WrongPassword
from workforce.managing import BelongsElsewhere, belongs_elsewhere
from workforce.models import ApiToken, LoginLink, Role, Team, User

STREAM = "platform"
PASSWORD_MAX = 128


class NotOneself(AssayError):
    """You cannot disable your own account. Nothing was changed. Ask another admin of the project."""

    code = "not_oneself"
    status = 409


@transaction.atomic
def set_email(*, team: Team, user: User, email: str, actor: User) -> None:
    """Give a person of the team an e-mail address to sign in with, or none (empty). Nothing is sent to it.

    Raises NotAllowed, BelongsElsewhere, NameTaken. The audit log does not hold the address.
    """
    roles.require(user=actor, team=team, role=Role.ADMIN)
    if belongs_elsewhere(user=user, actor=actor):
        raise BelongsElsewhere
    people.require_free(name=email, user=user)
    User.objects.filter(pk=user.pk).update(email=email)
    auditing.record(stream=team.slug, actor=actor, verb="set_email", target=f"user:{user.username}")


def set_password(*, user: User, new: str, old: str | None) -> User:
    """A new password; every session that is open ends. `old` is None only for a session that a link began.

    Raises TooManyRequests, WrongPassword, WeakPassword, SignInBusy. Returns the person as stored now, for the session
    that goes on. Passwords are hashed before the transaction: it would hold up every writer for half a second.
    """
    throttling.take(what="password_change", who=str(user.pk))
    if old is not None and not user.check_password(old):
        raise WrongPassword
    if len(new) > PASSWORD_MAX:
        raise WeakPassword(fields={"new": [gettext("A password has at most 128 characters.")]})
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise WeakPassword(fields={"new": error.messages}) from error
    hashed, before = make_password(new), user.password
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if user.password != before or not user.is_active:
            raise WrongPassword  # somebody else was faster, or the account was disabled meanwhile
        user.password, user.signed_out_at = hashed, timezone.now()
        user.save(update_fields=["password", "signed_out_at"])
        _end_links(user=user)
        auditing.record(stream=STREAM, actor=user, verb="set_password", target=f"user:{user.username}")
    return user


@transaction.atomic
def sign_out_everywhere(*, user: User) -> User:
    """End every open session of the person. Returns them as stored now, for the session that goes on."""
    user = User.objects.select_for_update().get(pk=user.pk)
    user.signed_out_at = timezone.now()
    user.save(update_fields=["signed_out_at"])
    auditing.record(stream=STREAM, actor=user, verb="sign_out_everywhere", target=f"user:{user.username}")
    return user


@transaction.atomic
def disable(*, team: Team, user: User, actor: User) -> None:
    """Nobody signs in as this person any more, and their sessions, links and tokens end with their next request.

    Their labels, roles and paid time stay. What they hold on lease goes to others at once.
    Whoever does this administers every team of theirs, so no team is left without an admin.
    Raises NotAllowed, NotOneself, BelongsElsewhere.
    """
    roles.require(user=actor, team=team, role=Role.ADMIN)
    if user == actor:
        raise NotOneself
    if belongs_elsewhere(user=user, actor=actor):
        raise BelongsElsewhere
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        return
    for theirs in Team.objects.filter(pk__in=roles.teams_of(user=user, role=Role.RATER)):
        leaving.left(rater=user, team=theirs, actor=actor, reason="The account was disabled.")
    user.is_active, user.disabled_at, user.signed_out_at = False, timezone.now(), timezone.now()
    user.save(update_fields=["is_active", "disabled_at", "signed_out_at"])
    _end_links(user=user)
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
    auditing.record(stream=team.slug, actor=actor, verb="disable", target=f"user:{user.username}")


@transaction.atomic
def enable(*, team: Team, user: User, actor: User) -> None:
    """Let a disabled person sign in again. An imported name was never somebody's account and stays as it is.

    Raises NotAllowed, BelongsElsewhere.
    """
    roles.require(user=actor, team=team, role=Role.ADMIN)
    if belongs_elsewhere(user=user, actor=actor):
        raise BelongsElsewhere
    disabled = User.objects.filter(pk=user.pk, disabled_at__isnull=False)
    if disabled.update(is_active=True, disabled_at=None):
        auditing.record(stream=team.slug, actor=actor, verb="enable", target=f"user:{user.username}")


def _end_links(*, user: User) -> None:
    LoginLink.objects.filter(user=user, used_at=None).update(used_at=timezone.now())
