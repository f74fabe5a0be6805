"""How far a rater is in a batch, counted from their bookmark on and no further than anybody reads off a card.

While there is plenty for them, or more than is counted, the total is told again for a minute as it was counted: among
much of what others take as well, nobody counts what is left at every answer. Towards the end it is counted each time.
Who asks the database for a lease or a batch asks for this along with it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotation.models import Assignment, Batch, Bookmark, Slot
from annotation.models.tasks import RaterProgress
from annotation.qualifying import grants_held
from annotation.queueing.bookmarks import NEVER, UNANSWERED, digest_of
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
Row = TypeVar("Row", bound=Model)


class Counts(NamedTuple):
    """What is counted of a batch for one rater; `beyond` is a slot further ahead than is counted, if there is one."""

    count_done: int
    count_leased: int
    count_near: int
    count_returned: int
    count_given_up: int
    given: int
    beyond: int | None


def progress_for(*, batch: Batch, rater: User) -> RaterProgress:
    """The rater's own progress in the batch, all of it seen at one moment.

    Counted from the bookmark on as the last claim left it: a skill that came since counts with the next one.
    """
    [row] = _one_batch(batch=batch.pk, rater=rater.pk, **moments())
    return read_progress(row=row, batch=batch, rater=rater)


@Compiled
def _one_batch(blanks: Blanks) -> QuerySet[Batch]:
    return with_progress(rows=Batch.objects.filter(pk=blanks.key("batch")).order_by(), blanks=blanks)


def moments() -> dict[str, datetime]:
    """The values of the blanks that `with_progress` makes, but for the rater."""
    now = timezone.now()
    return {"now": now, "fresh": now - TOLD_AGAIN_FOR}


def with_progress(*, rows: QuerySet[Row], blanks: Blanks, path: str = "") -> QuerySet[Row]:
    """Rows that reach a batch by `path` ("slot__batch__"), each with what `read_progress` reads; the rater's bookmark
    is joined as `mark`. The blanks are rater, and those of `moments`.
    """
    rater, now = blanks.user("rater"), blanks.moment("now")
    mark = FilteredRelation(f"{path}bookmarks", condition=Q(**{f"{path}bookmarks__rater": rater}))
    # Fewer than were answered are never left of the turns, so what is told again is never too near the end for that.
    plenty = Q(mark__total__gte=F("mark__turns") + PLENTY) | Q(mark__at_least=True)
    told_again = plenty & Q(mark__counted_at__gt=blanks.moment("fresh"), mark__counted_at__lte=now)
    marked: Any = rows.annotate(mark=mark, total=F("mark__total"), at_least=F("mark__at_least"))
    skills = grants_held(rater=rater, now=now).values("skill")
    return _counted_in(rows=marked, rater=rater, skills=skills, path=path, unless=told_again)


def was_counted(*, row: Any) -> bool:
    """Whether the progress of such a row was counted, not told again."""
    return row.count_near is not None


def read_progress(*, row: Any, batch: Batch, rater: User) -> RaterProgress:
    """The progress that was found with the row."""
    if not was_counted(row=row):
        return RaterProgress(row.count_done, max(row.total, row.count_done + row.at_least), row.at_least)
    return _progress(batch, rater, Counts(*(getattr(row, name) for name in Counts._fields)))


def keep_total(*, row: Any, progress: RaterProgress, bookmark: Bookmark, found: bool, now: datetime) -> None:
    """Let what was counted be told again for a while if there is plenty, or more than was counted; no longer once
    nothing was `found` for the rater. Whoever claims saves the bookmark.
    """
    if not found:
        bookmark.total = bookmark.counted_at = None
    elif was_counted(row=row) and (progress.more or progress.total - progress.done >= PLENTY):
        bookmark.total, bookmark.at_least, bookmark.counted_at = progress.total, progress.more, now


def progress_in(*, batches: QuerySet[Batch], rater: User, skills: Collection[int]) -> list[tuple[Batch, RaterProgress]]:
    """Each of the batches with the progress in it of the rater, who holds these skills, in their order.

    One statement: a slot that is leased while this is counted would else be missed as open and as leased.
    """
    seen = _counted_in(rows=batches, rater=rater, skills=skills, marked=Q(skills=digest_of(skills=skills)))
    return [(batch, read_progress(row=batch, batch=batch, rater=rater)) for batch in seen]


def _counted_in(
    *, rows: QuerySet[Row], rater: User, skills: Skills, path: str = "", marked: Q = EVERY, unless: Q | None = None
) -> QuerySet[Row]:
    batch, order_epoch = OuterRef(f"{path}pk"), OuterRef(f"{path}order_epoch")
    # Asked of each lease rather than joined: SQLite would begin with all slots of the batch.
    batch_of = Subquery(Slot.objects.filter(pk=OuterRef("slot")).values("batch"))
    mine = Assignment.objects.filter(rater=rater).alias(batch=batch_of).filter(batch=batch).order_by()
    kept = Bookmark.objects.filter(batch=batch, rater=rater)
    valid = kept.filter(marked, order_epoch=order_epoch)
    slots = open_slots(batch=batch).order_by()
    # The sum keeps SQLite from looking for them by place, past all that is open behind the bookmark.
    behind = Slot.objects.waiting().filter(batch=batch, returned_at__gte=OuterRef("from_time")).order_by()
    returned = behind.alias(at=F("place") + 0).filter(at__lt=OuterRef("from_place"))
    ahead = slots.filter(place__gte=OuterRef("from_place")).order_by("place", "n").values("pk")
    counted = open_slots(batch=OuterRef(batch)).filter(place__gte=OuterRef(OuterRef("from_place")))
    near = Slot.objects.filter(pk__in=counted.order_by("place", "n").values("pk")[:COUNTED]).order_by()
    a_round, work = {f"{path}mode": Batch.Mode.CALIBRATION}, {f"{path}mode": Batch.Mode.WORK}
    counts: dict[str, Any] = {
        "count_leased": _counted(mine.filter(state=Assignment.State.LEASED), "rater"),
        "count_near": Case(
            When(**a_round, then=_counted(_of_a_round(slots, rater, skills), "batch")),
            default=_counted(_fitting(near, rater, skills), "batch", EACH),
        ),
        "count_returned": _counted(_fitting(returned, rater, skills), "batch", EACH),
        "count_given_up": _counted(_given_up(mine, rater, skills), "rater"),
        "given": Coalesce(Subquery(kept.values(given=F("before") + F("turns"))), 0),
        "beyond": Case(When(**work, then=Subquery(ahead[COUNTED : COUNTED + 1]))),
    }
    if unless is not None:
        counts = {name: Case(When(unless, then=None), default=count) for name, count in counts.items()}
    return rows.annotate(
        from_place=Coalesce(Subquery(valid.values("place")), 0),
        from_time=Coalesce(Subquery(valid.values("returned_until")), Value(NEVER)),
    ).annotate(count_done=_done(mine=mine, kept=kept), **counts)


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
