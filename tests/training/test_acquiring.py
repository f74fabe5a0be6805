"""A round through the real processes: answers, scores, a proposal, and the batch people are asked with."""

import json

import pytest
from django.db import OperationalError, connection

from annotation.models import Response
from training import acquiring, executing
from training.acquiring import RoundNotReady, open_round, plan_round
from training.launching import RunRefused
from training.models import AcquisitionRound, TrainingRun
from training.places import out_folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(project, ada, tiny, tiny_reward, prompts):
    def go(**changed):
        given = {"policy": tiny, "reward_model": tiny_reward, "prompt_set": prompts, "actor": ada, "preset": "smoke"}
        return plan_round(project=project, **(given | changed))

    return go


def _executed(run: TrainingRun) -> None:
    executing.execute(run_pk=run.pk)
    run.refresh_from_db()
    assert run.state == "succeeded", run.error_message


def test_a_round_goes_from_answers_to_an_opened_batch(plan, ada, rubric_version) -> None:
    planned = plan(items=6, holdout_share=0.34, seed=3)
    assert planned.state == "sampling"
    _executed(planned.sample_run)
    planned.refresh_from_db()
    assert planned.state == "scoring" and len(planned.config["holdout"]) == 2
    answers = Response.objects.filter(model_tag="tiny-policy")
    assert answers.count() == planned.pool_size == 16
    drawn = dict(planned.config["holdout"])

    _executed(planned.score_run)
    planned.refresh_from_db()
    assert planned.state == "proposed"
    reasons = [entry["reason"] for entry in planned.proposal]
    assert (reasons.count("uncertain"), reasons.count("holdout")) == (4, 2)
    shown = {entry["prompt"]: set(entry["responses"]) for entry in planned.proposal if entry["reason"] == "holdout"}
    assert {
        answers.get(pk=pk).digest for pair in shown.values() for pk in pair
    } == {digest for pair in drawn.values() for digest in pair}  # fmt: skip

    batch = open_round(round=planned, rubric_version=rubric_version, actor=ada)
    assert (batch.origin, batch.kind, batch.overlap) == ("acquisition", "pairwise", 1)
    tasks = batch.tasks.prefetch_related("members")
    proposed = {(entry["prompt"], *sorted(entry["responses"]), entry["reason"]) for entry in planned.proposal}
    assert {(t.prompt_id, *sorted(m.response_id for m in t.members.all()), t.reason) for t in tasks} == proposed
    with pytest.raises(RoundNotReady):
        open_round(round=planned, rubric_version=rubric_version, actor=ada)


def test_answers_that_were_tampered_with_are_not_scored(plan) -> None:
    planned = plan(items=2)
    run = planned.sample_run
    _answers(run)
    TrainingRun.objects.filter(pk=run.pk).update(state="succeeded", result={"digest": "0" * 64})
    acquiring.advance_rounds()
    planned.refresh_from_db()
    assert planned.state == "failed" and "not what the run wrote" in planned.config["error"]
    assert planned.score_run is None


def _answers(run: TrainingRun) -> None:
    """What a sample run leaves, written by hand."""
    out_folder(run).mkdir(parents=True)
    (out_folder(run) / "responses.jsonl").write_text(json.dumps({"prompt": "p", "responses": []}) + "\n")


def test_a_failed_run_fails_the_round_and_its_resumption_takes_it_up_again(plan) -> None:
    planned = plan(items=2)
    for state, expected in (("failed", "failed"), ("queued", "sampling"), ("cancelled", "failed")):
        TrainingRun.objects.filter(pk=planned.sample_run.pk).update(state=state)
        acquiring.advance_rounds()
        planned.refresh_from_db()
        assert planned.state == expected


@pytest.mark.parametrize("field", ["items", "holdout_share", "answers_per_prompt", "overlap"])
def test_a_plan_out_of_range_names_its_field(plan, field: str) -> None:
    with pytest.raises(RunRefused) as refusal:
        plan(**{field: -1})
    assert list(refusal.value.fields) == [field] and not AcquisitionRound.objects.exists()


def test_a_policy_is_no_reward_model(plan, tiny) -> None:
    with pytest.raises(RunRefused):
        plan(reward_model=tiny)


def test_a_database_that_is_away_for_a_moment_does_not_fail_the_round(plan) -> None:
    planned = plan(items=2)
    TrainingRun.objects.filter(pk=planned.sample_run.pk).update(state="cancelled")

    def away(execute, sql, params, many, context):
        if sql.startswith("SELECT") and 'FROM "training_trainingrun"' in sql:
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(away):
        acquiring.advance_rounds()
    planned.refresh_from_db()
    assert planned.state == "sampling" and "error" not in planned.config
    acquiring.advance_rounds()
    planned.refresh_from_db()
    assert planned.state == "failed"  # as its run was cancelled, and no sooner
