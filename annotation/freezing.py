"""Freezing judgments and demonstrations into sets: the only door to training.

A set is rows that the database never changes, and a canonical JSONL of them under its SHA-256. The split is
by prompt, so that no prompt is in two of train, validation and test, in this set or another of the same seed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from annotation.agreement.consensus import human_ceiling
from annotation.errors import NothingToFreeze
from annotation.measuring import latest_reports
from annotation.models import (
    Batch,
    Demonstration,
    DemonstrationSet,
    DemonstrationSetItem,
    Judgment,
    PreferencePair,
    PreferencePairJudgment,
    PreferenceSet,
    Project,
    Task,
)
from annotation.numbering import next_number
from annotation.preferring import (
    Group,
    Pair,
    groups_of,
    line_of,
    members_of,
    messages_of,
    split_of,
    tasks_in_order,
    with_improved,
)
from annotation.queueing.lanes import has_lanes
from annotation.set_files import FrozenSet, file_digest, lines_digest, set_path, write_set_file
from annotation.target_rows import opinions_by_task, target_of, write_targets
from annotation.targeting import put_targets
from rubrics.models import RubricVersion
from workforce import auditing
from workforce.models import Role, User
from workforce.roles import require

__all__ = [
    "freeze_demonstration_set",
    "freeze_preference_set",
    "preview_preference_set",
    "set_path",
    "verify_set",
]
CHUNK = 2000
LEAST_IN_A_SLICE = 20


@transaction.atomic
def freeze_preference_set(
    *,
    project: Project,
    name: str,
    batches: Sequence[Batch],
    actor: User,
    min_judgments: int = 1,
    seed: int = 0,
    rulings: bool = True,
) -> PreferenceSet:
    """Freeze the current preferences of the project's pairwise and ranking batches, with what raters improved.

    Pairs with fewer than min_judgments stay out. `seed` decides the split. With `rulings` a lead's ruling on which
    answer is right decides, and the votes stay beside it; without, the votes alone do.

    Raises NotAllowed, NothingToFreeze.
    """
    require(user=actor, team=project.team, role=Role.LEAD)
    number = next_number(project=project, rows=PreferenceSet.objects.all())
    left_out: Counter[str] = Counter()
    chosen = _usable(project, batches, left_out)
    asked: dict[str, Any] = {"min_judgments": min_judgments, "seed": seed, "rulings": rulings}
    groups = list(groups_of(batches=chosen, **asked, left_out=left_out))
    if not groups:
        raise NothingToFreeze
    raters, targets = put_targets(groups=groups, batches=chosen)
    sha256 = write_set_file(lines=(group.line() for group in groups))
    frozen = PreferenceSet.objects.create(
        project=project,
        number=number,
        name=name,
        sha256=sha256,
        filters={"batches": [b.number for b in chosen], **asked, "slices": True},
        rubric_versions=_rubric_versions(groups),
        counts=_counts(groups, left_out),
        agreement={
            str(batch.number): [_agreement(report) for report in latest_reports(batch=batch)] for batch in chosen
        },
        human_ceiling={
            "split": "test",
            **_ceiling(_pairs(groups, "test")),
            "all": _ceiling(_pairs(groups, None)),
            "slices": _slice_ceilings(_pairs(groups, "test")),
        },
        targets=targets,
        frozen_by=actor,
    )
    pairs = _write_pairs(frozen, groups)
    write_targets(frozen=frozen, pairs=pairs, groups=groups, raters=raters)
    auditing.record(
        stream=project.team.slug,
        actor=actor,
        verb="freeze_preference_set",
        target=f"preference_set:{frozen.pk}",
        detail={"number": number, "batches": [batch.number for batch in chosen], "pairs": frozen.counts["pairs"]},
        after_digest=sha256,
    )
    return frozen


def preview_preference_set(
    *, project: Project, batches: Sequence[Batch], min_judgments: int = 1, seed: int = 0, rulings: bool = True
) -> dict[str, Any]:
    """The counts that freezing these batches now would give. Writes nothing."""
    left_out: Counter[str] = Counter()
    chosen = _usable(project, batches, left_out)
    asked: dict[str, Any] = {"min_judgments": min_judgments, "seed": seed, "rulings": rulings}
    return _counts(groups_of(batches=chosen, **asked, left_out=left_out), left_out)


@transaction.atomic
def freeze_demonstration_set(
    *, project: Project, name: str, actor: User, batches: Sequence[Batch] | None = None, seed: int = 0
) -> DemonstrationSet:
    """Freeze the current demonstrations of these batches, or all of the project, without surplus ones.

    Raises NotAllowed, NothingToFreeze.
    """
    require(user=actor, team=project.team, role=Role.LEAD)
    number = next_number(project=project, rows=DemonstrationSet.objects.all())
    found = Demonstration.objects.counted().filter(project=project).select_related("prompt")
    if batches is not None:
        found = found.filter(task__batch__in=batches)
    chosen = [(one, split_of(prompt_digest=one.prompt.digest, seed=seed)) for one in _in_order(found)]
    if not chosen:
        raise NothingToFreeze
    sha256 = write_set_file(lines=(_demonstration_line(one, split) for one, split in chosen))
    by_split = Counter(split for _, split in chosen)
    frozen = DemonstrationSet.objects.create(
        project=project,
        number=number,
        name=name,
        sha256=sha256,
        counts={
            "demonstrations": len(chosen),
            "prompts": len({one.prompt_id for one, _ in chosen}),
            "by_split": {split: {"demonstrations": n} for split, n in by_split.items()},
        },
        frozen_by=actor,
    )
    DemonstrationSetItem.objects.bulk_create(
        [DemonstrationSetItem(demonstration_set=frozen, demonstration=one, split=split) for one, split in chosen],
        batch_size=CHUNK,
    )
    auditing.record(
        stream=project.team.slug,
        actor=actor,
        verb="freeze_demonstration_set",
        target=f"demonstration_set:{frozen.pk}",
        detail={"number": number, "demonstrations": len(chosen)},
        after_digest=sha256,
    )
    return frozen


def verify_set(*, frozen_set: FrozenSet) -> bool:
    """Whether the file on disk and the rows in the database both still give the set's SHA-256."""
    if file_digest(path=set_path(frozen_set=frozen_set)) != frozen_set.sha256:
        return False
    rebuilt = _rebuilt_groups(frozen_set) if isinstance(frozen_set, PreferenceSet) else _rebuilt_lines(frozen_set)
    return lines_digest(lines=rebuilt) == frozen_set.sha256


def _rebuilt_groups(frozen_set: PreferenceSet) -> Iterator[bytes]:
    """The lines of a preference set from its own rows alone."""
    rows = frozen_set.pairs.select_related("first", "second", "target").prefetch_related("judgments").order_by("pk")
    opinions = opinions_by_task(frozen=frozen_set)
    by_task: dict[int, list[PreferencePair]] = {}
    for row in rows:
        by_task.setdefault(row.task_id, []).append(row)
    for group, task in tasks_in_order(tasks=Task.objects.filter(pk__in=frozen_set.pairs.values("task"))):
        own = members_of(task)
        known = {pk for pk, _, _ in own}
        improved = [row.second for row in by_task[task.pk] if row.second_id not in known]
        members = with_improved(members=own, improved=improved)
        position = {pk: n for n, (pk, _, _) in enumerate(members)}
        pairs = [
            Pair(
                i=position[row.first_id],
                j=position[row.second_id],
                wins_i=row.wins_first,
                ties=row.ties,
                wins_j=row.wins_second,
                strength=row.strength,
                judgments=[str(judgment.uid) for judgment in row.judgments.all()],
                target=target_of(row=row),
                provenance=row.provenance or "",
                votes=row.votes,
            )
            for row in by_task[task.pk]
        ]
        pairs.sort(key=lambda pair: (pair.i, pair.j))
        split, sliced = by_task[task.pk][0].split, bool(frozen_set.filters.get("slices"))
        yield Group(task, group, members, split, pairs, opinions.get(task.pk, []), sliced).line()


def _rebuilt_lines(frozen_set: DemonstrationSet) -> Iterator[bytes]:
    splits = dict(frozen_set.items.values_list("demonstration", "split"))
    chosen = Demonstration.objects.filter(pk__in=frozen_set.items.values("demonstration")).select_related("prompt")
    for one in _in_order(chosen):
        yield _demonstration_line(one, splits[one.pk])


def _in_order(found: QuerySet[Demonstration]) -> list[Demonstration]:
    return sorted(found, key=lambda one: (one.prompt.digest, str(one.uid)))


def _demonstration_line(one: Demonstration, split: str) -> bytes:
    return line_of(
        {
            "demonstration": str(one.uid),
            "prompt": one.prompt.digest,
            "messages": messages_of(one.prompt.messages),
            "response": one.text,
            "split": split,
        }
    )


def _usable(project: Project, batches: Sequence[Batch], left_out: Counter[str]) -> list[Batch]:
    """The project's own batches among these that hold preferences, by number.

    A rating scores answers without a verdict, and calibration items have an answer that was known before; the
    judgments of both are left out and counted, and so are those of gold and repeats.
    """
    mine = [batch for batch in batches if batch.project_id == project.pk]
    practice = [batch for batch in mine if batch.mode == Batch.Mode.CALIBRATION]
    if practice:
        practised = Judgment.objects.current().filter(task__batch__in=practice).count()
        left_out.update(judgments_of_calibration=practised)
    ratings = [batch for batch in mine if batch.kind == Batch.Kind.RATING and batch not in practice]
    if ratings:
        scored = Judgment.objects.current().of_work().filter(task__batch__in=ratings).count()
        left_out.update(judgments_without_a_verdict=scored)
    kinds = (Batch.Kind.PAIRWISE, Batch.Kind.RANKING)
    chosen = [batch for batch in mine if batch.kind in kinds and batch not in practice]
    checks = [batch for batch in chosen if has_lanes(batch=batch)]
    if checks:
        others = Judgment.objects.current().filter(task__batch__in=checks).exclude(task__lane=Task.Lane.WORK)
        left_out.update(judgments_of_gold_and_repeats=others.count())
    if len(chosen) + len(ratings) + len(practice) < len(batches) or not chosen:
        raise NothingToFreeze("Choose pairwise or ranking batches of this project. Nothing was frozen.")
    return sorted(set(chosen), key=lambda batch: batch.number)


def _counts(groups: Iterator[Group] | list[Group], left_out: Counter[str]) -> dict[str, Any]:
    prompts: set[str] = set()
    judgments: set[int] = set()
    by_split = {split: Counter(pairs=0, groups=0) for split in ("train", "validation", "test")}
    provenance: Counter[str] = Counter()
    for group in groups:
        provenance.update(str(pair.provenance) for pair in group.pairs)
        prompts.add(group.task.prompt.digest)
        judgments.update(pk for pair in group.pairs for pk in pair.judgment_pks)
        by_split[group.split].update(pairs=len(group.pairs), groups=1)
    return {
        "groups": sum(counts["groups"] for counts in by_split.values()),
        "pairs": sum(counts["pairs"] for counts in by_split.values()),
        "judgments": len(judgments),
        "prompts": len(prompts),
        "by_split": {split: dict(counts) for split, counts in by_split.items()},
        "provenance": dict(provenance + Counter(voided=left_out["voided_pairs"])),
        "left_out": dict(left_out),
    }


def _pairs(groups: list[Group], split: str | None) -> list[tuple[Group, Pair]]:
    """The pairs of a split, or of all; nobody else has seen an improved response."""
    asked = [group for group in groups if split in (None, group.split)]
    return [(group, pair) for group in asked for pair in group.pairs if not pair.improved]


def _ceiling(pairs: list[tuple[Group, Pair]]) -> dict[str, Any]:
    """What one rater scores against the others."""
    counts = np.array([pair.said for _, pair in pairs], dtype=np.int64).reshape(-1, 3)
    return asdict(human_ceiling(counts, prompts=np.array([group.task.prompt.digest for group, _ in pairs], dtype=str)))


def _slice_ceilings(pairs: list[tuple[Group, Pair]]) -> dict[str, Any]:
    """The ceiling of each slice that is large enough for one, by its name."""
    held: dict[str, list[tuple[Group, Pair]]] = {}
    for group, pair in pairs:
        for name in (*group.slices(), *group.slices_of(pair), *group.slices_seen_in(pair)):
            held.setdefault(name, []).append((group, pair))
    return {name: _ceiling(own) for name, own in sorted(held.items()) if len(own) >= LEAST_IN_A_SLICE}


def _rubric_versions(groups: list[Group]) -> list[dict[str, Any]]:
    """Those that the set's opinions were given under: a batch that moved on holds opinions under its earlier ones."""
    judgments = sorted({pk for group in groups for pair in group.pairs for pk in pair.judgment_pks})
    under: set[int] = set()
    for start in range(0, len(judgments), CHUNK):
        said = Judgment.objects.filter(pk__in=judgments[start : start + CHUNK])
        under.update(said.order_by().values_list("rubric_version", flat=True).distinct())
    versions = RubricVersion.objects.filter(pk__in=under).select_related("rubric")
    found = [{"rubric": v.rubric.slug, "number": v.number, "digest": v.digest} for v in versions]
    return sorted(found, key=lambda version: (version["rubric"], version["number"]))


def _agreement(report: Any) -> dict[str, Any]:
    names = ("coefficient", "basis", "value", "low", "high", "n_units", "n_labels", "undefined_because")
    return {name: getattr(report, name) for name in names}


def _write_pairs(frozen: PreferenceSet, groups: list[Group]) -> list[tuple[PreferencePair, Pair]]:
    """One row per pair, and which judgments each rests on; the rows beside their pairs."""
    flat = [(group, pair) for group in groups for pair in group.pairs]
    rows = PreferencePair.objects.bulk_create(
        [
            PreferencePair(
                preference_set=frozen,
                task=group.task,
                prompt=group.task.prompt,
                first_id=group.members[pair.i][0],
                second_id=group.members[pair.j][0],
                wins_first=pair.wins_i,
                ties=pair.ties,
                wins_second=pair.wins_j,
                strength=pair.strength,
                split=group.split,
                provenance=pair.provenance,
                votes=pair.votes,
                ruling_id=pair.ruling,
            )
            for group, pair in flat
        ],
        batch_size=CHUNK,
    )
    PreferencePairJudgment.objects.bulk_create(
        [
            PreferencePairJudgment(pair=row, judgment_id=pk)
            for row, (_, pair) in zip(rows, flat, strict=True)
            for pk in pair.judgment_pks
        ],
        batch_size=CHUNK,
    )
    return [(row, pair) for row, (_, pair) in zip(rows, flat, strict=True)]
