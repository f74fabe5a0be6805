"""Verbs about API tokens: a lead or an admin makes one for a program, and it works only while they lead there."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from workforce import auditing, roles
from workforce.errors import AssayError, NotAllowed
from workforce.models import ApiToken, Role, Team, User

AREAS = {
    "data": "imports and prompt sets",
    "rubrics": "rubric versions",
    "batches": "batches, their tasks and agreement",
    "sets": "preference and demonstration sets",
    "training": "runs, models and rounds",
}
READ_ONLY = {"rubrics"}
SCOPES = [f"{area}:{way}" for area in AREAS for way in ("read", "write") if way == "read" or area not in READ_ONLY]
DAYS = (7, 30, 90, 365)
MARK = "assay_"
PREFIX = len(MARK) + 6
USE_NOTED_EVERY = timedelta(minutes=1)


class NoSuchScope(AssayError):
    """A token needs at least one scope, and only those that are offered, and it expires. Nothing was made."""

    code = "no_such_scope"
    status = 422


class BadToken(AssayError):
    """This token is unknown, revoked or expired, or its maker leads nothing here any more. Nothing was changed. Make a
    new one on the tokens page of the project.
    """

    code = "bad_token"
    status = 401


class ScopeMissing(AssayError):
    """This token may not do that. Nothing was changed. Make one with the scope that is named."""

    code = "scope_missing"
    status = 403


@transaction.atomic
def make_token(*, team: Team, name: str, scopes: Collection[str], days: int, actor: User) -> tuple[ApiToken, str]:
    """A token of the actor's for the team, and its secret, which is shown now and never again.

    The secret has 256 random bits. Raises NotAllowed, NoSuchScope.
    """
    roles.require(user=actor, team=team, role=Role.LEAD)
    if not scopes or not set(scopes) <= set(SCOPES) or days not in DAYS:
        raise NoSuchScope
    secret = MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        team=team,
        user=actor,
        name=name,
        prefix=secret[:PREFIX],
        token_sha256=_digest(secret),
        scopes=[scope for scope in SCOPES if scope in scopes],
        expires_at=timezone.now() + timedelta(days=days),
    )
    detail = {"name": name, "scopes": token.scopes, "days": days}
    auditing.record(stream=team.slug, actor=actor, verb="make_token", target=f"token:{token.prefix}", detail=detail)
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: User) -> None:
    """End a token at once: one's own, or anybody's of a team that one administers. Raises NotAllowed."""
    if token.user_id != actor.pk:
        roles.require(user=actor, team=token.team, role=Role.ADMIN)
    elif not roles.holds(user=actor, team=token.team, role=Role.LEAD):
        raise NotAllowed
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        auditing.record(stream=token.team.slug, actor=actor, verb="revoke_token", target=f"token:{token.prefix}")


def use_token(*, secret: str) -> ApiToken:
    """The token of this secret, with its maker as somebody of that team alone. Notes the use once a minute.

    Raises BadToken, for whatever reason, also when the maker is disabled or no longer leads the team.
    """
    now = timezone.now()
    token = (
        ApiToken.objects.select_related("user", "team")
        .filter(token_sha256=_digest(secret), revoked_at=None, expires_at__gt=now)
        .first()
    )
    if token is None or not roles.holds(user=token.user, team=token.team, role=Role.LEAD):
        raise BadToken
    unnoted = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - USE_NOTED_EVERY:
        ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=now)
    token.user.only_team = token.team_id
    return token


def require_scope(*, token: ApiToken, area: str | None, writing: bool) -> None:
    """Raise ScopeMissing unless the token may read, or write, in the area. No token reaches an area of None.

    Whoever may write may read.
    """
    wanted = {f"{area}:write"} if writing else {f"{area}:read", f"{area}:write"}
    if area is None:
        raise ScopeMissing("No token can do this. Nothing was changed. Raters work in a session of their own.")
    if not wanted & set(token.scopes):
        raise ScopeMissing(fields={"scope": f"{area}:{'write' if writing else 'read'}"})


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
