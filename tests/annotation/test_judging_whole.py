"""The rest of an answer: quotes, the line, best and worst, improved texts, records, time, how long it can change."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import assigning, freezing
from annotation.answers import Answer, GivenFlag, GivenQuote, GivenScore
from annotation.errors import Incomplete, SubmissionReused, UndoClosed
from annotation.judging import revise_judgment, submit_judgment
from annotation.models import Assignment, Judgment, PanelAnswer, Response
from tests.annotation.makers import answer, had, make_batch, shown_value
from tests.annotation.rubric_of_kinds import open_of
from workforce.models import WorkTime

pytestmark = pytest.mark.django_db


def _refused(held, **given) -> dict[str, str]:
    with pytest.raises(Incomplete) as refusal:
        answer(held, **given)
    assert not Judgment.objects.exists() and not Response.objects.filter(improves__isnull=False).exists()
    return refusal.value.fields


def test_everything_that_was_given_is_kept(project, lena, rubric_version, rafi):
    batch = open_of(project, lena, rubric_version, with_criteria=True)
    held = had(assigning.claim_next(batch=batch, rater=rafi), seconds=20)
    scores = [GivenScore(slug, place, point=2) for slug in ("correctness", "completeness") for place in (1, 2)]
    saved = answer(
        held,
        value=3,
        scores=scores,
        flags=[GivenFlag("unsafe", "2", "high"), GivenFlag("unsafe", "prompt")],
        quotes=[GivenQuote(2, 3, "cool it"), GivenQuote(0, 1, "rice")],
        seen=[1.0, 0.25],
        inputs={"keys": 7, "touch": 1},
        diff_used=True,
        active_ms=9000,
        wall_ms=20_000,
        idle_ms=1000,
        offline_ms=30,
        client_version="desk-3",
    ).judgment
    saved.refresh_from_db()
    second = held.display_order[1]
    assert saved.quotes == [
        {"position": second, "block": 3, "text": "cool it"},
        {"position": None, "block": 1, "text": "rice"},
    ]
    flags = {(flag.kind, flag.target, flag.severity) for flag in saved.flags.all()}
    assert flags == {("unsafe", str(second), "high"), ("unsafe", "prompt", "low")}
    assert (saved.seen, saved.inputs, saved.diff_used) == ([1.0, 0.25], {"keys": 7, "touch": 1}, True)
    assert (saved.idle_ms, saved.offline_ms, saved.client_version, saved.surplus) == (1000, 30, "desk-3", False)
    spent = WorkTime.objects.get(user=rafi, key=f"lease:{held.token}")
    assert (spent.activity, spent.ms, spent.idle_ms, spent.target) == ("labelling", 9000, 1000, f"batch:{batch.pk}")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"flags": [GivenFlag("unsafe", "3")]}, "flags"),
        ({"flags": [GivenFlag("unsafe", "0")]}, "flags"),
        ({"flags": [GivenFlag("unsafe", "item", "fatal")]}, "flags"),
        ({"flags": [GivenFlag("unsafe"), GivenFlag("unsafe", severity="high")]}, "flags"),
        ({"quotes": [GivenQuote(3, 1, "x")]}, "quotes"),
        ({"quotes": [GivenQuote(1, 0, "x")]}, "quotes"),
        ({"quotes": [GivenQuote(1, 1, "")]}, "quotes"),
        ({"quotes": [GivenQuote(1, 1, "x" * 2001)]}, "quotes"),
        ({"quotes": [GivenQuote(1, 1, "a\x00b")]}, "quotes"),
        ({"quotes": [GivenQuote(1, 1, "x")] * 21}, "quotes"),
        ({"seen": [1.0]}, "seen"),
        ({"seen": [1.0, 1.5]}, "seen"),
        ({"seen": [1.0, float("nan")]}, "seen"),
        ({"inputs": {"mouse": 1}}, "inputs"),
        ({"inputs": {"keys": -1}}, "inputs"),
        ({"idle_ms": -1}, "active_ms"),
        ({"offline_ms": 2**31}, "active_ms"),
        ({"client_version": "x" * 41}, "client_version"),
        ({"acceptable": [True, True]}, "acceptable"),
        ({"best_worst": True}, "best_worst"),
        ({"improved": "better"}, "improved"),
    ],
)
def test_what_cannot_be_is_refused_by_name(project, lena, rubric_version, rafi, given, field):
    held = assigning.claim_next(batch=make_batch(project, lena, rubric_version), rater=rafi)
    assert set(_refused(held, value=2, **given)) == {field}


def test_the_line_of_what_can_be_sent_is_kept_by_position(project, lena, rubric_version, rafi):
    batch = open_of(project, lena, rubric_version, kind="ranking", texts="abcd")
    held = assigning.claim_next(batch=batch, rater=rafi)
    by_position = {0: (2, True), 1: (1, True), 2: (3, False), 3: (3, False)}
    ranking, line = map(list, zip(*(by_position[position] for position in held.display_order), strict=True))
    assert set(_refused(held, ranking=ranking, acceptable=[not good for good in line])) == {"acceptable"}
    assert set(_refused(held, ranking=ranking, acceptable=line[:3])) == {"acceptable"}
    mixed = [rank < 3 or place == ranking.index(3) for place, rank in enumerate(ranking)]
    assert set(_refused(held, ranking=ranking, acceptable=mixed)) == {"acceptable"}
    saved = answer(held, ranking=ranking, acceptable=line).judgment
    assert [placement.acceptable for placement in saved.placements.all()] == [True, True, False, False]


@pytest.mark.parametrize("ranking", [[1, 2, 2, 2, 2, 2], [1, 1, 2, 2, 2, 3], [1, 2, 2, 2, 3, 3], [1, 2, 3, 4, 5, 6]])
def test_best_and_worst_are_one_each(project, lena, rubric_version, rafi, ranking):
    batch = open_of(project, lena, rubric_version, kind="ranking", texts="abcdef", best_worst=True)
    held = assigning.claim_next(batch=batch, rater=rafi)
    assert set(_refused(held, ranking=ranking, best_worst=True)) == {"ranking"}
    assert answer(held, ranking=[2, 2, 1, 2, 6, 2], best_worst=True).judgment.best_worst


def test_best_and_worst_alone_only_where_the_batch_allows_it(project, lena, rubric_version, rafi):
    batch = open_of(project, lena, rubric_version, kind="ranking", texts="abcdef")
    held = assigning.claim_next(batch=batch, rater=rafi)
    assert set(_refused(held, ranking=[1, 2, 2, 2, 2, 3], best_worst=True)) == {"best_worst"}


@pytest.mark.parametrize("given", [{"value": 4}, {"cant_judge": "other"}])
def test_nothing_preferred_is_nothing_to_improve(project, lena, rubric_version, rafi, given):
    held = assigning.claim_next(batch=open_of(project, lena, rubric_version, improving=True), rater=rafi)
    assert set(_refused(held, improved="better", **given)) == {"improved"}


@pytest.mark.parametrize("text", ["a", "b", "", "  \n", "x" * 200_001, "a\x00b", "a\ud800b"])
def test_an_improved_text_is_a_new_one(project, lena, rubric_version, rafi, text):
    held = assigning.claim_next(batch=open_of(project, lena, rubric_version, improving=True), rater=rafi)
    assert set(_refused(held, value=1, improved=text)) == {"improved"}


def test_the_same_improvement_of_two_raters_is_one_response(project, lena, rubric_version, rafi, rosa):
    batch = open_of(project, lena, rubric_version, improving=True)
    for rater in (rafi, rosa):
        held = assigning.claim_next(batch=batch, rater=rater)
        answer(held, value=shown_value(held, -1), improved="better, as ChatGPT")
    made = Response.objects.get(improves__isnull=False)
    assert (made.author, made.improves.text, made.identity_leak) == (rafi, "a", True)
    assert set(Judgment.objects.values_list("improved", flat=True)) == {made.pk}


WHOLE = {
    "value": 2,
    "rationale": "clear",
    "flags": [GivenFlag("unsafe", "1")],
    "quotes": [GivenQuote(1, 1, "so")],
    "improved": "better",
    "scores": [GivenScore(slug, place, point=2) for slug in ("correctness", "completeness") for place in (1, 2)],
}


@pytest.mark.parametrize(
    "changed",
    [
        {"flags": []},
        {"flags": [GivenFlag("unsafe", "2")]},
        {"flags": [GivenFlag("unsafe", "1", "high")]},
        {"quotes": []},
        {"quotes": [GivenQuote(2, 1, "so")]},
        {"improved": None},
        {"improved": "better still"},
        {"scores": WHOLE["scores"][:-1]},
        {"scores": [*WHOLE["scores"][:-1], GivenScore("completeness", 2, point=3)]},
        {"best_worst": True},
        {"acceptable": [True, True]},
    ],
)
def test_another_answer_under_the_same_key_is_refused(project, lena, rubric_version, rafi, changed):
    batch = open_of(project, lena, rubric_version, with_criteria=True, improving=True)
    held, key = assigning.claim_next(batch=batch, rater=rafi), uuid.uuid4()
    submit_judgment(token=held.token, rater=rafi, submission=key, answer=Answer(**WHOLE))
    with pytest.raises(SubmissionReused):
        submit_judgment(token=held.token, rater=rafi, submission=key, answer=Answer(**WHOLE | changed))
    again = submit_judgment(token=held.token, rater=rafi, submission=key, answer=Answer(**WHOLE, offline_ms=99))
    assert not again.created and Judgment.objects.count() == 1


def test_an_answer_can_be_corrected_for_half_an_hour(project, lena, rubric_version, rafi):
    held = assigning.claim_next(batch=make_batch(project, lena, rubric_version), rater=rafi)
    first = answer(held, value=1).judgment
    Assignment.objects.filter(pk=held.pk).update(ended_at=timezone.now() - timedelta(minutes=29))
    second = revise_judgment(uid=first.uid, rater=rafi, submission=uuid.uuid4(), answer=Answer(value=2)).judgment
    Assignment.objects.filter(pk=held.pk).update(ended_at=timezone.now() - timedelta(minutes=31))
    with pytest.raises(UndoClosed):
        revise_judgment(uid=second.uid, rater=rafi, submission=uuid.uuid4(), answer=Answer(value=3))


def test_what_a_frozen_set_holds_can_no_longer_be_corrected(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version)
    held, other = answer(assigning.claim_next(batch=batch, rater=rafi), value=1).judgment, None
    freezing.freeze_preference_set(project=project, name="P", batches=[batch], actor=lena)
    other = answer(assigning.claim_next(batch=batch, rater=rafi), value=1).judgment
    with pytest.raises(UndoClosed):
        revise_judgment(uid=held.uid, rater=rafi, submission=uuid.uuid4(), answer=Answer(value=3))
    assert revise_judgment(uid=other.uid, rater=rafi, submission=uuid.uuid4(), answer=Answer(value=3)).created


def test_a_calibration_answer_is_never_corrected(project, lena, rubric_version, rafi):
    batch = open_of(project, lena, rubric_version, mode="calibration")
    PanelAnswer.objects.create(task=batch.tasks.get(), answer={"strength": 1}, note="So.")
    saved = answer(assigning.claim_next(batch=batch, rater=rafi), value=4, rationale="The same facts.").judgment
    with pytest.raises(UndoClosed):
        revise_judgment(uid=saved.uid, rater=rafi, submission=uuid.uuid4(), answer=Answer(value=3, rationale="Oh."))
    assert WorkTime.objects.filter(user=rafi).exclude(activity="calibration").count() == 0


def test_an_answer_after_somebody_elses_is_kept_as_an_extra_opinion(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    late = assigning.claim_next(batch=batch, rater=rafi)
    Assignment.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    answer(assigning.claim_next(batch=batch, rater=rosa), value=1)
    saved = answer(late, value=2).judgment
    late.refresh_from_db()
    assert saved.surplus and late.state == Assignment.State.SURPLUS
    assert Judgment.objects.counted().count() == 1 and Judgment.objects.current().count() == 2
    revised = revise_judgment(uid=saved.uid, rater=rafi, submission=uuid.uuid4(), answer=Answer(value=3)).judgment
    assert revised.surplus
