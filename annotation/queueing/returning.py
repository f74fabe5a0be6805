"""Slots that open again: after a lease that brought no answer, for one answer more, for somebody else than before.

They are handed out before the rest, the longest open first. A slot that opens and is not marked so may lie before the
bookmark of somebody it is for, who would then never be given it. So whoever opens one, or makes it fit for more people
than before, does it here; where that is a whole batch, the batch's `order_epoch` is counted up instead.
"""

from collections.abc import Collection

from django.utils import timezone

from annotation.models import Slot, Task


def lock_open_slots(*, task: Task) -> list[int]:
    """Lock the open slots of the task, to be marked once the task is locked: slots come before it.

    What opens meanwhile is marked by whoever opens it.
    """
    waiting = Slot.objects.filter(task=task.pk, state=Slot.State.OPEN)
    return list(waiting.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))


def offer_again(*, slots: Collection[int]) -> None:
    """Let those of the locked slots that are open count as opened now."""
    Slot.objects.filter(pk__in=slots, state=Slot.State.OPEN).update(returned_at=timezone.now())
