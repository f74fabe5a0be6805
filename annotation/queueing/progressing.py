"""How far a rater is in a batch, counted from their bookmark on and no further than anybody reads off a card.

While there is plenty for them the total is told again for a minute as it was counted: among much of what others take
as well, nobody counts what is left at every answer. Towards the end it is counted each time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotation.models import Assignment, Batch, Bookmark, Slot
from annotation.models.tasks import Kept
from annotation.qualifying import grants_held
from annotation.queueing.bookmarks import NEVER, UNANSWERED, answered_of, digest_of
from annotation.queueing.eligibility import GIVEN_UP, never_held, open_slots, own_round, skilled
from annotation.queueing.families import of_new_prompts
from annotation.queueing.lane_order import turns_to_come
from annotation.queueing.lanes import has_lanes
from workforce.compiled import Blanks, Compiled
from workforce.models import User

COUNTED = 600
PLENTY = 60  # items left, with which the total may be a minute old
TOLD_AGAIN_FOR = timedelta(seconds=60)
# Where nobody gets two items of one prompt, a prompt is what there is one of.
EACH = Case(When(batch__one_per_prompt=True, then="task__prompt"), default="task")
EVERY = Q()
Skills = Collection[int] | QuerySet[Any, Any]


@dataclass(frozen=True, slots=True)
class RaterProgress:
    """How many tasks of a batch the rater has answered, out of all they have had or could now be given.

    more: there are open slots beyond those that were looked at, so that `total` is "at least".
    """

    done: int
    total: int
    more: bool = False


class Counts(NamedTuple):
    """What is counted of a batch for one rater; `beyond` is a slot further ahead than is counted, if there is one."""

    count_done: int
    count_leased: int
    count_near: int
    count_returned: int
    count_given_up: int
    given: int
    beyond: int | None


def progress_for(*, batch: Batch, rater: User, kept: Kept | None = None) -> RaterProgress:
    """The rater's own progress in the batch, all of it seen at one moment.

    Counted from the bookmark on as the last claim left it: a skill that came since counts with the next one. `kept` is
    what the caller has read of it already.
    """
    now = timezone.now()
    if kept is None:
        mine: Any = _bookmark.first(batch=batch.pk, rater=rater.pk)
        kept = mine and Kept(mine.answered, mine.total, mine.at_least, mine.counted_at)
    return (kept and _told_again(kept, now)) or _counted_anew(batch=batch, rater=rater, now=now)


def _told_again(kept: Kept, now: datetime) -> RaterProgress | None:
    if kept.total is None or kept.counted_at is None or kept.total - kept.answered < PLENTY:
        return None
    fresh = now - TOLD_AGAIN_FOR < kept.counted_at <= now
    return RaterProgress(kept.answered, kept.total, kept.at_least) if fresh else None


def _counted_anew(*, batch: Batch, rater: User, now: datetime) -> RaterProgress:
    counted: Any = _one_batch(batch=batch.pk, rater=rater.pk, now=now)[0]
    progress = _progress(batch, rater, Counts(*(getattr(counted, name) for name in Counts._fields)))
    if progress.total - progress.done >= PLENTY:
        mine = Bookmark.objects.filter(batch=batch, rater=rater)
        mine.update(total=progress.total, at_least=progress.more, counted_at=now)
    return progress


@Compiled
def _bookmark(blanks: Blanks) -> QuerySet[Bookmark]:
    mine = Bookmark.objects.filter(batch=blanks.key("batch"), rater=blanks.key("rater"))
    return mine.annotate(answered=answered_of()).order_by()


@Compiled
def _one_batch(blanks: Blanks) -> QuerySet[Batch]:
    rater = blanks.user("rater")
    skills = grants_held(rater=rater, now=blanks.moment("now")).values("skill")
    return _counted_in(batches=Batch.objects.filter(pk=blanks.key("batch")).order_by(), rater=rater, skills=skills)


def progress_in(*, batches: QuerySet[Batch], rater: User, skills: Collection[int]) -> list[tuple[Batch, RaterProgress]]:
    """Each of the batches with the progress in it of the rater, who holds these skills, in their order.

    One statement: a slot that is leased while this is counted would else be missed as open and as leased.
    """
    seen = _counted_in(batches=batches, rater=rater, skills=skills, marked=Q(skills=digest_of(skills=skills)))
    counts = [(batch, Counts(*(getattr(batch, name) for name in Counts._fields))) for batch in seen]
    return [(batch, _progress(batch, rater, counted)) for batch, counted in counts]


def _counted_in(*, batches: QuerySet[Batch], rater: User, skills: Skills, marked: Q = EVERY) -> QuerySet[Batch]:
    # Asked of each lease rather than joined: SQLite would begin with all slots of the batch.
    batch_of = Subquery(Slot.objects.filter(pk=OuterRef("slot")).values("batch"))
    mine = Assignment.objects.filter(rater=rater).alias(batch=batch_of).filter(batch=OuterRef("pk")).order_by()
    kept = Bookmark.objects.filter(batch=OuterRef("pk"), rater=rater)
    valid = kept.filter(marked, order_epoch=OuterRef("order_epoch"))
    slots = open_slots(batch=OuterRef("pk")).order_by()
    # The sum keeps SQLite from looking for them by place, past all that is open behind the bookmark.
    behind = Slot.objects.waiting().filter(batch=OuterRef("pk"), returned_at__gte=OuterRef("from_time")).order_by()
    returned = behind.alias(at=F("place") + 0).filter(at__lt=OuterRef("from_place"))
    ahead = slots.filter(place__gte=OuterRef("from_place")).order_by("place", "n").values("pk")
    counted = open_slots(batch=OuterRef(OuterRef("pk"))).filter(place__gte=OuterRef(OuterRef("from_place")))
    near = Slot.objects.filter(pk__in=counted.order_by("place", "n").values("pk")[:COUNTED]).order_by()
    return batches.annotate(
        from_place=Coalesce(Subquery(valid.values("place")), 0),
        from_time=Coalesce(Subquery(valid.values("returned_until")), Value(NEVER)),
    ).annotate(
        count_done=_done(mine=mine, kept=kept),
        count_leased=_counted(mine.filter(state=Assignment.State.LEASED), "rater"),
        count_near=Case(
            When(mode=Batch.Mode.CALIBRATION, then=_counted(_of_a_round(slots, rater, skills), "batch")),
            default=_counted(_fitting(near, rater, skills), "batch", EACH),
        ),
        count_returned=_counted(_fitting(returned, rater, skills), "batch", EACH),
        count_given_up=_counted(_given_up(mine, rater, skills), "rater"),
        given=Coalesce(Subquery(kept.values(given=F("before") + F("turns"))), 0),
        beyond=Case(When(mode=Batch.Mode.WORK, then=Subquery(ahead[COUNTED : COUNTED + 1]))),
    )


def _progress(batch: Batch, rater: User, counts: Counts) -> RaterProgress:
    """With the gold and the repeats to come: the total must not move when one of them is given."""
    anew = counts.count_near + counts.count_returned
    total = counts.count_done + counts.count_leased + counts.count_given_up + anew
    if has_lanes(batch=batch):
        total += turns_to_come(
            project=batch.project_id,
            rater=rater.pk,
            n=counts.given + 1,
            work=anew,  # what comes back takes no turn
            gold_rate=batch.gold_rate,
            repeat_rate=batch.repeat_rate,
        )
    return RaterProgress(counts.count_done, total, counts.beyond is not None)


def _done(*, mine: QuerySet[Assignment], kept: QuerySet[Bookmark]) -> Coalesce:
    """What was given less what is not answered, so that nobody counts all that a rater has ever done."""
    unanswered = mine.filter(state__in=UNANSWERED)
    answered = mine.filter(state__in=Assignment.ANSWERED)
    turns = Subquery(kept.values("turns"))
    return Coalesce(turns - _counted(unanswered, "rater"), _counted(answered, "rater"))


def _fitting(slots: QuerySet[Slot], rater: User, skills: Skills) -> QuerySet[Slot]:
    slots = never_held(slots=slots.filter(skilled(skills=skills)), rater=rater)
    anew = of_new_prompts(rows=Slot.objects.filter(pk=OuterRef("pk")), rater=rater)
    return slots.filter(Q(batch__one_per_prompt=False) | Exists(anew))


def _of_a_round(slots: QuerySet[Slot], rater: User, skills: Skills) -> QuerySet[Slot]:
    """All that is left of the round that the rater is in or could begin: a round is small, and its items wait apart."""
    return never_held(slots=own_round(slots=slots, rater=rater).filter(skilled(skills=skills)), rater=rater)


def _given_up(mine: QuerySet[Assignment], rater: User, skills: Skills) -> QuerySet[Assignment]:
    again = own_round(slots=Slot.objects.waiting().filter(task=OuterRef("task")), rater=rater)
    return mine.filter(Exists(again.filter(skilled(skills=skills))), state__in=GIVEN_UP)


def _counted(rows: QuerySet[Any], by: str, of: str | Case = "task") -> Coalesce:
    """How many tasks the rows are of, as part of a larger statement; they are all of one batch, and alike in `by`."""
    grouped = rows.values(by).annotate(tasks=Count(of, distinct=True))
    return Coalesce(Subquery(grouped.values("tasks")), 0)
