"""Figures of a loaded set, each from what its page shows, beside what others measured on the same files.

Published: the index of the data that the sets come with. Its digits are kept as text: they say how exact it is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.db.models import Count

from annotation.agreeing import Choice, overview, questioned
from annotation.agreement.alpha import Alpha
from annotation.agreement.chance_corrected import fleiss_kappa
from annotation.leaderboard import Filters, leaderboard_of, table_of
from annotation.measuring import latest_reports
from annotation.models import AgreementReport, Batch, Demonstration, Judgment, Project
from annotation.scopes import folded
from demo.labels.reading import LabelSet
from workforce.models import Role, User

GRADE = "grade:binary_tie"


@dataclass(frozen=True)
class Figure:
    """A number of a page, or None where it is undefined. published: as its source prints it; empty if it does not."""

    name: str
    here: float | None
    published: str = ""
    note: str = ""

    @property
    def shown(self) -> str:
        """The number here with as many digits as are published; five where none are."""
        if self.here is None:
            return "undefined"
        if isinstance(self.here, int):
            return f"{self.here:,}"
        digits = len(self.published.partition(".")[2]) or 5
        return f"{self.here:.{digits}f}"

    @property
    def equal(self) -> bool:
        """Whether all digits that are published are the same here."""
        return not self.published or self.shown == self.published

    def __str__(self) -> str:
        beside = f", published {self.published}{'' if self.equal else ': NOT EQUAL'}" if self.published else ""
        return f"{self.name}: {self.shown}{beside}{f' ({self.note})' if self.note else ''}"


def figures_of(*, project: Project, label_set: LabelSet) -> list[Figure]:
    """The figures of a project that holds this set and nothing else."""
    return FIGURES[label_set.folder](project)


def _ukpconvarg(project: Project) -> list[Figure]:
    ordinal = _alpha(project, GRADE, "grade_imported")
    return [
        Figure("pairs", ordinal.n_units, "4,721"),
        Figure("votes", ordinal.n_labels, "23,550"),
        Figure("alpha, nominal, imported order", _alpha(project, GRADE, "sign_imported").value, "0.37232"),
        Figure("alpha, ordinal, imported order", ordinal.value, "0.49394"),
        Figure("alpha, ordinal, either order", _alpha(project, GRADE, "grade").value),
    ]


def _pandalm(project: Project) -> list[Figure]:
    ordinal = _alpha(project, GRADE, "grade_imported")
    kappas = {f"{one['first']}, {one['second']}": one["kappa"] for one in _reports(project)[0].detail["kappas"]}
    published = dict(zip(sorted(kappas), ("0.852", "0.879", "0.862"), strict=True))
    return [
        Figure("pairs", ordinal.n_units, "999"),
        Figure("labels", ordinal.n_labels, "2,997"),
        Figure("alpha, nominal, imported order", _alpha(project, GRADE, "sign_imported").value, "0.86422"),
        Figure("alpha, nominal, either order", _alpha(project, GRADE, "sign").value, "0.86455"),
        Figure("alpha, ordinal, imported order", ordinal.value, "0.87748", ORDINAL_OF_PANDALM),
        Figure("Fleiss' kappa", _fleiss(project, GRADE), "0.8642"),
        *(Figure(f"Cohen's kappa of {pair}", kappas[pair], published[pair]) for pair in sorted(kappas)),
    ]


ORDINAL_OF_PANDALM = "the krippendorff library says 0.87746 of the same counts, as here"


def _dices(project: Project) -> list[Figure]:
    alpha = _alpha(project, "criterion:unsafe", "names")
    raters = Judgment.objects.counted().filter(task__batch__project=project).aggregate(n=Count("rater", distinct=True))
    return [
        Figure("conversations", alpha.n_units, "350"),
        Figure("raters", raters["n"], "123"),
        Figure("alpha, points as names", alpha.value, "0.1609"),
        Figure("alpha, No, Unsure, Yes in their order", _alpha(project, "criterion:unsafe", "points").value),
    ]


def _irr(project: Project) -> list[Figure]:
    diagnoses = _alpha(project, "criterion:diagnoses", "names")
    return [
        Figure("patients", diagnoses.n_units, "30"),
        Figure("Fleiss' kappa of diagnoses", _fleiss(project, "criterion:diagnoses"), "0.4302"),
        Figure("alpha of diagnoses, points as names", diagnoses.value),
        Figure("subjects of anxiety", _alpha(project, "criterion:anxiety", "points").n_units, "20"),
        Figure("alpha of anxiety, points in their order", _alpha(project, "criterion:anxiety", "points").value),
        Figure("subjects of videos", _alpha(project, "criterion:video", "points").n_units, "20"),
        Figure("alpha of videos, points in their order", _alpha(project, "criterion:video", "points").value),
    ]


def _preflib(project: Project) -> list[Figure]:
    reports = [(report.batch.name, report.value) for report in _reports(project)]
    figures = [Figure(f"alpha of rankings, {name}", value) for name, value in reports]
    return [*figures, Figure("contests of dots in their true order on the leaderboard, of 4", _true_orders(project))]


def _true_orders(project: Project) -> int:
    """Of the four contests; an alternative is called by how many dots it has, and the fewest come first."""
    reader = User.objects.filter(memberships__team=project.team_id, memberships__role=Role.LEAD)[0]
    board = leaderboard_of(project=project, reader=reader, filters=Filters(source="00024_dots"))
    strength = {row["model"]: row["strength"] for row in table_of(found=board)}
    right = 0
    for comparison in project.comparisons.filter(source="00024_dots").prefetch_related("members__response"):
        names = sorted((member.response.model_tag for member in comparison.members.all()), key=int)
        worths = [strength[name] for name in names]
        right += None not in worths and worths == sorted(worths, reverse=True)
    return right


def _finegrained(project: Project) -> list[Figure]:
    labels = Judgment.objects.counted().filter(task__batch__project=project, task__batch__kind=Batch.Kind.PAIRWISE)
    rated = Judgment.objects.counted().filter(task__batch__project=project, task__batch__kind=Batch.Kind.RATING)
    headline = overview(project=project, choice=Choice()).headline
    return [
        Figure("labels of pairs", labels.count(), note="all six pairs of each question"),
        Figure("of these ties", labels.filter(strength=0).count()),
        Figure("alpha", headline.alpha.value if headline else None, note="nobody's name is known: one label an item"),
        Figure("ratings of errors", rated.count(), "250"),
    ]


def _oasst(project: Project) -> list[Figure]:
    sets = project.comparisons.filter(source="oasst")
    synthetic = sets.filter(members__response__model_tag="synthetic").distinct().count()
    return [
        Figure("sets of ranked replies", sets.count(), "132"),
        Figure("of these with a synthetic reply", synthetic, "5", "four sets of the file have one"),
        Figure("demonstrations", Demonstration.objects.filter(project=project).count(), "153"),
        Figure("alpha of rankings", _reports(project)[0].value, note="one order an item, which is a consensus"),
    ]


FIGURES: dict[str, Callable[[Project], list[Figure]]] = {
    "ukpconvarg1": _ukpconvarg,
    "pandalm_testset": _pandalm,
    "dices": _dices,
    "r_irr": _irr,
    "preflib": _preflib,
    "finegrained_qa_feedback": _finegrained,
    "oasst_en100": _oasst,
}


def _alpha(project: Project, question: str, metric: str) -> Alpha:
    """The headline of the agreement page when this question is chosen, read in this way."""
    found = overview(project=project, choice=Choice(question=question, metric=metric)).headline
    if found is None or found.scope.question != question:
        raise LookupError(f"The agreement page has no question {question!r}.")
    return found.alpha


def _fleiss(project: Project, question: str) -> float | None:
    """Fleiss' kappa of the patterns that the page's alpha is of."""
    asked = questioned(project=project, choice=Choice(question=question))
    chosen = asked.questions[question]
    mine = [patterns for (scope, _), patterns in asked.whole.items() if scope.question == question]
    patterns = folded(chosen, mine)
    return fleiss_kappa(np.repeat(patterns.counts, patterns.units, axis=0), domain=chosen.domain).value


def _reports(project: Project) -> list[AgreementReport]:
    """The first coefficient of each batch's page."""
    batches = project.batches.filter(origin=Batch.Origin.HISTORY).order_by("number")
    return [reports[0] for batch in batches if (reports := latest_reports(batch=batch))]
