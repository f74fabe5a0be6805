"""How far the people of a batch agree, measured by annotation.agreement and kept as reports.

Only current judgments that carry an opinion count. Answers under versions between which the meaning or the structure
of the rubric changed are never taken together: each group of versions has reports of its own, whose detail names the
versions and says how many groups there are. An undefined coefficient is a report like any other, with
its reason. The basis `sign` is first, tie or second in canonical order, `grade` the strength on a wide scale.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from annotation.agreement.alpha import Alpha, measure_alpha
from annotation.agreement.kappa import pairwise_kappas
from annotation.agreement.patterns import count_labels
from annotation.agreement.rank_alpha import measure_rank_alpha
from annotation.models import AgreementReport, Batch, Judgment, Placement
from annotation.repinning import breaks_in, groups_of
from annotation.scales import SCALES
from rubrics.models import RubricVersion
from workforce.models import User

SIGNS = (-1, 0, 1)
KAPPAS_KEPT = 100
Label = tuple[int, int, int]
"""Task, rater, signed strength."""
Placed = tuple[int, int, int]
"""Task, judgment, rank."""
Opinions = dict[int, dict[int, list[tuple[int, int, int]]]]
"""By batch and rubric version."""


def latest_reports(*, batch: Batch) -> list[AgreementReport]:
    """The batch's reports, measured anew if judgments came in since."""
    return reports_of(batches=[batch])[batch.pk]


def reports_of(*, batches: Sequence[Batch]) -> dict[int, list[AgreementReport]]:
    """The same of many batches, by their keys: one query, and those of measure_batches for what is measured anew."""
    newest: dict[int, dict[tuple[str, str, str], AgreementReport]] = {batch.pk: {} for batch in batches}
    up_to_date = Q(pk=None)
    for batch in batches:  # each count is a statement of its own inside the query, so that it is made once
        said = _said([batch]).values("task__batch").annotate(n=Count("pk")).values("n")
        up_to_date |= Q(batch=batch, judgment_count=Coalesce(Subquery(said), 0))
    for report in AgreementReport.objects.filter(up_to_date).order_by("id"):
        key = (report.coefficient, report.basis, str(report.detail.get("versions")))
        newest[report.batch_id][key] = report
    found = {pk: list(reports.values()) for pk, reports in newest.items()}
    return found | measure_batches(batches=[batch for batch in batches if not found[batch.pk]])


def measure_batch(*, batch: Batch) -> list[AgreementReport]:
    """Measure and keep the coefficients that fit the batch's kind; none for demonstrations and ratings."""
    return measure_batches(batches=[batch])[batch.pk]


def measure_batches(*, batches: Sequence[Batch]) -> dict[int, list[AgreementReport]]:
    """The same of many batches, by their keys, in a few queries however many they are."""
    found: dict[int, list[AgreementReport]] = {batch.pk: [] for batch in batches}
    pairs = [batch for batch in batches if batch.kind == Batch.Kind.PAIRWISE]
    rankings = [batch for batch in batches if batch.kind == Batch.Kind.RANKING]
    measured = [*pairs, *rankings]
    if not measured:
        return found
    said = dict(_said(measured).values_list("task__batch").annotate(n=Count("pk")))
    opinions = _labels(pairs) | _rankings(rankings)
    raters = {rater for batch in pairs for rows in opinions[batch.pk].values() for _, rater, _ in rows}
    people = User.objects.in_bulk(raters)
    groups = _version_groups(measured, opinions)
    for batch in measured:
        for versions in groups[batch.pk]:
            rows = [row for version in versions for row in opinions[batch.pk].get(version.pk, ())]
            given = sorted(rows, key=lambda row: row[:2])
            reports = (
                _of_pairs(batch, given, people) if batch.kind == Batch.Kind.PAIRWISE else [_of_rankings(batch, given)]
            )
            for report in reports:
                report.judgment_count = said.get(batch.pk, 0)
                numbers = [version.number for version in versions]
                report.detail |= {"versions": numbers, "groups": len(groups[batch.pk])}
            found[batch.pk] += reports
    AgreementReport.objects.bulk_create([report for batch in measured for report in found[batch.pk]])
    return found


def _said(batches: Sequence[Batch]) -> QuerySet[Judgment]:
    """The judgments of work. Every row counts, superseded ones too, so that a revision shows as a change."""
    return Judgment.objects.of_work().filter(task__batch__in=batches).order_by()


def _labels(batches: Sequence[Batch]) -> Opinions:
    """Of pairwise batches: by batch and rubric version the labels, in the order of tasks and raters."""
    if not batches:
        return {}
    found: Opinions = {batch.pk: defaultdict(list) for batch in batches}
    given = Judgment.objects.counted().filter(task__batch__in=batches, strength__isnull=False)
    columns = ("task__batch", "rubric_version", "task", "rater", "strength")
    for batch, version, *label in given.order_by("task", "rater").values_list(*columns):
        found[batch][version].append(tuple(label))
    return found


def _rankings(batches: Sequence[Batch]) -> Opinions:
    """Of ranking batches: by batch and rubric version (task, judgment, rank), in the order of positions."""
    if not batches:
        return {}
    found: Opinions = {batch.pk: defaultdict(list) for batch in batches}
    placed = Placement.objects.filter(judgment__in=Judgment.objects.counted().filter(task__batch__in=batches))
    columns = ("judgment__task__batch", "judgment__rubric_version", "judgment__task", "judgment", "rank")
    for batch, version, *row in placed.order_by("judgment__task", "judgment", "position").values_list(*columns):
        found[batch][version].append(tuple(row))
    return found


def _version_groups(batches: Sequence[Batch], opinions: Opinions) -> dict[int, list[list[RubricVersion]]]:
    """The versions that the batches' answers were given under, in groups to be measured together, newest first."""
    used = {batch.pk: set(opinions[batch.pk]) or {batch.rubric_version_id} for batch in batches}
    versions = {batch.rubric_version_id: batch.rubric_version for batch in batches}
    if others := set().union(*used.values()) - set(versions):
        versions |= RubricVersion.objects.in_bulk(others)
    several = {versions[pk].rubric_id for pks in used.values() if len(pks) > 1 for pk in pks}
    breaks = breaks_in(rubrics=several) if several else {}
    return {
        pk: groups_of(
            versions=[versions[one] for one in pks], breaks=breaks.get(versions[next(iter(pks))].rubric_id, ())
        )
        for pk, pks in used.items()
    }


def _scope(batch: Batch, basis: str) -> str:
    return f"project:{batch.project.slug}/batch:{batch.number}/{basis}"


def _of_pairs(batch: Batch, labels: list[Label], people: dict[Any, User]) -> list[AgreementReport]:
    signs = [(task, rater, (strength > 0) - (strength < 0)) for task, rater, strength in labels]
    raters = len({rater for _, rater, _ in labels})
    reports = [
        _report(batch, "alpha_nominal", basis, _alpha(batch, basis, signs, SIGNS, "nominal", raters))
        for basis in ("sign", "sign_symmetrised")
    ]
    reports[0].detail = {"raters": raters, **_kappas(signs, people)}
    scale = SCALES.get(batch.scale)
    if scale and len(scale.points) > len(SIGNS):
        grades = _alpha(batch, "grade", labels, scale.domain, "ordinal", raters)
        reports.append(_report(batch, "alpha_ordinal", "grade", grades))
    return reports


def _alpha(batch: Batch, basis: str, labels: list[Label], domain: tuple[int, ...], level: Any, raters: int) -> Alpha:
    counts = count_labels([task for task, _, _ in labels], [value for _, _, value in labels], domain=domain)
    return measure_alpha(
        counts,
        level=level,
        domain=domain,
        scope=_scope(batch, basis),
        orientation_symmetrised=basis.endswith("symmetrised"),
        n_raters=raters,
    )


def _report(batch: Batch, coefficient: str, basis: str, alpha: Alpha) -> AgreementReport:
    return AgreementReport(
        batch=batch,
        coefficient=coefficient,
        basis=basis,
        value=alpha.value,
        low=alpha.low,
        high=alpha.high,
        n_units=alpha.n_units,
        n_labels=alpha.n_labels,
        undefined_because=alpha.reason or "",
        insufficient_because=alpha.insufficiency or "",
    )


def _kappas(signs: list[Label], people: dict[Any, User]) -> dict[str, Any]:
    """Cohen's kappa of the rater pairs with most tasks in common, by name, and how many pairs there are."""
    if not signs:
        return {"kappas": [], "rater_pairs": 0}
    tasks, raters, values = zip(*signs, strict=True)
    found = pairwise_kappas(tasks, raters, [SIGNS.index(value) for value in values], n_values=len(SIGNS))
    kept = sorted(found, key=lambda kappa: -kappa.n_units)[:KAPPAS_KEPT]
    return {
        "kappas": [
            {
                "first": str(people[kappa.rater_a]),
                "second": str(people[kappa.rater_b]),
                "kappa": kappa.value,
                "agree": kappa.agreement,
                "n": kappa.n_units,
                "why": kappa.reason or "",
            }
            for kappa in kept
        ],
        "rater_pairs": len(found),
    }


def _of_rankings(batch: Batch, placed: list[Placed]) -> AgreementReport:
    tables: dict[int, dict[int, list[int]]] = {}
    for task, judgment, rank in placed:
        tables.setdefault(task, {}).setdefault(judgment, []).append(rank)
    rankings = [list(rows.values()) for rows in tables.values()]
    alpha = measure_rank_alpha(rankings, scope=_scope(batch, "ranking"))
    return AgreementReport(
        batch=batch,
        coefficient="alpha_ranking",
        basis="ranking",
        value=alpha.value,
        low=alpha.low,
        high=alpha.high,
        n_units=alpha.n_prompts,
        n_labels=alpha.n_rankings,
        undefined_because=alpha.reason or "",
        insufficient_because=alpha.insufficiency or "",
        detail={"constant_rankings": alpha.n_constant},
    )
