"""Gold and repeats among a rater's work: one of them when it is its turn, and those that the rater gave up.

Where no work waits for the rater no turn is anything else: gold is no pastime. Where there is no gold or nothing to
repeat, the turn is ordinary.
"""

from django.db import IntegrityError
from django.db.models import Exists, OuterRef

from annotation.models import Assignment, Batch, Slot, Task
from annotation.queueing.eligibility import GIVEN_UP
from annotation.queueing.golds import take_gold
from annotation.queueing.lane_order import turn_at
from annotation.queueing.repeats import take_repeat
from annotation.queueing.turns import Turn


def has_lanes(*, batch: Batch) -> bool:
    """Whether anything but work is given in the batch."""
    return bool(batch.gold_rate or batch.repeat_rate)


def take_lane(*, turn: Turn) -> Slot | None:
    """A leased slot of a gold or of a repeat, if the rater's next item is to be one. Under the rater's lock."""
    batch, rater, bookmark = turn.batch, turn.rater, turn.bookmark
    if bookmark is None or not has_lanes(batch=batch):
        return None
    lane = turn_at(
        project=batch.project_id,
        rater=rater.pk,
        n=bookmark.before + bookmark.turns + 1,
        gold_rate=batch.gold_rate,
        repeat_rate=batch.repeat_rate,
    )
    if lane == Task.Lane.WORK or not any(choice.exists() for choice in turn.choices(again=False)):
        return None
    take = take_gold if lane == Task.Lane.GOLD else take_repeat
    return take(batch=batch, rater=rater)


def take_back(*, turn: Turn) -> Slot | None:
    """The slot of a gold or a repeat that the rater released or let lapse: nobody else is given that one."""
    if not has_lanes(batch=turn.batch):
        return None
    mine = Assignment.objects.filter(slot=OuterRef("pk"), rater=turn.rater, state__in=GIVEN_UP)
    waiting = Slot.objects.waiting().filter(Exists(mine), batch=turn.batch, place=None).order_by("pk")
    for slot in waiting.select_for_update(of=("self",), skip_locked=True).select_related("task")[:1]:
        if not Slot.objects.filter(pk=slot.pk, state=Slot.State.OPEN).update(state=Slot.State.LEASED):
            raise IntegrityError("the slot was taken between reading and leasing it")
        return slot
    return None
