"""Under which rubric version an item is answered, and moving an open batch to a newer one.

An item that anybody has begun keeps its version, so that all its answers mean the same; only untouched items switch.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from annotation.errors import BatchStateWrong, VersionNotNewer
from annotation.models import Assignment, Batch, Demonstration, Draft, Judgment, Project, Slot, Task
from rubrics.acknowledging import News, news_for
from rubrics.models import RubricVersion
from workforce import auditing, messaging
from workforce.models import Message, Role, User
from workforce.roles import require

BREAKS = (RubricVersion.Change.MEANING, RubricVersion.Change.STRUCTURE)
HELD = (
    Assignment.State.LEASED,
    Assignment.State.SUBMITTED,
    Assignment.State.SURPLUS,
    Assignment.State.DECLINED,
    Assignment.State.VOIDED,
)


@dataclass(frozen=True, slots=True)
class Consequences:
    """What moving a batch would do: items by what happens to them, open drafts, answers and people at work.

    untouched + begun + finished = all items; `drafts` are on begun items.
    """

    untouched: int
    begun: int
    finished: int
    drafts: int
    answers: int
    at_work: int


def version_of(*, task: Task) -> RubricVersion:
    """The version pinned when the item was first handed out, else its batch's."""
    return task.rubric_version or task.batch.rubric_version


def newer_version(*, batch: Batch) -> RubricVersion | None:
    """The newest published version of the batch's rubric, if the batch is open or paused on an older one."""
    if batch.state == Batch.State.CLOSED:
        return None
    version = batch.rubric_version
    newer = RubricVersion.objects.filter(rubric=version.rubric_id, number__gt=version.number, state="published")
    return newer.select_related("rubric").order_by("-number").first()


def newer_versions() -> QuerySet[RubricVersion]:
    """The same inside a query of batches, newest first: those that each of them could move to."""
    return RubricVersion.objects.filter(
        rubric=OuterRef("rubric_version__rubric"),
        number__gt=OuterRef("rubric_version__number"),
        state="published",
    ).order_by("-number")


def behind(*, project: Project) -> list[tuple[Batch, RubricVersion]]:
    """The project's open and paused batches on a version that a newer published one has followed, with the newest."""
    batches = project.batches.exclude(state=Batch.State.CLOSED).annotate(
        newer=Subquery(newer_versions().values("pk")[:1])
    )
    found = list(
        batches.exclude(newer=None).select_related("rubric_version__rubric", "project__team").order_by("number")
    )
    versions = RubricVersion.objects.select_related("rubric").in_bulk({batch.newer for batch in found})
    return [(batch, versions[batch.newer]) for batch in found]


def pooled(*, old: RubricVersion, new: RubricVersion) -> bool:
    """Whether answers under both versions may be taken together: no change of meaning or structure between them."""
    between = RubricVersion.objects.filter(rubric=new.rubric_id, number__gt=old.number, number__lte=new.number)
    return not between.filter(change__in=BREAKS).exists()


def groups_of(
    *, versions: Collection[RubricVersion], among: Iterable[RubricVersion] | None = None
) -> list[list[RubricVersion]]:
    """Versions in groups that may be taken together, newest group first, oldest version first in it.

    Of one rubric, and without a change of meaning or structure between them. `among`: all versions of the rubrics, if
    they are at hand; else one query asks for them.
    """
    if among is None:
        among = RubricVersion.objects.filter(rubric__in={version.rubric_id for version in versions}, change__in=BREAKS)
    breaks = {(version.rubric_id, version.number) for version in among if version.change in BREAKS}
    groups: list[list[RubricVersion]] = []
    for version in sorted(versions, key=lambda one: (one.rubric_id, one.number)):
        before = groups[-1][-1] if groups else None
        between = range(before.number + 1, version.number + 1) if before else range(0)
        same = before is not None and before.rubric_id == version.rubric_id
        if same and not any((version.rubric_id, number) in breaks for number in between):
            groups[-1].append(version)
        else:
            groups.append([version])
    return groups[::-1]


def consequences(*, batch: Batch) -> Consequences:
    """What would happen if the batch moved now. Reads only."""
    return consequences_of(batches=[batch])[batch.pk]


def consequences_of(*, batches: Sequence[Batch]) -> dict[int, Consequences]:
    """The same of each of the batches, by their keys; five queries."""
    open_slots = Slot.objects.unanswered().filter(task=OuterRef("pk"))
    items = Task.objects.work().filter(batch__in=batches).order_by().values_list("batch")
    counted = items.annotate(
        there_are=Count("pk"),
        untouched=Count("pk", filter=_nobody_has_touched()),
        finished=Count("pk", filter=~Exists(open_slots)),
    )
    tasks = {pk: numbers for pk, *numbers in counted}
    live = Assignment.objects.filter(state=Assignment.State.LEASED)
    at_work = _by_batch(live, "task__batch", batches, of="rater")
    judged = _by_batch(Judgment.objects.current().of_work(), "task__batch", batches)
    written = _by_batch(Demonstration.objects.current(), "task__batch", batches)
    drafts = _by_batch(Draft.objects.all(), "assignment__task__batch", batches)
    found = {}
    for batch in batches:
        there_are, untouched, finished = tasks.get(batch.pk, (0, 0, 0))
        found[batch.pk] = Consequences(
            untouched=untouched,
            begun=there_are - untouched - finished,
            finished=finished,
            drafts=drafts[batch.pk],
            answers=judged[batch.pk] + written[batch.pk],
            at_work=at_work[batch.pk],
        )
    return found


def _by_batch(rows: QuerySet[Any], path: str, batches: Sequence[Batch], *, of: str = "pk") -> Counter[int]:
    """How many of the rows each batch has, or how many different people."""
    counted = rows.filter(**{f"{path}__in": batches}).order_by().values_list(path)
    return Counter(dict(counted.annotate(n=Count(of, distinct=of != "pk"))))


def _untouched(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Items that nobody holds, has answered, or has left a draft of."""
    return tasks.filter(_nobody_has_touched())


def _nobody_has_touched() -> Q:
    held = Assignment.objects.filter(Q(state__in=HELD) | Q(draft__isnull=False), task=OuterRef("pk"))
    return Q(~Exists(held))


def unseen(*, version: RubricVersion, rater: User) -> News | None:
    """What the rater must see of the version, counting items that they have begun: an answer may be on its way."""
    mine = Assignment.objects.filter(rater=rater, begun_at__isnull=False, task__rubric_version=OuterRef("pk"))
    return news_for(user=rater, version=version, begun=Exists(mine))


def out_of_turn(*, assignment: Assignment) -> bool:
    """Whether an item fetched ahead cannot be begun yet: it was given back to follow its batch, or it is under a
    version that the rater has not seen, because the batch moved while it was on its way.
    """
    if assignment.state != Assignment.State.LEASED or assignment.begun_at is not None:
        return False
    return (
        follow(assignment=assignment)
        or unseen(version=version_of(task=assignment.task), rater=assignment.rater) is not None
    )


@transaction.atomic
def follow(*, assignment: Assignment) -> bool:
    """Give back an item that was fetched ahead, if its batch has moved on and nobody has begun the item.

    True if so: the lease is over and the item follows its batch. What was answered without a line is still taken
    under the version it was fetched with, because nobody asked before.
    """
    # The assignment and its slot, then the task, as everywhere: it may be begun or answered since the caller read it.
    leases = Assignment.objects.select_for_update(of=("self", "slot"), no_key=True).select_related("slot")
    mine = leases.get(pk=assignment.pk)
    if mine.state != Assignment.State.LEASED or mine.begun_at is not None:
        return False
    tasks = Task.objects.select_for_update(of=("self",), no_key=True).select_related("batch")
    task = tasks.get(pk=mine.task_id)
    if task.rubric_version_id in (None, task.batch.rubric_version_id):
        return False
    others = Assignment.objects.filter(task=task, state__in=HELD).exclude(pk=mine.pk)
    if others.exists() or Draft.objects.filter(assignment__task=task).exists():
        return False
    mine.state, mine.ended_at = Assignment.State.RELEASED, timezone.now()
    mine.save(update_fields=["state", "ended_at"])
    Slot.objects.filter(pk=mine.slot_id, state=Slot.State.LEASED).open_again()
    Task.objects.filter(pk=task.pk).update(rubric_version=None)
    return True


def move_in_words(*, batch: Batch, version: RubricVersion, old: int) -> str:
    """What raters are told of a batch that has moved to the version from number `old`, in the active language."""
    return _(
        "Batch %(number)d, %(name)s, goes on under %(version)s (%(change)s). What you have begun keeps version "
        "%(old)d; you will see what changed before your next item."
    ) % {
        "number": batch.number,
        "name": batch.name,
        "version": version,
        "change": version.get_change_display().lower(),
        "old": old,
    }


@transaction.atomic
def move_batch(*, batch: Batch, version: RubricVersion, actor: User) -> Consequences:
    """Answer what is untouched under the newer version; begun items and drafts finish on the one they have.

    Tells the raters, pinned on their home page. Raises NotAllowed, BatchStateWrong, VersionNotNewer.
    """
    team = batch.project.team
    require(user=actor, team=team, role=Role.LEAD)
    locked = Batch.objects.select_for_update(of=("self",)).select_related("rubric_version__rubric").get(pk=batch.pk)
    old = locked.rubric_version
    if locked.state == Batch.State.CLOSED:
        raise BatchStateWrong
    if version.rubric_id != old.rubric_id or version.number <= old.number or version.state != "published":
        raise VersionNotNewer
    tasks = Task.objects.filter(batch=locked)
    # An item given back untouched follows its batch again. Its slots are locked first, so that nobody takes one
    # between looking and letting go; who comes later finds the new version.
    follow = tasks.filter(rubric_version__isnull=False).exclude(lane=Task.Lane.REPEAT)  # as its original was answered
    given_back = list(_untouched(follow).values_list("pk", flat=True))
    list(Slot.objects.select_for_update().filter(task__in=given_back).order_by("pk").values_list("pk", flat=True))
    _untouched(tasks.filter(pk__in=given_back)).update(rubric_version=None)
    begun = tasks.filter(Exists(Assignment.objects.filter(task=OuterRef("pk"), state__in=HELD)), rubric_version=None)
    begun.update(rubric_version=old)
    done = consequences(batch=locked)
    locked.rubric_version = version
    locked.save(update_fields=["rubric_version"])
    with translation.override("en"):  # as the record keeps it; each reader gets it in their own language
        body = move_in_words(batch=locked, version=version, old=old.number)
    messaging.send(
        team=team,
        author=actor,
        body=body,
        kind=Message.Kind.RUBRIC,
        target=f"rubric_version:{version.pk} batch:{locked.pk} from:{old.number}",
        pinned=True,
    )
    auditing.record(
        stream=team.slug,
        actor=actor,
        verb="move_batch",
        target=f"batch:{locked.pk}",
        detail={
            "from": old.number,
            "to": version.number,
            "switched": done.untouched,
            "kept": done.begun + done.finished,
            "drafts": done.drafts,
        },
        before_digest=old.digest,
        after_digest=version.digest,
    )
    batch.rubric_version = version
    return done
