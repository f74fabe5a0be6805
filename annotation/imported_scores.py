"""What an imported rating says on the rubric's criteria: held beside the version it stands under, and kept as rows.

A criterion that the row does not name was not asked elsewhere; nothing is made up for it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from annotation.bulk import insert_rows
from annotation.criteria import Said
from annotation.models import CriterionScore
from annotation.panels import scores_fit
from annotation.rows import RowRefused
from rubrics.models import Criterion, RubricVersion

Outcome = CriterionScore.Outcome
COLUMNS = ("judgment_id", "criterion_id", "position", "outcome", "point_id", "side")


class Criteria:
    """The criteria of the version that imported ratings stand under, read once, with their points."""

    def __init__(self, version: RubricVersion) -> None:
        self.version = version
        self.by_slug = {criterion.slug: criterion for criterion in version.criteria.prefetch_related("points")}
        self.points = {
            (criterion.slug, point.value): point.pk
            for criterion in self.by_slug.values()
            for point in criterion.points.all()
        }

    def read(self, scores: Mapping[str, list[Any]], *, responses: int) -> list[Said]:
        """What the scores of a row say, sorted, in the form of criteria.stored_scores. Raises RowRefused."""
        said: list[Said] = []
        for slug, values in scores.items():
            criterion = self.by_slug.get(slug)
            if criterion is None:
                raise RowRefused("unknown_criterion", f"{self.version} has no criterion {slug[:60]!r}.")
            if not scores_fit(criterion, values, responses):
                raise RowRefused("bad_answer", f"The scores do not fit the criterion {slug[:60]!r} of {self.version}.")
            if None in values and not criterion.not_applicable:
                raise RowRefused("bad_answer", f"{slug[:60]!r} always applies in {self.version}; null is no answer.")
            for position, value in enumerate(values):
                said += _said(criterion, position, value)
        return sorted(said, key=repr)

    def write(self, given: Iterable[tuple[int, list[Said]]]) -> None:
        """The rows of what new judgments (by primary key) say."""
        insert_rows(
            CriterionScore,
            COLUMNS,
            [
                (
                    judgment,
                    self.by_slug[slug].pk,
                    position,
                    outcome,
                    None if value is None else self.points[slug, value],
                    side,
                )
                for judgment, said in given
                for slug, position, outcome, value, side in said
            ],
        )


def _said(criterion: Criterion, position: int, value: Any) -> list[Said]:
    slug = criterion.slug
    if value is None:
        return [(slug, position, Outcome.NOT_APPLICABLE.value, None, None)]
    if criterion.kind == Criterion.Kind.COMPARE:
        return [(slug, None, Outcome.COMPARED.value, None, value)]
    if value == []:
        return [(slug, position, Outcome.NONE.value, None, None)]
    met = sorted(set(value)) if isinstance(value, list) else [value]
    return [(slug, position, Outcome.SCORED.value, point, None) for point in met]
