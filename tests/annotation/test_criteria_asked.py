"""Which criteria an answer must hold: all without a condition, the others where theirs holds."""

import pytest

from annotation.answers import GivenFlag, GivenScore
from annotation.criteria import asked
from annotation.models import Flag
from rubrics.conditions import FLAGS, Condition, read_condition
from tests.annotation.rubric_of_kinds import KINDS, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(project, rubric_version, lena):
    return publish(rubric_version.rubric, lena, KINDS)


def _slugs(version, *, flags=(), scores=(), responses=2) -> list[str]:
    found = asked(version=version, flags=list(flags), scores=list(scores), responses=responses)
    return [criterion.slug for criterion in found]


def test_conditions_open_by_a_flag_or_by_a_value_of_any_response(version):
    assert _slugs(version) == ["right", "facts", "tone"]
    assert _slugs(version, flags=[GivenFlag("unsafe", "2")]) == ["right", "safe", "facts", "tone"]
    assert _slugs(version, flags=[GivenFlag("other")]) == ["right", "facts", "tone"]
    assert _slugs(version, scores=[GivenScore("right", 2, point=2)]) == ["right", "why", "facts", "tone"]
    assert _slugs(version, scores=[GivenScore("right", 1, point=3)]) == ["right", "facts", "tone"]
    assert _slugs(version, scores=[GivenScore("right", 1, not_applicable=True)]) == ["right", "facts", "tone"]


def test_sides_are_compared_of_two_responses_only(version):
    assert _slugs(version, responses=3) == _slugs(version, responses=1) == ["right", "facts"]


def test_what_is_said_where_nothing_was_asked_opens_nothing(project, rubric_version, lena):
    chain = [KINDS[0], {**KINDS[1], "shown_when": "flag:unsafe"}, {**KINDS[2], "slug": "last", "shown_when": "why=1"}]
    version = publish(rubric_version.rubric, lena, chain)
    said = [GivenScore("why", 1, point=1)]
    assert _slugs(version, scores=said) == ["right"]
    assert _slugs(version, scores=said, flags=[GivenFlag("unsafe")]) == ["right", "why", "last"]


def test_the_points_met_of_a_checklist_are_values(project, rubric_version, lena):
    version = publish(rubric_version.rubric, lena, [KINDS[3], {**KINDS[1], "shown_when": "facts=3"}])
    assert _slugs(version, scores=[GivenScore("facts", 1, points=[1, 3])]) == ["facts", "why"]
    assert _slugs(version, scores=[GivenScore("facts", 1, points=[])]) == ["facts"]


def test_a_rubric_knows_every_kind_of_flag_and_no_other():
    assert sorted(FLAGS) == sorted(Flag.Kind.values)


@pytest.mark.parametrize(
    "text", ["flag", "flag:", "right", "right=", "right=a", "=1", "right=1,", "Right=1", "right=1 "]
)
def test_a_text_that_says_no_condition_is_refused(text):
    with pytest.raises(ValueError, match="no condition"):
        read_condition(text)


def test_a_condition_is_read_as_written():
    assert read_condition("") is None
    assert read_condition("flag:unsafe") == Condition(flag="unsafe")
    assert read_condition("right-or-not=-1,12") == Condition(slug="right-or-not", values=(-1, 12))
