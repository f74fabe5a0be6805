"""What holds of a batch whenever nobody is in the middle of something, in the numbering of the assignment protocol.

I1: no more seats than are wanted, and every counted answer on a seat of its own. I2: nobody twice on an item. I3: each
acknowledged answer is there exactly once, and none that nobody gave. I4: whoever answered held that lease. I9: who may
not answer holds nothing. I10: another k takes no label away and gives no seat number twice. I11: the audit log tells
each change of state once, and its chain holds.
"""

import itertools
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Subquery

from annotation.judging import Submitted
from annotation.models import Assignment, Batch, Judgment, Slot, Task
from annotation.models.tasks import MOST_ANSWERS
from workforce.auditing import verify_chain
from workforce.models import AuditEvent, Membership, Role, User


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An answer that a rater was told is safe: what they sent, under which lease, and the judgment named to them."""

    submission: uuid.UUID
    token: uuid.UUID
    judgment: uuid.UUID

    @classmethod
    def of(cls, submitted: Submitted, *, token: uuid.UUID) -> "Acknowledged":
        judgment = submitted.judgment
        assert judgment.submission is not None
        return cls(judgment.submission, token, judgment.uid)


def all_hold(*, batch: Batch, acknowledged: Iterable[Acknowledged]) -> None:
    """Assert all of it, naming everything that is broken at once."""
    batch = Batch.objects.select_related("project__team").get(pk=batch.pk)
    told = set(acknowledged)
    found = [*_seats(batch), *_leases(batch), *_answers(batch, told), *_people(batch), *_audit(batch)]
    assert not found, "\n".join(found)


def chain_holds(*, batch: Batch) -> None:
    """I11: nothing in the audit log was changed, lost or doubled. Reads the whole of it."""
    assert verify_chain(stream=batch.project.team.slug) is None


def _seats(batch: Batch) -> Iterable[str]:
    counted = Counter(Judgment.objects.counted().filter(task__batch=batch).values_list("task", flat=True))
    slots = list(Slot.objects.filter(batch=batch).values_list("task", "n", "state"))
    for task in Task.objects.filter(batch=batch):
        states = Counter(state for pk, _, state in slots if pk == task.pk)
        wanted = 0 if task.standing == Task.Standing.OUT else min(batch.overlap + task.extra, MOST_ANSWERS)
        seats = states.total() - states["retired"]
        if seats != max(wanted, states["done"]):
            yield f"I1: task {task.number} has {seats} seats of {wanted} wanted, {states['done']} of them done"
        if counted[task.pk] != states["done"]:
            yield f"I1: task {task.number} has {counted[task.pk]} counted answers on {states['done']} seats"
        numbers = sorted(n for pk, n, _ in slots if pk == task.pk)
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"I10: the seats of task {task.number} are numbered {numbers}"


def _leases(batch: Batch) -> Iterable[str]:
    state = Assignment.State
    mine = Assignment.objects.filter(slot__batch=batch).values_list("slot", "slot__state", "state", "task", "rater")
    rows = list(mine)
    seats = dict(Slot.objects.filter(batch=batch).values_list("pk", "state"))
    live = Counter(slot for slot, _, held, _, _ in rows if held == state.LEASED)
    done = Counter(slot for slot, _, held, _, _ in rows if held == state.SUBMITTED)
    for slot, seat in seats.items():
        leased, answered = live[slot], done[slot]
        fits = {"open": leased == 0, "leased": leased == 1, "done": leased == 0, "retired": leased <= 1}
        if not fits[seat] or answered != (seat == "done"):
            yield f"I1: slot {slot} is {seat}, with {leased} leases and {answered} answers"
    twice = [key for key, times in Counter((task, rater) for _, _, _, task, rater in rows).items() if times > 1]
    if twice:
        yield f"I2: two assignments of one rater on one task: {twice}"


def _answers(batch: Batch, told: set[Acknowledged]) -> Iterable[str]:
    judgments = list(Judgment.objects.filter(task__batch=batch).select_related("assignment__slot"))
    firsts = Counter((one.task_id, one.rater_id) for one in judgments if one.supersedes_id is None)
    currents = Counter(Judgment.objects.current().filter(task__batch=batch).values_list("task", "rater"))
    for name, times in (("first", firsts), ("current", currents)):
        if doubled := [key for key, n in times.items() if n > 1]:
            yield f"I2: two {name} answers of one rater to one task: {doubled}"
    there = Counter(Acknowledged(one.submission, one.assignment.token, one.uid) for one in judgments)  # type: ignore[union-attr, arg-type]  # live ones have both
    if lost := told - set(there):
        yield f"I3, I4: acknowledged, but not there under that lease: {lost}"
    if unasked := set(there) - told:
        yield f"I3: there, but acknowledged to nobody: {unasked}"
    for one in judgments:
        lease = one.assignment
        assert lease is not None
        if (lease.rater_id, lease.task_id, lease.slot.batch_id) != (one.rater_id, one.task_id, batch.pk):
            yield f"I4: judgment {one.pk} lies under somebody else's lease"


def _people(batch: Batch) -> Iterable[str]:
    raters = Membership.objects.in_force().filter(role=Role.RATER, team=batch.project.team).values("user")
    held = Assignment.objects.filter(slot__batch=batch, state=Assignment.State.LEASED).exclude(rater__in=raters)
    for lease in held.select_related("rater"):
        yield f"I9: {lease.rater} may not answer and holds {lease.pk}"


def _audit(batch: Batch) -> Iterable[str]:
    """Reads what was written since the batch was opened, once: the state machine asks after every step.

    Since then by its place in the chain, for the clock may have been set back meanwhile.
    """
    chain = AuditEvent.objects.filter(stream=batch.project.team.slug).order_by("sequence")
    opened = chain.filter(verb="open_batch", target=f"batch:{batch.pk}").values("sequence")[:1]
    since = chain.filter(sequence__gte=Subquery(opened))
    events = list(since.values_list("verb", "target", "detail"))
    wanted: dict[str, list[str]] = {"judge": [], "revise_judgment": []}
    for uid, supersedes in Judgment.objects.filter(task__batch=batch).values_list("uid", "supersedes"):
        wanted["revise_judgment" if supersedes else "judge"].append(f"judgment:{uid}")
    for name, targets in wanted.items():
        told = [target for verb, target, detail in events if verb == name and detail["batch"] == batch.pk]
        if sorted(told) != sorted(targets):
            yield f"I11: what the log tells of {name} is not what happened"
    mine = [(verb, detail) for verb, target, detail in events if target == f"batch:{batch.pk}"]
    steps = [detail for verb, detail in mine if verb == "change_overlap"]
    if any(one["to"] != then["from"] for one, then in itertools.pairwise(steps)):
        yield f"I11: the changes of k in the log do not follow each other: {steps}"
    if steps and steps[-1]["to"] != batch.overlap:
        yield f"I11: the log ends at k = {steps[-1]['to']}, the batch has {batch.overlap}"
    after = {"pause_batch": "paused", "resume_batch": "open", "close_batch": "closed"}
    moves = ["open", *(after[verb] for verb, _ in mine if verb in after)]
    if moves[-1] != batch.state:
        yield f"I11: the batch is {batch.state}, and the log ends at {moves[-1]}"
    asked = {target for verb, target, detail in events if verb == "reopen_item" and detail["batch"] == batch.pk}
    if asked != {f"task:{uid}" for uid in batch.tasks.filter(extra__gt=0).values_list("uid", flat=True)}:
        yield "I11: the log tells of other items that were opened again"
    last = {target: verb for verb, target, _ in events if verb in ("disable", "enable")}
    people = User.objects.filter(username__in=[target.removeprefix("user:") for target in last])
    for name, active in people.values_list("username", "is_active"):
        if (last[f"user:{name}"] == "enable") != active:
            yield f"I11: {name} is {'active' if active else 'disabled'}, and the log tells otherwise"
