"""How far a rater is in a batch, counted from their bookmark on and no further than anybody reads off a card."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Now

from annotation.models import Assignment, Batch, Bookmark, Slot
from annotation.qualifying import grants_held
from annotation.queueing.bookmarks import NEVER, digest_of
from annotation.queueing.eligibility import GIVEN_UP, never_held, open_slots, own_round, skilled
from annotation.queueing.families import of_new_prompts
from annotation.queueing.lane_order import turns_to_come
from annotation.queueing.lanes import has_lanes
from workforce.models import User

COUNTED = 600
# Where nobody gets two items of one prompt, a prompt is what there is one of.
EACH = Case(When(batch__one_per_prompt=True, then="task__prompt"), default="task")
EVERY = Q()
BATCH, RATER = -(2**62), -(2**62) + 1  # blanks, which no row has
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


def progress_for(*, batch: Batch, rater: User) -> RaterProgress:
    """The rater's own progress in the batch, all of it seen at one moment.

    Counted from the bookmark on as the last claim left it: a skill that came since counts with the next one.
    """
    statement, blanks = _statement(connection.vendor)
    filled = {BATCH: batch.pk, RATER: rater.pk}
    with connection.cursor() as cursor:
        cursor.execute(statement, [filled.get(blank, blank) for blank in blanks])
        return _progress(batch, rater, Counts(*cursor.fetchone()))


@cache
def _statement(vendor: str) -> tuple[str, tuple[Any, ...]]:
    """The statement for one batch, with blanks among its parameters: to put it together takes longer than to run it."""
    rater = User(pk=RATER)
    skills = grants_held(rater=rater, now=Now()).values("skill")
    seen = _counted_in(batches=Batch.objects.filter(pk=BATCH).order_by(), rater=rater, skills=skills)
    return seen.values_list(*Counts._fields).query.sql_with_params()


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
    unanswered = mine.filter(state__in=[Assignment.State.LEASED, *GIVEN_UP])
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
