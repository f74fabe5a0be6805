"""How far the people of a batch agree, measured by annotation.agreement and kept as reports.

Only current judgments that carry an opinion count. Answers under versions between which the meaning or the structure
of the rubric changed are never taken together: each group of versions has reports of its own, whose detail names the
versions and says how many groups there are. An undefined coefficient is a report like any other, with
its reason. Alphas of pairs come from the patterns that are kept. The basis `sign` is first, tie or second in canonical
order, `grade` the strength on a wide scale.
"""

from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from annotation.agreeing import alpha_of
from annotation.agreement.alpha import Alpha
from annotation.agreement.kappa import pairwise_kappas
from annotation.agreement.rank_alpha import measure_rank_alpha
from annotation.models import AgreementReport, Batch, Judgment, Placement
from annotation.repinning import groups_of
from annotation.scopes import GRADE, Slice, folded, kept_patterns, of_grade
from rubrics.models import RubricVersion
from workforce.models import User

SIGNS = (-1, 0, 1)
KAPPAS_KEPT = 100
ROWS = Count("pk") + Count("voided")
Label = tuple[int, int, int]
"""Task, rater, signed strength."""


def latest_reports(*, batch: Batch) -> list[AgreementReport]:
    """The batch's reports, measured anew if judgments came in since; one query if they are there."""
    said = _said(batch).values("task__batch").annotate(n=ROWS).values("n")
    up_to_date = AgreementReport.objects.filter(batch=batch, judgment_count=Coalesce(Subquery(said), 0))
    newest = {
        (report.coefficient, report.basis, str(report.detail.get("versions"))): report
        for report in up_to_date.order_by("id")
    }
    return list(newest.values()) or measure_batch(batch=batch)


def measure_batch(*, batch: Batch) -> list[AgreementReport]:
    """Measure and keep the coefficients that fit the batch's kind; none for demonstrations."""
    if batch.kind == Batch.Kind.DEMONSTRATION:
        return []
    said, groups = _said(batch).aggregate(n=ROWS)["n"], _version_groups(batch)
    reports = []
    for versions in groups:
        counted = Judgment.objects.counted().filter(task__batch=batch, rubric_version__in=versions)
        found = _of_pairs(batch, versions, counted) if batch.kind == Batch.Kind.PAIRWISE else []
        if batch.kind == Batch.Kind.RANKING:
            found = [_of_rankings(batch, counted)]
        for report in found:
            report.judgment_count = said
            report.detail |= {"versions": [version.number for version in versions], "groups": len(groups)}
        reports += found
    with transaction.atomic():
        return AgreementReport.objects.bulk_create(reports)


def _version_groups(batch: Batch) -> list[list[RubricVersion]]:
    """The versions that the batch's answers were given under, in groups to be measured together, newest first."""
    used = Judgment.objects.counted().filter(task__batch=batch).order_by().values("rubric_version")
    found = RubricVersion.objects.filter(pk__in=used).select_related("rubric")
    return groups_of(versions=list(found)) or [[batch.rubric_version]]


def _said(batch: Batch) -> QuerySet[Judgment]:
    """Every row counts, superseded ones too, and voiding counts on top (ROWS), so that either shows as a change."""
    return Judgment.objects.of_work().filter(task__batch=batch).order_by()


def _scope(batch: Batch, basis: str) -> str:
    return f"project:{batch.project.slug}/batch:{batch.number}/{basis}"


def _of_pairs(batch: Batch, versions: list[RubricVersion], counted: QuerySet[Judgment]) -> list[AgreementReport]:
    said = counted.order_by("task", "rater").values_list("task", "rater", "strength")
    labels: list[Label] = [(task, rater, strength) for task, rater, strength in said if strength is not None]
    signs = [(task, rater, (strength > 0) - (strength < 0)) for task, rater, strength in labels]
    question = of_grade(f"{GRADE}{batch.scale}")
    mine = Q(slice=Slice.BATCH, value=str(batch.pk), question=question.key)
    kept = kept_patterns(project=batch.project, wanted=mine, versions=[version.pk for version in versions])
    patterns = folded(question, kept.values())
    bases = {"sign": "sign_imported", "sign_symmetrised": "sign"}
    if len(question.domain) > len(SIGNS):
        bases["grade"] = "grade_imported"
    reports = []
    for basis, metric in bases.items():
        alpha = alpha_of(question=question, patterns=patterns, key=_scope(batch, basis), metric=metric)
        reports.append(_report(batch, f"alpha_{alpha.level}", basis, alpha))
    reports[0].detail = {"raters": len({rater for _, rater, _ in labels}), **_kappas(signs)}
    return reports


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


def _kappas(signs: list[Label]) -> dict[str, Any]:
    """Cohen's kappa of the rater pairs with most tasks in common, by name, and how many pairs there are."""
    if not signs:
        return {"kappas": [], "rater_pairs": 0}
    tasks, raters, values = zip(*signs, strict=True)
    found = pairwise_kappas(tasks, raters, [SIGNS.index(value) for value in values], n_values=len(SIGNS))
    kept = sorted(found, key=lambda kappa: -kappa.n_units)[:KAPPAS_KEPT]
    people = User.objects.in_bulk({pk for kappa in kept for pk in (kappa.rater_a, kappa.rater_b)})
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


def _of_rankings(batch: Batch, counted: QuerySet[Judgment]) -> AgreementReport:
    placed = (
        Placement.objects.filter(judgment__in=counted)
        .order_by("judgment__task", "judgment", "position")
        .values_list("judgment__task", "judgment", "rank")
    )
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
