"""Verbs of the second step of signing in. Leads and admins need it where the site says so; raters may have it.

A session remembers which set-up it passed, so that a new phone or a reset makes every other session pass again.
"""

import hashlib
import re
import secrets
import time
from base64 import b32encode

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from workforce import auditing, roles, throttling, totp
from workforce.errors import SecondStepRequired, WrongCode
from workforce.managing import BelongsElsewhere, belongs_elsewhere
from workforce.models import Membership, RecoveryCode, Role, SecondStep, Team, User

STREAM = "platform"
CODES = 10
CODE_BYTES = 15
DIGITS = re.compile(r"[0-9]{6}")


def needed(*, user: User) -> bool:
    """Whether the person's role asks for a second step on this site."""
    if not settings.REQUIRE_TOTP:
        return False
    leading = Membership.objects.in_force().filter(user=user, role__in=(Role.LEAD, Role.ADMIN))
    return user.is_staff or user.is_superuser or leading.exists()


def passed_mark(*, user: User) -> str:
    """What a session that passed this person's second step carries; another set-up has another mark."""
    return user.second_step_since.isoformat() if user.second_step_since else ""


@transaction.atomic
def pending_secret(*, user: User) -> str:
    """The secret to put into an app, the same until a code of it is confirmed. The old one counts until then."""
    step, _ = SecondStep.objects.select_for_update().get_or_create(user=user)
    if not step.pending:
        step.pending = totp.make_secret()
        step.save(update_fields=["pending"])
    return step.pending


def confirm(*, user: User, code: str) -> tuple[User, list[str]]:
    """Let the pending secret count from now on. Returns the person as stored now and ten recovery codes, shown once.

    Raises WrongCode, TooManyRequests.
    """
    throttling.take(what="second_step", who=f"{user.pk} set-up")
    with transaction.atomic():
        step = SecondStep.objects.select_for_update().filter(user=user).exclude(pending="").first()
        used = totp.step_of(secret=step.pending, code=_plain(code), now=time.time()) if step else None
        if step is None or used is None:
            raise WrongCode
        step.secret, step.pending, step.used_step = step.pending, "", used
        step.save(update_fields=["secret", "pending", "used_step"])
        user = User.objects.select_for_update().get(pk=user.pk)
        user.second_step_since = timezone.now()
        user.save(update_fields=["second_step_since"])
        codes = _new_codes(user=user)
        auditing.record(stream=STREAM, actor=user, verb="set_up_second_step", target=f"user:{user.username}")
    return user, codes


def verify(*, user: User, code: str, device: str) -> None:
    """Pass with the six digits of the app, or with a recovery code; each counts once.

    `device` names one on which the person has passed before, or is empty: strangers who know the password use up
    what strangers may try. Raises WrongCode, TooManyRequests.
    """
    what, who = ("second_step", f"{user.pk} {device}") if device else ("second_step_elsewhere", str(user.pk))
    throttling.take(what=what, who=who)
    if not (_spend_digits(user=user, code=_plain(code)) or _spend_recovery(user=user, code=_plain(code))):
        raise WrongCode
    throttling.forget(what=what, who=who)


@transaction.atomic
def drop(*, user: User) -> User:
    """Do without a second step from now on; the view has just had a code verified. Raises SecondStepRequired."""
    if needed(user=user):
        raise SecondStepRequired
    return _clear(user=user, stream=STREAM, actor=user, verb="drop_second_step")


@transaction.atomic
def reset(*, team: Team, user: User, actor: User) -> None:
    """Take away somebody's second step, whose phone and codes are lost, and end their sessions.

    Raises NotAllowed, BelongsElsewhere.
    """
    roles.require(user=actor, team=team, role=Role.ADMIN)
    if belongs_elsewhere(user=user, actor=actor):
        raise BelongsElsewhere
    user = _clear(user=user, stream=team.slug, actor=actor, verb="reset_second_step")
    user.signed_out_at = timezone.now()
    user.save(update_fields=["signed_out_at"])


def _clear(*, user: User, stream: str, actor: User, verb: str) -> User:
    user = User.objects.select_for_update().get(pk=user.pk)
    SecondStep.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    user.second_step_since = None
    user.save(update_fields=["second_step_since"])
    auditing.record(stream=stream, actor=actor, verb=verb, target=f"user:{user.username}")
    return user


def _spend_digits(*, user: User, code: str) -> bool:
    step = SecondStep.objects.filter(user=user).exclude(secret="").first()
    if step is None or not DIGITS.fullmatch(code):
        return False
    used = totp.step_of(secret=step.secret, code=code, now=time.time())
    # The condition decides between two who send the same code at once.
    spend = SecondStep.objects.filter(pk=step.pk, secret=step.secret, used_step__lt=used or 0)
    return used is not None and bool(spend.update(used_step=used))


def _spend_recovery(*, user: User, code: str) -> bool:
    mine = RecoveryCode.objects.filter(user=user, code_sha256=_digest(code), used_at=None)
    if not mine.update(used_at=timezone.now()):
        return False
    with transaction.atomic():
        auditing.record(stream=STREAM, actor=user, verb="use_recovery_code", target=f"user:{user.username}")
    return True


def _new_codes(*, user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = [b32encode(secrets.token_bytes(CODE_BYTES)).decode().lower() for _ in range(CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code_sha256=_digest(code)) for code in codes)
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def _plain(code: str) -> str:
    return re.sub(r"[\s-]", "", code).lower()


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
