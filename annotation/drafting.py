"""Drafts: an unfinished answer as the rater left it, to be found again on any device.

The last one written wins. Whoever writes over a draft that they have not seen is given it back, so that nothing
written on another device is lost.
"""

import json
import math
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.answers import MILLISECONDS_MAX, storable
from annotation.errors import DraftNotStorable, DraftTooLarge, Incomplete, LeaseLost
from annotation.leasing import find_lease, gone, restart
from annotation.models import Assignment, Draft
from annotation.paying import pay
from workforce.models import User

CONTENT_MAX = 500_000
DEEPEST = 32


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """When the draft was saved, and the one from elsewhere that it replaced, if its writer had not seen that."""

    saved_at: datetime
    replaced: dict[str, Any] | None


@transaction.atomic
def save_draft(
    *,
    token: uuid.UUID,
    rater: User,
    submission: uuid.UUID,
    content: dict[str, Any],
    active_ms: int = 0,
    idle_ms: int = 0,
    known: datetime | None = None,
) -> SavedDraft:
    """Keep the unfinished answer of a held item, and its lease with it; book what went to it so far.

    `content` is the client's own (at most 500,000 characters of JSON), `known` the `saved_at` of the last draft
    that the client has seen. Raises UnknownLease, AlreadySubmitted, LeaseLost, DraftTooLarge, DraftNotStorable,
    Incomplete.
    """
    if not _storable(content):
        raise DraftNotStorable
    if len(json.dumps(content, ensure_ascii=False)) > CONTENT_MAX:
        raise DraftTooLarge
    if not 0 <= active_ms <= MILLISECONDS_MAX:
        raise Incomplete(fields={"active_ms": _("Times are whole milliseconds, not negative.")})
    assignment = find_lease(token=token, rater=rater)
    if gone(assignment=assignment):
        raise LeaseLost
    before = assignment.draft if hasattr(assignment, "draft") else None
    replaced = None
    if before is not None and before.saved_at != known and before.content != content:
        replaced = present_draft(before)
    now = timezone.now()
    Draft.objects.update_or_create(
        assignment=assignment,
        defaults={"submission": submission, "content": content, "active_ms": active_ms, "saved_at": now},
    )
    restart(assignment=assignment)
    pay(assignment=assignment, ms=active_ms, idle_ms=idle_ms)
    return SavedDraft(saved_at=now, replaced=replaced)


def draft_of(*, assignment: Assignment) -> dict[str, Any] | None:
    """The draft of an item as plain JSON values."""
    return present_draft(assignment.draft) if hasattr(assignment, "draft") else None


def present_draft(draft: Draft) -> dict[str, Any]:
    """A draft as its client gets it back."""
    return {
        "submission": str(draft.submission),
        "content": draft.content,
        "active_ms": draft.active_ms,
        "saved_at": draft.saved_at.isoformat(),
    }


def _storable(content: Any) -> bool:
    """Whether both databases keep it. An answer is a few levels deep; what comes from outside can be any."""
    rest = [(content, 0)]
    while rest:
        value, depth = rest.pop()
        if depth > DEEPEST:
            return False
        if isinstance(value, dict):
            rest += [(one, depth + 1) for one in (*value.keys(), *value.values())]
        elif isinstance(value, list):
            rest += [(one, depth + 1) for one in value]
        elif not (storable(value) if isinstance(value, str) else math.isfinite(value or 0)):
            return False
    return True
