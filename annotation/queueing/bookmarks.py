"""How far a rater has come in the order of a batch: where a claim begins to look, and when that moves on.

A bookmark moves to the first slot that is for the rater, as seen without row locks: what somebody else is just taking
is still open then, and stays ahead should they not get it. It moves only after a claim has looked past many slots.
Of slots that opened again none younger than a minute is passed: the transaction that opened an older one may commit
after that of a younger one.
"""

import hashlib
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from annotation.models import Assignment, Batch, Bookmark, Slot, Task
from workforce.models import User

FAR = 50
UNANSWERED = [Assignment.State.LEASED, Assignment.State.RELEASED, Assignment.State.EXPIRED]
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
SETTLED = timedelta(seconds=60)
KEPT = (
    *("place", "returned_until", "skills", "order_epoch"),
    *("turns", "golds", "repeats"),
    *("total", "at_least", "counted_at"),
)


def digest_of(*, skills: Collection[int]) -> str:
    """The same for the same skills, in whatever order."""
    return hashlib.sha256(",".join(map(str, sorted(skills))).encode()).hexdigest() if skills else ""


class Found(NamedTuple):
    """A rater's bookmark; whether any slot opened again that it has not passed; whether it stands where it did."""

    bookmark: Bookmark
    reopened: bool
    as_it_was: bool


def find_bookmark(
    *, batch: Batch, rater: User, skills: Collection[int], mark: Bookmark | None, reopened: bool
) -> Found:
    """The rater's bookmark `mark` as it was read, made if there is none, and at the beginning if it was left with other
    skills or before the order was counted up. `reopened` was read of slots. Whoever asks holds the rater's lock.
    """
    digest = digest_of(skills=skills)
    if mark is not None and (mark.skills, mark.order_epoch) == (digest, batch.order_epoch):
        return Found(mark, reopened, as_it_was=True)
    found = mark or _begun(batch=batch, rater=rater)
    found.skills, found.order_epoch = digest, batch.order_epoch
    found.place, found.returned_until = 0, None
    found.save(update_fields=KEPT)
    return Found(found, reopened=True, as_it_was=False)


def reopened_since(*, batch: OuterRef, mark: str) -> Subquery:
    """A slot of the batch that opened again and that the bookmark joined as `mark` has not passed, if there is one."""
    since = Coalesce(OuterRef(f"{mark}returned_until"), Value(NEVER))
    again = Slot.objects.filter(batch=batch, state=Slot.State.OPEN, returned_at__gte=since)
    # The first of them in their order, not whether there is any: for that PostgreSQL would read through the batch.
    return Subquery(again.order_by("returned_at").values("pk")[:1])


def _begun(*, batch: Batch, rater: User) -> Bookmark:
    mine = Assignment.objects.filter(rater=rater, slot__batch__project=batch.project_id)
    here = Q(slot__batch=batch)  # more than none in a batch that was opened before there were bookmarks
    had = mine.aggregate(before=Count("pk", filter=~here), turns=Count("pk", filter=here))
    return Bookmark.objects.create(batch=batch, rater=rater, **had)


def returned(*, slots: QuerySet[Slot], bookmark: Bookmark) -> QuerySet[Slot]:
    """Of these slots those that opened again and that the bookmark has not passed, the longest open first."""
    since = Q(returned_at__gte=bookmark.returned_until) if bookmark.returned_until else Q(returned_at__isnull=False)
    return slots.filter(since).order_by("returned_at", "pk")


def ahead(*, slots: QuerySet[Slot], bookmark: Bookmark) -> QuerySet[Slot]:
    """Of these slots those that the bookmark has not passed, in the order of the batch."""
    return slots.filter(place__gte=bookmark.place).order_by("place", "n")


def count_turn(*, bookmark: Bookmark, lane: str) -> None:
    """Count an item that the rater is given for the first time, and of which lane. Whoever claims saves it."""
    bookmark.turns += 1
    bookmark.golds += lane == Task.Lane.GOLD
    bookmark.repeats += lane == Task.Lane.REPEAT


def move_on(
    *,
    bookmark: Bookmark,
    fitting: Callable[[], QuerySet[Slot]],
    waiting: Callable[[], QuerySet[Slot]],
    first_below: Callable[[int], int | None],
    taken: Slot | None,
    now: datetime,
) -> None:
    """Pass what lies between the bookmark and the slot that was `taken`, or None if nothing was found.

    `waiting` gives the batch's open slots, `fitting` those of them that are for the rater, `first_below` the place of
    the first of these between the bookmark and a place; hardly any claim asks. Saved with the rest of what the claim
    changes.
    """
    bookmark.returned_until = _settled(bookmark, fitting, taken, now)
    if taken is None or taken.returned_at is None:
        bookmark.place = _place(bookmark, waiting, first_below, taken)


def state_of(*, bookmark: Bookmark) -> tuple[Any, ...]:
    """What of a bookmark a claim may change, to be held against what it was before."""
    return tuple(getattr(bookmark, name) for name in KEPT)


def _place(
    bookmark: Bookmark,
    waiting: Callable[[], QuerySet[Slot]],
    first_below: Callable[[int], int | None],
    taken: Slot | None,
) -> int:
    last = taken or ahead(slots=waiting(), bookmark=bookmark).reverse().first()
    if last is None or last.place is None or last.place - bookmark.place <= FAR:
        return bookmark.place
    end = last.place if taken else last.place + 1
    first = first_below(end)
    return end if first is None else first


def _settled(
    bookmark: Bookmark, fitting: Callable[[], QuerySet[Slot]], taken: Slot | None, now: datetime
) -> datetime | None:
    since = bookmark.returned_until
    reached = (taken.returned_at if taken else None) or now
    if bookmark.turns < FAR or (since is not None and reached - since <= 2 * SETTLED):
        return since
    first = returned(slots=fitting(), bookmark=bookmark).values_list("returned_at", flat=True).first()
    return min(first or now, now - SETTLED)
