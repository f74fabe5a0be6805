"""Handing out work: a rater claims the next slot of a batch and holds it on a lease.

The k slots of a task exist before anybody asks, so k is never exceeded; unique(task, rater) makes sure that
nobody gets a task twice. The side on which a response is shown is decided here, for good, and so is the
rubric version under which all answers to an item are given.
"""

import random
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Value,
    prefetch_related_objects,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.crypto import salted_hmac

from annotation.caring import require_care
from annotation.errors import BatchNotOpen, Busy, HeldForReview
from annotation.leasing import begin, expire_leases, hold, keep, lease_seconds, release, restart
from annotation.locking import lock_batch, rater_lock
from annotation.models import Assignment, Batch, Draft, RaterHold, Slot, Task, TaskResponse
from annotation.models.tasks import offered_to
from annotation.qualifying import listed_skills
from annotation.queueing.bookmarks import count_turn, move_on, reopened_since
from annotation.queueing.eligibility import GIVEN_UP, require_fit, skilled
from annotation.queueing.families import of_new_prompts
from annotation.queueing.lanes import take_back, take_lane
from annotation.queueing.progressing import keep_total, moments, read_progress, with_progress
from annotation.queueing.repeats import swapped_order
from annotation.queueing.turns import Turn, in_blanks, skill_blanks, turn_of
from workforce import timekeeping
from workforce.compiled import Blanks, Changed, Compiled, behind
from workforce.errors import NotAllowed
from workforce.models import Role, User
from workforce.roles import held

__all__ = ["begin", "claim_from", "claim_next", "expire_leases", "keep", "release", "show_order"]

TRIES = 5
AHEAD = 5
AHEAD_WITH_CARE = 1
YIELDS_AFTER = timedelta(seconds=20)
HELD = (Assignment.State.LEASED, Assignment.State.EXPIRED)
ORDER = "annotation.assigning.show_order"


def claim_next(*, batch: Batch, rater: User, beyond: Collection[uuid.UUID] = ()) -> Assignment | None:
    """The rater's open lease in the batch, or a new one on the next slot, or None if nothing waits for them.

    `beyond` names leases that the rater has on the page already: the next one is fetched ahead of its turn,
    as far as `most_held` allows. Without it the item is the one to work on now. Raises NotAllowed,
    BatchNotOpen, OtherVendor, NotQualified, ConsentNeeded, CapReached, HeldForReview, Busy.
    """
    return claim_from(batch_id=batch.pk, rater=rater, beyond=beyond)


def claim_from(*, batch_id: int, rater: User, beyond: Collection[uuid.UUID] = ()) -> Assignment | None:
    """The same of a batch that the caller has not read; one that there is not raises NotAllowed like a stranger's."""
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                return _claim(batch_id=batch_id, rater=rater, beyond=set(beyond))
        except IntegrityError:
            continue
    raise Busy


def most_held(*, batch: Batch) -> int:
    """How many items a rater may hold at once: one, and some ahead; few where each is looked at with care."""
    careful = batch.category or batch.mode == Batch.Mode.CALIBRATION
    return 1 + (AHEAD_WITH_CARE if careful else AHEAD)


def _claim(*, batch_id: int, rater: User, beyond: set[uuid.UUID]) -> Assignment | None:
    row, allowed = _batch(pk=batch_id, rater=rater)
    batch: Batch = row
    if batch.state != Batch.State.OPEN:
        raise BatchNotOpen
    require_fit(batch=batch, rater=rater, offered=allowed.offered, asks=allowed.asks)
    if allowed.rests or batch.category:
        require_care(batch=batch, rater=rater)
    now = timezone.now()
    live, lapsed = _mine(batch=batch, rater=rater, now=now) if allowed.holds else ([], [])
    again = next((one for one in live if one.token not in beyond), None)
    if again is None and allowed.on_hold and batch.mode == Batch.Mode.WORK:
        raise HeldForReview
    again = again or next((one for one in lapsed if one.token not in beyond and not hold(assignment=one)), None)
    if again is not None:
        if not beyond or again in lapsed:
            restart(assignment=again, begun=not beyond)
        again.progress = read_progress(row=row, batch=batch, rater=rater)
        return again
    if len(live) >= most_held(batch=batch):
        return None
    if live and batch.category:  # what is open counts as well where there is a limit
        require_care(batch=batch, rater=rater, ahead=True)
    turn = _turn(row=row, rater=rater, allowed=allowed)
    progress = read_progress(row=row, batch=batch, rater=rater) if turn.as_it_was else None
    slot, was_open = _next_slot(turn=turn, again=not (live or beyond), now=now)
    if slot is None and not live and batch.mode != Batch.Mode.CALIBRATION:
        slot, was_open = _take_over(turn=turn, now=now), False
    lease = _lease(slot=slot, turn=turn, begun_at=None if beyond else now) if slot else None
    if lease is not None and was_open:  # to be given what was there changes nothing of what there is in all
        lease.progress = progress
    if turn.bookmark is not None and progress is not None:
        keep_total(row=row, progress=progress, bookmark=turn.bookmark, found=lease is not None, now=now)
    turn.keep_bookmark()
    return lease


class Allowed(NamedTuple):
    """Whether the batch is for raters who came as this one did, asks for a skill, whether they are resting, hold leases
    in it or let some run out, and are held until a lead has looked; and their skills.
    """

    offered: bool
    asks: bool
    rests: bool
    holds: bool
    on_hold: bool
    skills: frozenset[int]


def _batch(*, pk: int, rater: User) -> tuple[Batch, Allowed]:
    """The batch as it is now, behind the rater's other requests, for who may work in it now: who was disabled while
    they waited for their lock gets nothing. A round stays locked, so that two raters do not begin the same one. Raises
    NotAllowed.
    """
    if rater.only_team is not None:  # a program, which does nobody's work
        raise NotAllowed
    values = {"batch": pk, "rater": rater.pk, **moments()}
    batch: Any = _open_batch.first(**values)
    if batch is None or not batch.allowed:
        raise NotAllowed
    if batch.mode == Batch.Mode.CALIBRATION:
        lock_batch(pk=pk)
        batch = _open_batch.first(**values)
    return batch, Allowed(batch.offered, batch.asks, batch.rests, batch.holds, batch.on_hold, frozenset(batch.skills))


@behind(rater_lock)
def _open_batch(blanks: Blanks) -> QuerySet[Batch]:
    rater, now = blanks.user("rater"), blanks.moment("now")
    leases = Assignment.objects.filter(rater=rater, state__in=HELD, slot__batch=OuterRef("pk"))
    batches = Batch.objects.filter(pk=blanks.key("batch")).order_by()
    return (
        with_progress(rows=batches, blanks=blanks)
        .select_related("rubric_version__rubric", "mark")  # type: ignore[misc]  # joined by with_progress
        .annotate(
            allowed=held(user=rater, team=OuterRef("project__team"), role=Role.RATER),
            offered=ExpressionWrapper(offered_to(rater), BooleanField()),
            asks=Exists(Batch.requires.through.objects.filter(batch=OuterRef("pk"))),
            rests=Exists(timekeeping.breaks_of(user=rater, now=now)),
            holds=Exists(leases),
            on_hold=Exists(RaterHold.objects.in_force().filter(project=OuterRef("project"), rater=rater)),
            skills=listed_skills(rater=rater, now=now),
            reopened=reopened_since(batch=OuterRef("pk"), mark="mark__"),
        )
    )


def _turn(*, row: Any, rater: User, allowed: Allowed) -> Turn:
    mark = getattr(row, "mark", None)  # none before their first item
    return turn_of(batch=row, rater=rater, skills=allowed.skills, mark=mark, reopened=row.reopened is not None)


def _mine(*, batch: Batch, rater: User, now: datetime) -> tuple[list[Assignment], list[Assignment]]:
    """The rater's live leases, and those run out that could be taken up again: with a draft, or not yet given away."""
    mine = _held(batch=batch.pk, rater=rater.pk)
    for one in mine:
        one.slot.batch, one.task.batch, one.rater = batch, batch, rater
    live = [one for one in mine if one.state == Assignment.State.LEASED and one.expires_at > now]
    return live, [one for one in mine if one not in live]


@Compiled
def _held(blanks: Blanks) -> QuerySet[Assignment]:
    drafted = Q(state=Assignment.State.EXPIRED) & Exists(Draft.objects.filter(assignment=OuterRef("pk")))
    return (
        Assignment.objects.select_for_update(of=("self",))
        .select_related("task__prompt", "task__rubric_version__rubric", "slot", "draft")
        .filter(state__in=HELD)  # the few of all that the rater had
        .filter(Q(state=Assignment.State.LEASED) | drafted)
        .filter(rater=blanks.key("rater"), slot__batch=blanks.key("batch"))
        .order_by("leased_at", "pk")
    )


def _next_slot(*, turn: Turn, again: bool, now: datetime) -> tuple[Slot | None, bool]:
    """A gold or a repeat if it is the rater's turn, else the best slot of work there is for them, taken; leases that
    have run out are ended if there is none without. At the end gold and repeats that they gave up. And whether it was
    open when the turn began.
    """
    if slot := take_lane(turn=turn):
        return slot, True
    slot, was_open = turn.take(again=again), True
    if slot is None and expire_leases(batch=turn.batch):
        slot, was_open = turn.anew().take(again=again), False
    if turn.bookmark is not None:
        move_on(
            bookmark=turn.bookmark,
            fitting=turn.fitting,
            waiting=turn.waiting,
            first_below=turn.first_below,
            taken=slot,
            now=now,
        )
    return slot or (take_back(turn=turn) if again else None), was_open


def _take_over(*, turn: Turn, now: datetime) -> Slot | None:
    """The slot of an item that somebody fetched ahead and has not begun: it goes to whoever would sit idle."""
    mine = Assignment.objects.filter(task=OuterRef("task"), rater=turn.rater).exclude(state__in=GIVEN_UP)
    waiting = (
        Assignment.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("slot__task")
        .filter(state=Assignment.State.LEASED, begun_at=None, leased_at__lt=now - YIELDS_AFTER)
        .filter(slot__batch=turn.batch, slot__state=Slot.State.LEASED, slot__place__isnull=False)
        .filter(skilled(skills=turn.skills), ~Exists(mine), task__standing=Task.Standing.QUEUED)
        .exclude(rater=turn.rater)
        .order_by("leased_at", "pk")
    )
    if turn.batch.one_per_prompt:
        waiting = of_new_prompts(rows=waiting, rater=turn.rater)
    for theirs in waiting[:1]:
        Assignment.objects.filter(pk=theirs.pk).update(state=Assignment.State.EXPIRED, ended_at=now)
        return theirs.slot
    return None


def _lease(*, slot: Slot, turn: Turn, begun_at: datetime | None) -> Assignment:
    now, batch, rater = timezone.now(), turn.batch, turn.rater
    slot.batch, slot.task = batch, _hand_out(slot=slot, turn=turn)
    slot.task.batch = batch
    read_members(task=slot.task)
    lease = {
        "slot": slot,
        "token": uuid.uuid4(),
        "state": Assignment.State.LEASED,
        "display_order": _order_for(slot=slot, rater=rater),
        "leased_at": now,
        "begun_at": begun_at,
        "expires_at": now + timedelta(seconds=lease_seconds(batch=batch, task=slot.task)),
        "ended_at": None,
    }
    again = None
    if getattr(slot, "had", True):  # so unless it was chosen as one of an item that they never had
        again = Assignment.objects.filter(task=slot.task, rater=rater, state__in=GIVEN_UP).first()
    if again is None:
        if turn.bookmark is not None:
            count_turn(bookmark=turn.bookmark, lane=slot.task.lane)
        return Assignment.objects.create(task=slot.task, rater=rater, **lease)
    if (again.state, again.slot_id, again.display_order) == (Assignment.State.EXPIRED, slot.pk, lease["display_order"]):
        # The same lease goes on: an answer that was given without a line is still on its way under its token.
        del lease["token"], lease["leased_at"]
    else:
        Draft.objects.filter(assignment=again).update(active_ms=0)  # that time belongs to the lease before
    if again.display_order != lease["display_order"]:
        _keep_words(assignment=again)
    for name, value in lease.items():
        setattr(again, name, value)
    again.save(update_fields=list(lease))
    return again


def _hand_out(*, slot: Slot, turn: Turn) -> Task:
    """The slot's item, whose rubric version whoever is handed it first decides for all. Raises IntegrityError if it has
    left the queue meanwhile, or asks for another skill.

    The update waits for a claim that is under way, for one that is given back, or for a lead, and holds the row until
    the lease is written: what was read before may be true no more.
    """
    skills = turn.skills
    if Slot.task.is_cached(slot) and slot.task.requires_id is not None:
        skills |= {slot.task.requires_id}
    given = in_blanks(skills)
    task = _pinned(len(given)).first(task=slot.task_id, version=turn.batch.rubric_version_id, **given)
    if task is None:
        raise IntegrityError("the item left the queue between choosing and leasing it")
    if task.rubric_version_id == turn.batch.rubric_version_id:
        task.rubric_version = turn.batch.rubric_version
    return task


@cache
def _pinned(skills: int) -> Changed[Task]:
    def build(blanks: Blanks) -> tuple[QuerySet[Task], dict[str, Any]]:
        fits = Q(requires=None) | Q(requires__in=skill_blanks(blanks, skills))
        queued = Task.objects.filter(fits, pk=blanks.key("task"), standing=Task.Standing.QUEUED)
        return queued, {"rubric_version": Coalesce(F("rubric_version"), Value(blanks.key("version")))}

    return Changed(build)


def _keep_words(*, assignment: Assignment) -> None:
    """The sides are shown the other way round this time, so of a draft only what was written still means the same."""
    for draft in Draft.objects.filter(assignment=assignment):
        draft.content = {name: draft.content[name] for name in ("rationale",) if name in draft.content}
        draft.save(update_fields=["content"])


def _order_for(*, slot: Slot, rater: User) -> list[int]:
    if slot.task.lane == Task.Lane.REPEAT:
        return swapped_order(task=slot.task, rater=rater)
    return show_order(task=slot.task, n=slot.n, rater=rater)


def show_order(*, task: Task, n: int, rater: User) -> list[int]:
    """Canonical positions in the order shown to the holder of the task's n-th slot.

    Two responses alternate from slot to slot, starting at a side drawn per task, so that over an even
    overlap each is first equally often. More are shuffled by a seed of task and rater, which is keyed: the page
    knows both, and must not be able to tell which answer is which.
    """
    count = len(task.members.all())
    seed = salted_hmac(ORDER, f"{task.uid}:{rater.pk if count > 2 else ''}", algorithm="sha256").digest()
    if count == 2:
        return [0, 1] if (n + seed[0]) % 2 == 0 else [1, 0]
    order = list(range(count))
    random.Random(seed).shuffle(order)  # noqa: S311 (fairness of display, not a secret)
    return order


def read_members(*, task: Task) -> None:
    """The responses of an item, and its prompt with them, read once: how many there are says their order, what they say
    is shown.
    """
    members = TaskResponse.objects.select_related("response", "task__prompt").order_by("position")
    prefetch_related_objects([task], Prefetch("members", members))
    for member in task.members.all():
        task.prompt = member.task.prompt
        return
