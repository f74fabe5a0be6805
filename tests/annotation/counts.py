"""The patterns of a project counted the slow way, label by label in Python, for tests of those that are kept."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta

from annotation.cutting import Key
from annotation.models import AgreementPattern, Batch, Judgment, Project

Label = tuple[str, int, int]
"""Question, seat (the answer it is about), place in the domain."""


def kept(project: Project) -> dict[tuple, int]:
    """What the database keeps, without scopes that nothing is left of."""
    rows = AgreementPattern.objects.filter(project=project).exclude(units=0)
    return {row[:-1]: row[-1] for row in rows.values_list(*Key._fields, "units")}


def slowly(project: Project) -> dict[tuple, int]:
    """The same from the judgments."""
    found: Counter[tuple] = Counter()
    for batch in project.batches.all():
        for task in batch.tasks.all():
            counted = list(Judgment.objects.counted().filter(task=task).order_by("assignment"))
            if batch.overlap_most is not None and not task.audit:
                counted = counted[:2]
            _add_item(found, batch, task, counted, None)
            for vendor in {one.vendor_id for one in counted} - {None}:
                _add_item(found, batch, task, [one for one in counted if one.vendor_id == vendor], vendor)
    return dict(found)


def _add_item(found, batch, task, judgments, vendor) -> None:
    units = defaultdict(list)
    for judgment in judgments:
        for question, seat, place in _labels(judgment, batch):
            units[question, seat, judgment.rubric_version_id].append((place, judgment.created_at))
    for (question, _, version), labels in units.items():
        if len(labels) < 2:
            continue
        pattern = ",".join(str(sum(place == column for place, _ in labels)) for column in range(9))
        first = min(at for _, at in labels)
        for name, value in slices_of(batch, task, vendor, first):
            if value is not None:
                found[question, name, value, version, pattern] += 1


def _labels(judgment: Judgment, batch: Batch) -> Iterator[Label]:
    if judgment.strength is not None:
        yield f"grade:{batch.scale}", 0, judgment.strength + 4
        yield "both_bad", 0, int(judgment.both_bad)
    met = defaultdict(set)
    for score in judgment.scores.select_related("criterion", "point"):
        slug, seat = score.criterion.slug, -1 if score.position is None else score.position
        values = sorted(point.value for point in score.criterion.points.all())
        if score.outcome == "not_applicable":
            continue
        if score.criterion.kind == "compare":
            yield f"criterion:{slug}", seat, score.side + 1
        elif score.criterion.kind == "checklist":
            met[score.criterion, seat].add(score.point.value if score.point else None)
        else:
            yield f"criterion:{slug}", seat, values.index(score.point.value)
    for (criterion, seat), points in met.items():
        for point in criterion.points.all():
            yield f"criterion:{criterion.slug}:{point.value}", seat, int(point.value in points)


def slices_of(batch, task, vendor, first):
    if vendor is not None:
        return [("vendor", str(vendor))] if batch.mode == "work" else []
    whole = [("batch", str(batch.pk))]
    if batch.mode == "work":
        whole += [
            ("all", ""),
            ("domain", task.prompt.domain),
            ("language", task.prompt.language),
            ("lengths", task.lengths),
            ("models", task.model_pair),
            ("sensitivity", batch.category or "none"),
            ("week", str((first - timedelta(days=first.weekday())).date())),
        ]
    return whole
