"""What a plain form of the dock says, and what the dock asks of an item."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from annotation.answers import GivenFlag, GivenScore
from annotation.assigning import claim_next
from annotation.models import Batch
from annotation.views.asking import ask
from annotation.views.form_answer import read_form
from annotation.views.item import show
from tests.annotation.makers import make_batch
from tests.e2e.asking import checklist, compare, publish, rule


@pytest.mark.parametrize(
    ("form", "score"),
    [
        ("score-factual-accuracy-1=3", GivenScore("factual-accuracy", 1, point=3)),
        ("score-tone-0=-1", GivenScore("tone", side=-1)),
        ("score-low-2=-2", GivenScore("low", 2, point=-2)),
        ("score-facts-2=met-1&score-facts-2=met-8", GivenScore("facts", 2, points=[1, 8])),
        ("score-facts-2=none&score-facts-2=none-7", GivenScore("facts", 2, points=[])),
        ("score-facts-2=met-1&score-facts-2=none-7", GivenScore("facts", 2, points=[1])),
        ("score-sources-1=na", GivenScore("sources", 1, not_applicable=True)),
    ],
)
def test_scores_are_read_from_their_fields(form: str, score: GivenScore) -> None:
    assert read_form(QueryDict(form)).scores == [score]


@pytest.mark.parametrize("form", ["score-=1", "score-1=1", "score-tone-x=1", "score-tone-1=", ""])
def test_what_is_no_score_is_left_out(form: str) -> None:
    assert read_form(QueryDict(form)).scores == []


def test_nonsense_in_a_score_names_no_point() -> None:
    assert read_form(QueryDict("score-tone-1=abc")).scores == [GivenScore("tone", 1, point=None)]


def test_flags_carry_where_and_how_severe() -> None:
    form = QueryDict("flags=unsafe&flag-target-unsafe=2&flag-severity-unsafe=high&flags=other&flag-target-duplicate=1")
    assert read_form(form).flags == [GivenFlag("unsafe", "2", "high"), GivenFlag("other", "item", "low")]


def test_the_rest_of_the_form() -> None:
    form = QueryDict("value=2&rank-1=2&rank-2=1&both_bad=1&reasons=tone&rationale=why&improved=better&cant_judge=")
    answer = read_form(form)
    assert (answer.value, answer.ranking, answer.both_bad) == (2, [2, 1], True)
    assert (answer.reasons, answer.rationale, answer.improved) == (["tone"], "why", "better")
    assert read_form(QueryDict("rank-1=2&rank-2=")).ranking is None
    assert read_form(QueryDict("improved=")).improved is None
    assert read_form(QueryDict("improved=one%0D%0Atwo")).improved == "one\ntwo"


@pytest.mark.django_db
def test_rows_and_keys_of_each_kind(project, lena) -> None:
    version = publish(
        lena, project.rubric, rule("polite", shown_when="flag:unsafe"), checklist("facts", 8), compare("tone")
    )
    criteria = list(version.criteria.prefetch_related("points"))
    facts, tone, polite = ask(criteria=criteria, labels=["A", "B"], form=QueryDict("score-facts-1=met-2"))
    assert [(row.label, row.part) for row in facts.rows] == [("A", "1–6"), ("A", "7–8"), ("B", "1–6"), ("B", "7–8")]
    assert [choice.value for choice in facts.rows[1].choices] == ["met-7", "met-8", "none-7"]
    assert [choice.value for choice in facts.rows[0].choices if choice.checked] == ["met-2"]
    assert [(choice.key, choice.value) for choice in tone.rows[0].choices] == [(1, "-1"), (2, "0"), (3, "1")]
    assert [(choice.key, str(choice.words)) for choice in polite.rows[0].choices] == [(1, "Yes"), (2, "No")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"reason_share": 100}, "wanted"),
        ({"category": "violence", "severity": "mild"}, "strongest"),
        ({"mode": "calibration", "reason_share": 100}, "words"),
    ],
)
def test_when_a_reason_is_needed_is_known_beforehand(project, lena, rubric_version, rosa, changes, reason) -> None:
    batch = make_batch(project, lena, rubric_version)
    assignment = claim_next(batch=batch, rater=rosa)
    Batch.objects.filter(pk=batch.pk).update(**changes)
    assignment.refresh_from_db()
    assert show(assignment).reason == reason


@pytest.mark.django_db
def test_nothing_is_asked_unless_the_batch_asks_it(project, lena, rubric_version, rosa) -> None:
    batch = make_batch(project, lena, rubric_version)
    assignment = claim_next(batch=batch, rater=rosa)
    assert show(assignment).asked == []
    Batch.objects.filter(pk=batch.pk).update(with_criteria=True)
    assignment.refresh_from_db()
    assert [criterion.slug for criterion in show(assignment).asked] == ["correctness", "completeness"]
