"""Scores: what does not fit is named by field, what fits is kept as score points in canonical positions."""

import pytest

from annotation import assigning
from annotation.answers import GivenFlag, GivenScore
from annotation.errors import Incomplete
from annotation.models import CriterionScore, Judgment, Placement
from tests.annotation.makers import answer, make_batch
from tests.annotation.rubric_of_kinds import KINDS, open_of, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(project, rubric_version, lena):
    return publish(rubric_version.rubric, lena, KINDS)


def _both(slug: str, first: dict, second: dict) -> list[GivenScore]:
    return [GivenScore(slug, 1, **first), GivenScore(slug, 2, **second)]


def _complete() -> list[GivenScore]:
    return [
        *_both("right", {"point": 3}, {"not_applicable": True}),
        *_both("facts", {"points": [1, 3]}, {"points": []}),
        GivenScore("tone", side=-1),
    ]


def _rows(judgment: Judgment) -> set[tuple]:
    return {
        (row.criterion.slug, row.position, row.outcome, row.point and row.point.value, row.side)
        for row in judgment.scores.select_related("criterion", "point")
    }


def test_every_kind_is_kept_by_canonical_position(project, lena, version, rafi, rosa):
    batch = open_of(project, lena, version, with_criteria=True)
    for rater in (rafi, rosa):
        held = assigning.claim_next(batch=batch, rater=rater)
        saved = answer(held, value=4, scores=_complete()).judgment
        first, second = held.display_order
        assert _rows(saved) == {
            ("right", first, "scored", 3, None),
            ("right", second, "not_applicable", None, None),
            ("facts", first, "scored", 1, None),
            ("facts", first, "scored", 3, None),
            ("facts", second, "none", None, None),
            ("tone", None, "compared", None, -1 if first == 0 else 1),
        }
        assert {row.criterion.version_id for row in saved.scores.all()} == {version.pk}
    assert sorted(judgment.display_order for judgment in Judgment.objects.all()) == [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("score", "field"),
    [
        (GivenScore("charm", 1, point=1), "scores.charm.1"),
        (GivenScore("safe", 1, point=1), "scores.safe.1"),
        (GivenScore("right", 3, point=1), "scores.right.3"),
        (GivenScore("right", None, point=1), "scores.right.0"),
        (GivenScore("right", 1, point=4), "scores.right.1"),
        (GivenScore("right", 1, points=[1]), "scores.right.1"),
        (GivenScore("right", 1, side=1), "scores.right.1"),
        (GivenScore("right", 1), "scores.right.1"),
        (GivenScore("right", 1, point=1, not_applicable=True), "scores.right.1"),
        (GivenScore("facts", 1, point=1), "scores.facts.1"),
        (GivenScore("facts", 1, points=[1, 1]), "scores.facts.1"),
        (GivenScore("facts", 1, points=[4]), "scores.facts.1"),
        (GivenScore("facts", 1, not_applicable=True), "scores.facts.1"),
        (GivenScore("tone", 1, side=1), "scores.tone.1"),
        (GivenScore("tone", side=2), "scores.tone.0"),
    ],
)
def test_a_score_that_does_not_fit_is_named(project, lena, version, rafi, score, field):
    batch = open_of(project, lena, version, with_criteria=True)
    held = assigning.claim_next(batch=batch, rater=rafi)
    kept = [one for one in _complete() if (one.criterion, one.place) != (score.criterion, score.place)]
    with pytest.raises(Incomplete) as refused:
        answer(held, value=4, scores=[*kept, score])
    assert field in refused.value.fields
    assert not Judgment.objects.exists()


def test_the_same_score_twice_is_named(project, lena, version, rafi):
    batch = open_of(project, lena, version, with_criteria=True)
    held = assigning.claim_next(batch=batch, rater=rafi)
    with pytest.raises(Incomplete) as refused:
        answer(held, value=4, scores=[*_complete(), GivenScore("tone", side=0)])
    assert refused.value.fields == {"scores.tone.0": "This was answered twice."}


def test_what_is_missing_is_named_in_the_order_of_the_screen(project, lena, version, rafi):
    batch = open_of(project, lena, version, with_criteria=True)
    held = assigning.claim_next(batch=batch, rater=rafi)
    with pytest.raises(Incomplete) as refused:
        answer(held, value=4, scores=[one for one in _complete() if one.place != 2])
    assert refused.value.fields == {"scores.right.2": "Right for answer B", "scores.facts.2": "Facts for answer B"}
    assert refused.value.message == "2 things left, first Right for answer B."
    with pytest.raises(Incomplete) as refused:
        answer(held, value=4, scores=_complete()[1:])
    assert refused.value.message == "One thing left: Right for answer A."
    with pytest.raises(Incomplete) as refused:
        answer(held, value=4, scores=_complete()[:-1])
    assert refused.value.fields == {"scores.tone.0": "Tone"}


def test_a_condition_that_holds_is_asked_of_every_response(project, lena, version, rafi):
    batch = open_of(project, lena, version, with_criteria=True)
    held = assigning.claim_next(batch=batch, rater=rafi)
    given = {"value": 4, "flags": [GivenFlag("unsafe", "1", "high")], "scores": _complete()}
    with pytest.raises(Incomplete) as refused:
        answer(held, **given)
    assert set(refused.value.fields) == {"scores.safe.1", "scores.safe.2"}
    given["scores"] = [*_complete(), *_both("safe", {"point": 0}, {"point": 1})]
    saved = answer(held, **given).judgment
    assert saved.flags.get().target == str(held.display_order[0]) and saved.flags.get().severity == "high"


def test_who_cannot_judge_is_asked_nothing_more(project, lena, version, rafi):
    batch = open_of(project, lena, version, with_criteria=True)
    held = assigning.claim_next(batch=batch, rater=rafi)
    saved = answer(held, cant_judge="language", scores=[GivenScore("right", 1, point=3)]).judgment
    assert saved.scores.count() == 1 and not Judgment.objects.counted().exists()


def test_a_batch_without_criteria_takes_no_scores(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version)
    held = assigning.claim_next(batch=batch, rater=rafi)
    with pytest.raises(Incomplete) as refused:
        answer(held, value=4, scores=[GivenScore("correctness", 1, point=1)])
    assert "scores.correctness.1" in refused.value.fields


@pytest.mark.parametrize("texts", ["a", "ab", "abcdefghi"])
def test_a_rating_of_one_to_nine_responses_has_scores_and_no_placements(project, lena, version, rafi, texts):
    batch = open_of(project, lena, version, kind="rating", texts=texts)
    held = assigning.claim_next(batch=batch, rater=rafi)
    places = range(1, len(texts) + 1)
    scores = [GivenScore("right", place, point=3) for place in places]
    scores += [GivenScore("facts", place, points=[2]) for place in places]
    scores += [GivenScore("tone", side=0)] * (len(texts) == 2)
    with pytest.raises(Incomplete):
        answer(held, scores=scores, value=1)
    with pytest.raises(Incomplete) as refused:
        answer(held, scores=scores[1:])
    assert list(refused.value.fields.values()) == ["Right" if texts == "a" else "Right for answer 1"]
    saved = answer(held, scores=scores).judgment
    assert saved.strength is None and not Placement.objects.exists()
    assert CriterionScore.objects.filter(judgment=saved, position__isnull=False).count() == 2 * len(texts)


def test_an_item_is_scored_under_the_version_it_was_handed_out_with(project, lena, version, rafi, rubric_version):
    batch = open_of(project, lena, version, with_criteria=True)
    held = assigning.claim_next(batch=batch, rater=rafi)
    newer = publish(rubric_version.rubric, lena, KINDS[:1])
    type(batch).objects.filter(pk=batch.pk).update(rubric_version=newer)
    saved = answer(held, value=4, scores=_complete()).judgment
    assert saved.rubric_version == version
