"""An earlier item of the rater's own once more, with the sides swapped: whether somebody agrees with themselves.

An item has one twin, which all raters share who are given it again; each has a slot of their own there. What is
repeated lies fifteen items back at least, was judged under the version that the batch has now, which else would tell
it from work, and is no gold: that one has an answer to be held against.
"""

import random

from django.db.models import Exists, Max, OuterRef
from django.utils.crypto import salted_hmac

from annotation.models import Assignment, Batch, Judgment, Slot, Task, TaskResponse
from annotation.queueing.golds import new_slot
from workforce.models import User

BACK = 15
WITHIN = 40
KEY = "annotation.queueing.repeats"


def take_repeat(*, batch: Batch, rater: User) -> Slot | None:
    """A new slot of the twin of one of the rater's items, leased; None when there is nothing to repeat."""
    again = _choice(batch=batch, rater=rater)
    if again is None:
        return None
    twin = _twin(original=again)
    return new_slot(task=Task.objects.select_for_update(of=("self",), no_key=True).get(pk=twin.pk))


def swapped_order(*, task: Task, rater: User) -> list[int]:
    """The order in which the rater is shown a repeat: a pair the other way round, more answers in another order."""
    before = Assignment.objects.values_list("display_order", flat=True).get(task=task.repeats_id, rater=rater)
    if len(before) <= 2:
        return before[::-1]
    seed = salted_hmac(KEY, f"{task.uid}:{rater.pk}", algorithm="sha256").digest()
    order = sorted(before)
    random.Random(seed).shuffle(order)  # noqa: S311 (seeded with a keyed digest, which is what nobody can guess)
    return order if order != before else order[::-1]


def _choice(*, batch: Batch, rater: User) -> Task | None:
    mine = Assignment.objects.filter(rater=rater, slot__batch=batch).order_by("-leased_at", "-pk")
    back = list(mine.values_list("task", flat=True)[BACK - 1 : BACK - 1 + WITHIN])
    answered = Assignment.objects.filter(
        task=OuterRef("pk"), rater=rater, state__in=[Assignment.State.SUBMITTED, Assignment.State.SURPLUS]
    )
    judged = Judgment.objects.current().filter(task=OuterRef("pk"), rater=rater, cant_judge="")
    seen_twice = Assignment.objects.filter(task__repeats=OuterRef("pk"), rater=rater)
    same = {"standing": Task.Standing.QUEUED, "rubric_version": batch.rubric_version_id}
    work = Task.objects.work().filter(pk__in=back, **same)
    found = list(work.filter(Exists(answered), Exists(judged), ~Exists(seen_twice)).order_by("pk"))
    if not found:
        return None
    seed = salted_hmac(KEY, f"{batch.pk}:{rater.pk}:{len(back)}:{found[-1].pk}", algorithm="sha256").digest()
    return found[int.from_bytes(seed[:8], "big") % len(found)]


def _twin(*, original: Task) -> Task:
    """The task that repeats this one, made if nobody was given it again yet."""
    own = Task.objects.filter(batch=original.batch_id, repeats=None)
    last = own.aggregate(last=Max("number"))["last"]
    twin, made = Task.objects.get_or_create(
        repeats=original,
        defaults={
            "batch_id": original.batch_id,
            "prompt_id": original.prompt_id,
            "comparison_id": original.comparison_id,
            "number": last + original.number,  # nobody else's, without asking who else is making one
            "words": original.words,
            "rubric_version_id": original.rubric_version_id,
            "requires_id": original.requires_id,
            "lane": Task.Lane.REPEAT,
        },
    )
    if made:
        members = original.members.order_by("position")
        TaskResponse.objects.bulk_create(
            TaskResponse(task=twin, response_id=member.response_id, position=member.position) for member in members
        )
    return twin
