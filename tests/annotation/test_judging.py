"""Submitting: canonical mapping, ties, rankings, idempotence, revisions, and rows that never change."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from annotation import assigning, batching
from annotation.answers import GivenFlag
from annotation.demonstrating import submit_demonstration
from annotation.errors import AlreadyRevised, AlreadySubmitted, BatchNotOpen, Incomplete, SubmissionReused, UnknownLease
from annotation.judging import Answer, revise_judgment, submit_judgment
from annotation.models import Assignment, Demonstration, Judgment, Slot
from tests.annotation.makers import answer, make_batch, shown_value
from workforce.auditing import verify_chain
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db


def _ranks(judgment: Judgment) -> list[int]:
    return [placement.rank for placement in judgment.placements.order_by("position")]


def test_both_display_orders_lead_to_the_same_canonical_strength(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    held = [assigning.claim_next(batch=batch, rater=rater) for rater in (rafi, rosa)]
    assert sorted(assignment.display_order for assignment in held) == [[0, 1], [1, 0]]
    saved = [answer(assignment, value=shown_value(assignment, -2)).judgment for assignment in held]
    assert {judgment.raw_value for judgment in saved} == {2, 6}
    assert [judgment.strength for judgment in saved] == [-2, -2]
    assert [_ranks(judgment) for judgment in saved] == [[1, 2], [1, 2]]


def test_a_tie_gives_both_the_first_rank(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version)
    saved = answer(assigning.claim_next(batch=batch, rater=rafi), value=4).judgment
    assert saved.strength == 0 and _ranks(saved) == [1, 1]


def test_a_ranking_with_ties_is_stored_by_canonical_position(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, kind="ranking", responses=4)
    held = assigning.claim_next(batch=batch, rater=rafi)
    by_position = [3, 1, 1, 4]
    saved = answer(held, ranking=[by_position[position] for position in held.display_order]).judgment
    assert _ranks(saved) == [2, 1, 1, 3]
    assert [p.response_id for p in saved.placements.all()] == [m.response_id for m in held.task.members.all()]


def test_the_same_submission_again_changes_nothing(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version)
    held, key = assigning.claim_next(batch=batch, rater=rafi), uuid.uuid4()
    given = Answer(value=2, flags=[GivenFlag("unsafe")], reasons=["correctness"], rationale="clear", active_ms=900)
    first = submit_judgment(token=held.token, rater=rafi, submission=key, answer=given)
    events = AuditEvent.objects.count()
    again = submit_judgment(token=held.token, rater=rafi, submission=key, answer=given)
    assert (first.created, again.created) == (True, False) and first.judgment.pk == again.judgment.pk
    assert (Judgment.objects.count(), AuditEvent.objects.count()) == (1, events)


def test_the_same_key_with_another_answer_is_refused(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version)
    held, key = assigning.claim_next(batch=batch, rater=rafi), uuid.uuid4()
    submit_judgment(token=held.token, rater=rafi, submission=key, answer=Answer(value=2))
    with pytest.raises(SubmissionReused):
        submit_judgment(token=held.token, rater=rafi, submission=key, answer=Answer(value=3))
    other = assigning.claim_next(batch=batch, rater=rosa)
    with pytest.raises(SubmissionReused):
        submit_judgment(token=other.token, rater=rosa, submission=key, answer=Answer(value=2))
    assert Judgment.objects.count() == 1


@pytest.mark.parametrize("changed", [{"ranking": [1, 2]}, {"ranking": None}, {"cant_judge": "other"}])
def test_the_same_key_with_another_shape_of_ranking_is_refused(project, lena, rubric_version, rafi, changed):
    batch = make_batch(project, lena, rubric_version, kind="ranking", responses=3)
    held, key = assigning.claim_next(batch=batch, rater=rafi), uuid.uuid4()
    submit_judgment(token=held.token, rater=rafi, submission=key, answer=Answer(ranking=[1, 2, 3]))
    with pytest.raises(SubmissionReused):
        submit_judgment(token=held.token, rater=rafi, submission=key, answer=Answer(**changed))
    assert Judgment.objects.count() == 1


def test_a_second_tab_cannot_answer_again(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version)
    tab, other_tab = (assigning.claim_next(batch=batch, rater=rafi) for _ in range(2))
    answer(tab, value=1)
    with pytest.raises(AlreadySubmitted):
        answer(other_tab, value=7)
    assert Judgment.objects.get().raw_value == 1


def test_somebody_elses_token_is_unknown(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version)
    held = assigning.claim_next(batch=batch, rater=rafi)
    with pytest.raises(UnknownLease):
        submit_judgment(token=held.token, rater=rosa, submission=uuid.uuid4(), answer=Answer(value=1))


def test_cant_judge_ends_the_lease_without_an_opinion(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    saved = answer(assigning.claim_next(batch=batch, rater=rafi), cant_judge="language").judgment
    assert saved.strength is None and _ranks(saved) == []
    assert Assignment.objects.get().state == Assignment.State.DECLINED
    assert Slot.objects.get().state == Slot.State.OPEN and not Slot.objects.waiting().exists()
    assert not Judgment.objects.counted().exists() and Judgment.objects.current().exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "value"),
        ({"value": 8}, "value"),
        ({"value": 1, "cant_judge": "other"}, "cant_judge"),
        ({"cant_judge": "bored"}, "cant_judge"),
        ({"value": 1, "reasons": ["charm"]}, "reasons"),
        ({"value": 1, "flags": [GivenFlag("ugly")]}, "flags"),
        ({"value": 1, "rationale": "a\x00b"}, "rationale"),
        ({"value": 1, "rationale": "a\ud800b"}, "rationale"),
        ({"value": 1, "active_ms": -1}, "active_ms"),
    ],
)
def test_an_incomplete_answer_is_refused_and_the_lease_stays(project, lena, rubric_version, rafi, given, field):
    batch = make_batch(project, lena, rubric_version)
    held = assigning.claim_next(batch=batch, rater=rafi)
    with pytest.raises(Incomplete) as refused:
        answer(held, **given)
    assert field in refused.value.fields
    assert not Judgment.objects.exists()
    assert assigning.claim_next(batch=batch, rater=rafi).token == held.token


@pytest.mark.parametrize("ranking", [None, [1, 2], [1, 2, 0], [1, 2, 4]])
def test_an_incomplete_ranking_is_refused(project, lena, rubric_version, rafi, ranking):
    batch = make_batch(project, lena, rubric_version, kind="ranking", responses=3)
    with pytest.raises(Incomplete):
        answer(assigning.claim_next(batch=batch, rater=rafi), ranking=ranking)


def test_a_revision_supersedes_and_both_stay(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version)
    first = answer(assigning.claim_next(batch=batch, rater=rafi), value=1).judgment
    key = uuid.uuid4()
    second = revise_judgment(uid=first.uid, rater=rafi, submission=key, answer=Answer(value=4)).judgment
    assert not revise_judgment(uid=first.uid, rater=rafi, submission=key, answer=Answer(value=4)).created
    assert Judgment.objects.count() == 2 and Judgment.objects.current().get() == second
    with pytest.raises(AlreadyRevised):
        revise_judgment(uid=first.uid, rater=rafi, submission=uuid.uuid4(), answer=Answer(value=5))
    batching.close_batch(batch=batch, actor=lena)
    with pytest.raises(BatchNotOpen):
        revise_judgment(uid=second.uid, rater=rafi, submission=uuid.uuid4(), answer=Answer(value=5))


def test_a_demonstration_is_saved_once(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, kind="demonstration", tasks=1, overlap=1)
    held, key = assigning.claim_next(batch=batch, rater=rafi), uuid.uuid4()
    lease = {"token": held.token, "rater": rafi, "submission": key, "checks": ["correctness", "completeness"]}
    for text in ("", "  \n"):
        with pytest.raises(Incomplete):
            submit_demonstration(**lease, text=text)
    sent = [submit_demonstration(**lease, text="An answer.").created for _ in range(2)]
    assert sent == [True, False] and Demonstration.objects.get().prompt == held.task.prompt
    with pytest.raises(SubmissionReused):
        submit_demonstration(**lease, text="Another.")


@pytest.mark.parametrize(
    "statement", ["UPDATE annotation_judgment SET strength = 0", "DELETE FROM annotation_placement"]
)
def test_the_database_refuses_to_rewrite_what_was_said(project, lena, rubric_version, rafi, statement):
    batch = make_batch(project, lena, rubric_version)
    answer(assigning.claim_next(batch=batch, rater=rafi), value=1)
    with pytest.raises(DatabaseError, match="are_never"), transaction.atomic():
        connection.cursor().execute(statement)


def test_every_judgment_is_in_the_audit_chain(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version)
    for rater in (rafi, rosa):
        saved = answer(assigning.claim_next(batch=batch, rater=rater), value=1).judgment
        assert AuditEvent.objects.filter(target=f"judgment:{saved.uid}", actor=rater).count() == 1
    assert verify_chain(stream=project.team.slug) is None
