"""The rubric's criteria in an answer: which are asked, whether what was given fits, and the rows it becomes.

A score is checked against the rubric version of the item and kept as the version's own score point, never as a
bare number. Places are as displayed in what comes in, canonical in what is kept.
"""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from annotation.answers import Answer, Gaps, GivenFlag, GivenScore
from annotation.models import Batch, CriterionScore, Judgment
from rubrics.conditions import read_condition
from rubrics.models import Criterion, RubricVersion, ScorePoint

Kind = Criterion.Kind
Outcome = CriterionScore.Outcome
Said = tuple[str, int | None, str, int | None, int | None]
"""Slug, canonical position, outcome, value of the score point, canonical side."""


def criteria_of(*, batch: Batch, version: RubricVersion, responses: int) -> list[Criterion]:
    """The criteria that an item of the batch may ask, in order, with their points; none where it asks for none.

    Which side is better is asked of two responses only.
    """
    if not batch.with_criteria and batch.kind != Batch.Kind.RATING:
        return []
    return fitting(version=version, responses=responses)


def fitting(*, version: RubricVersion, responses: int) -> list[Criterion]:
    """The version's criteria that can be asked of so many responses."""
    criteria = version.criteria.order_by("position").prefetch_related("points")
    return [criterion for criterion in criteria if criterion.kind != Kind.COMPARE or responses == 2]


def asked(
    *, version: RubricVersion, flags: Collection[GivenFlag], scores: Sequence[GivenScore], responses: int = 2
) -> list[Criterion]:
    """The criteria to be answered, in order: those without a condition, and those whose condition holds."""
    return open_criteria(criteria=fitting(version=version, responses=responses), flags=flags, scores=scores)


def open_criteria(
    *, criteria: Sequence[Criterion], flags: Collection[GivenFlag], scores: Sequence[GivenScore]
) -> list[Criterion]:
    """As `asked`, of these criteria. What was said on a criterion that is not asked opens no other."""
    kinds = {flag.kind for flag in flags}
    values: dict[str, set[int]] = {}
    found = []
    for criterion in criteria:
        condition = read_condition(criterion.shown_when)
        if condition is not None and not condition.holds(flags=kinds, values=values):
            continue
        found.append(criterion)
        mine = [score for score in scores if score.criterion == criterion.slug]
        points = [value for score in mine for value in score.points or []]
        values[criterion.slug] = {*points, *(score.point for score in mine if score.point is not None)}
    return found


def check_scores(*, answer: Answer, batch: Batch, criteria: Sequence[Criterion], responses: int, gaps: Gaps) -> None:
    """Note each score that is missing or does not fit, under "scores.<slug>.<place>", 0 for the pair as a whole."""
    wanted = open_criteria(criteria=criteria, flags=answer.flags, scores=answer.scores)
    by_slug = {criterion.slug: criterion for criterion in wanted}
    seen: set[tuple[str, int]] = set()
    for score in answer.scores:
        key = (score.criterion, score.place or 0)
        field = f"scores.{key[0]}.{key[1]}"
        criterion = by_slug.get(score.criterion)
        if criterion is None:
            gaps.wrong[field] = _("This is not asked here.")
        elif key in seen:
            gaps.wrong[field] = _("This was answered twice.")
        elif key[1] not in places_of(criterion=criterion, responses=responses):
            gaps.wrong[field] = _("There is no such answer.")
        elif not fits(criterion=criterion, score=score):
            gaps.wrong[field] = _("“%(criterion)s” has no such point.") % {"criterion": criterion.name}
        seen.add(key)
    if answer.cant_judge:
        return
    for criterion in wanted:
        for place in places_of(criterion=criterion, responses=responses):
            if (criterion.slug, place) not in seen:
                named = name_of(criterion=criterion, place=place, kind=batch.kind, responses=responses)
                gaps.missing[f"scores.{criterion.slug}.{place}"] = named


def places_of(*, criterion: Criterion, responses: int) -> range:
    """The displayed places that the criterion is asked of; 0 stands for the pair."""
    return range(1) if criterion.kind == Kind.COMPARE else range(1, responses + 1)


def fits(*, criterion: Criterion, score: GivenScore) -> bool:
    """Whether the score says exactly one thing, and one that the criterion can be given."""
    said = [score.point is not None, score.points is not None, score.side is not None, score.not_applicable]
    if sum(said) != 1:
        return False
    values = {point.value for point in criterion.points.all()}
    if score.not_applicable:
        return criterion.not_applicable
    if criterion.kind == Kind.COMPARE:
        return score.side in (-1, 0, 1)
    if criterion.kind == Kind.CHECKLIST:
        met = score.points
        return met is not None and set(met) <= values and len(set(met)) == len(met)
    return score.point in values


def name_of(*, criterion: Criterion, place: int, kind: str, responses: int) -> str:
    """How a gap is named: "Correctness for answer B"."""
    if not place or responses == 1:
        return criterion.name
    answer = label_of(place=place, kind=kind)
    return _("%(criterion)s for answer %(answer)s") % {"criterion": criterion.name, "answer": answer}


def label_of(*, place: int, kind: str) -> str:
    """A and B for a pair, numbers for more."""
    return "AB"[place - 1] if kind == Batch.Kind.PAIRWISE else str(place)


def score_rows(
    *, judgment: Judgment, answer: Answer, criteria: Sequence[Criterion], display_order: list[int]
) -> list[CriterionScore]:
    """The rows of a checked answer's scores, not saved yet."""
    by_slug = {criterion.slug: criterion for criterion in criteria}
    rows = []
    for slug, position, outcome, value, side in read_scores(answer=answer, display_order=display_order):
        criterion = by_slug[slug]
        point: ScorePoint | None = next((p for p in criterion.points.all() if p.value == value), None)
        rows.append(
            CriterionScore(
                judgment=judgment, criterion=criterion, position=position, outcome=outcome, point=point, side=side
            )
        )
    return rows


def read_scores(*, answer: Answer, display_order: list[int]) -> list[Said]:
    """The scores of a checked answer in canonical terms, in no particular order."""
    turned = -1 if display_order == [1, 0] else 1
    said: list[Said] = []
    for score in answer.scores:
        position = display_order[score.place - 1] if score.place else None
        if score.not_applicable:
            said.append((score.criterion, position, Outcome.NOT_APPLICABLE, None, None))
        elif score.side is not None:
            said.append((score.criterion, None, Outcome.COMPARED, None, turned * score.side))
        elif score.points == []:
            said.append((score.criterion, position, Outcome.NONE, None, None))
        else:
            values = [score.point] if score.points is None else score.points
            said += [(score.criterion, position, Outcome.SCORED, value, None) for value in values]
    return said


def stored_scores(*, judgment: Judgment) -> list[Said]:
    """What the rows of a judgment say, in the form of read_scores."""
    rows = judgment.scores.select_related("criterion", "point")
    return [
        (row.criterion.slug, row.position, row.outcome, row.point.value if row.point else None, row.side)
        for row in rows
    ]
