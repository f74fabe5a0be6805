"""The page of a run: state, alarms, curves, samples, what it was given, live part, metrics as a file."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.models import Project
from tests.training.page_rows import make_config, make_metrics, make_model, make_preferences, make_run
from training.models import RunSample, TrainingRun
from workforce.models import User


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def at(run: TrainingRun, route: str = "run", **query: Any) -> str:
    return reverse(route, args=[run.project.slug, run.number], query=query)


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_running_run_says_how_far_it_is_and_is_polled(admin: Client, project: Project) -> None:
    run = make_run(project, step=40, heartbeat_at=timezone.now(), started_at=timezone.now(), device="cpu")
    make_metrics(run, range(1, 41))
    text = text_of(admin, at(run))
    assert "<b>Running</b>" in text and "step <b>40</b> of 100" in text and "last update" in text
    assert 'hx-trigger="every 3s"' in text and "Stop after checkpoint" in text and ">Resume" not in text


def test_a_finished_run_is_not_polled(admin: Client, project: Project) -> None:
    text = text_of(admin, at(make_run(project, state="succeeded", step=100)))
    assert "hx-get" not in text and "Stop after" not in text and ">Resume" not in text


def test_a_failed_run_gives_its_sentence_its_code_and_a_way_on(admin: Client, project: Project) -> None:
    run = make_run(
        project,
        state="failed",
        step=37,
        last_checkpoint=35,
        error_code="not_finite",
        error_message="The reward is not a number.",
    )
    text = text_of(admin, at(run))
    assert "The reward is not a number." in text and "not_finite" in text and "Resume from step 35" in text


def test_an_interrupted_run_says_when_it_was_heard_last(admin: Client, project: Project) -> None:
    heard = timezone.now().replace(hour=14, minute=2)
    run = make_run(project, state="interrupted", step=20, last_checkpoint=20, heartbeat_at=heard)
    text = text_of(admin, at(run))
    assert "Stopped sending at 14:02." in text and "Resume from step 20" in text


def test_a_silent_run_is_said_to_be_silent(admin: Client, project: Project) -> None:
    run = make_run(project, heartbeat_at=timezone.now() - timedelta(minutes=5))
    assert "No word from the run for 5 min" in text_of(admin, at(run))


def test_kl_above_its_band_is_an_alarm_in_words(admin: Client, project: Project) -> None:
    run = make_run(project, config=make_config("ppo", kl_target=4.0), step=10)
    make_metrics(run, range(1, 9), kl=4.0)
    make_metrics(run, range(9, 11), kl=6.5)
    text = text_of(admin, at(run))
    assert "KL 6.50 is above the band 2–6 since step 9, for 2 steps." in text


def test_without_a_target_there_is_no_band_and_no_alarm(admin: Client, project: Project) -> None:
    run = make_run(project, config=make_config("ppo", kl_target=None), step=10)
    make_metrics(run, range(1, 11), kl=99.0)
    text = text_of(admin, at(run))
    assert "above the band" not in text and "bandarea" not in text


def test_curves_have_values_a_file_and_the_resume(admin: Client, project: Project) -> None:
    run = make_run(project, step=60, epoch=2)
    make_metrics(run, range(1, 31), epoch=1)
    make_metrics(run, range(31, 61), epoch=2)
    text = text_of(admin, at(run))
    assert "resumed from 30" in text and "<summary>Values</summary>" in text and "metrics=reward,reward_total" in text
    assert "nan" not in text.split("<main")[1].lower().replace("finance", "")


def test_a_metric_that_no_chart_names_is_drawn_all_the_same(admin: Client, project: Project) -> None:
    run = make_run(project, kind="sft")
    make_metrics(run, range(1, 4), loss=2.0, tokens_per_second=310.0)
    assert "Tokens per second" in text_of(admin, at(run))


def test_before_the_first_step_it_says_when_curves_come(admin: Client, project: Project) -> None:
    assert "The first value comes with the first step." in text_of(admin, at(make_run(project)))


def test_samples_are_sorted_by_what_they_gained(admin: Client, project: Project) -> None:
    run = make_run(project, state="succeeded")
    for number, gain in enumerate([0.5, 3.0, -1.0], start=1):
        ask = [{"role": "user", "content": f"Question {number}"}]
        RunSample.objects.create(
            run=run,
            number=number,
            messages=ask,
            before="short",
            after="longer text",
            reward_before=0.0,
            reward_after=gain,
            kl=1.0,
        )
    by_gain, by_number = text_of(admin, at(run)), text_of(admin, at(run, order="number"))
    assert by_gain.index("Question 2") < by_gain.index("Question 1") < by_gain.index("Question 3")
    assert by_number.index("Question 1") < by_number.index("Question 2") < by_number.index("Question 3")


def test_what_differs_from_the_preset_is_listed(admin: Client, project: Project) -> None:
    run = make_run(project, config=make_config("ppo", lr=7e-4))
    text = text_of(admin, at(run))
    assert "1 changed" in text and "<del>3e-4</del>" in text and "<b>7e-4</b>" in text


def test_the_reward_report_stands_between_chance_length_and_people(admin: Client, project: Project) -> None:
    people = {"value": 0.784, "low": 0.76, "high": 0.807, "n_pairs": 476}
    result = {
        "accuracy": 0.718,
        "interval": [0.70, 0.736],
        "n": 2412,
        "accuracy_by_length_baseline": 0.669,
        "ece": 0.061,
    }
    run = make_run(
        project,
        kind="reward",
        state="succeeded",
        result=result,
        preference_set=make_preferences(project, human_ceiling=people),
    )
    text = text_of(admin, at(run))
    for words in (
        "71.8 %",
        "70.0–73.6",
        "n 2,412",
        "length alone 66.9",
        "human ceiling 78.4",
        "76.8 %",
        "above the limit of 0.05",
    ):
        assert words in text


def test_the_interval_by_prompt_is_preferred_and_the_pairs_are_told(admin: Client, project: Project) -> None:
    result = {"accuracy": 0.6, "interval": [0.55, 0.65], "interval_clustered": [0.51, 0.69], "n": 400, "prompts": 120}
    run = make_run(project, kind="reward", state="succeeded", result=result | {"ties": 31, "measured_on": "test"})
    text = text_of(admin, at(run))
    assert "51.0–69.0" in text and "n 400 pairs of 120 prompts (test split) and 31 ties left out" in text
    assert "[51.0–69.0]" in text_of(admin, reverse("runs", args=[project.slug]))


def test_a_report_without_a_ceiling_says_why(admin: Client, project: Project) -> None:
    result = {"accuracy": 0.6, "interval": [0.45, 0.74], "n": 40}
    run = make_run(project, kind="reward", state="succeeded", result=result, preference_set=make_preferences(project))
    text = text_of(admin, at(run))
    assert "Not defined" in text and "contains chance" in text


def test_the_live_part_is_a_fragment_with_the_plots(admin: Client, project: Project) -> None:
    run = make_run(project, step=5)
    make_metrics(run, range(1, 6))
    text = text_of(admin, at(run, "run-live", state="running", epoch=1, charts=2))
    assert "<html" not in text and 'id="plot-kl" hx-swap-oob="true"' in text


@pytest.mark.parametrize("asked", [{"state": "queued"}, {"epoch": 0}, {"charts": 9}])
def test_the_live_part_asks_for_the_whole_page_when_that_has_changed(
    admin: Client, project: Project, asked: dict[str, Any]
) -> None:
    run = make_run(project)
    make_metrics(run, range(1, 6))
    answer = admin.get(at(run, "run-live", **{"state": "running", "epoch": 1, "charts": 2, **asked}))
    assert answer.status_code == 204 and answer["HX-Refresh"] == "true"


def test_metrics_come_as_csv_and_json(admin: Client, project: Project) -> None:
    run = make_run(project)
    make_metrics(run, range(1, 4), kl=1.5, reward=0.25)
    lines = b"".join(admin.get(at(run, "run-metrics", metrics="kl")).streaming_content).decode().splitlines()  # type: ignore[attr-defined]  # the answer is a stream
    assert [row["kl"] for row in csv.DictReader(lines)] == ["1.5"] * 3 and "reward" not in lines[0]
    records = admin.get(at(run, "run-metrics", format="json")).json()["metrics"]
    assert [record["values"] for record in records] == [{"kl": 1.5, "reward": 0.25}] * 3


def test_a_long_run_is_thinned_on_the_page_and_whole_in_the_file(
    admin: Client, project: Project, django_assert_max_num_queries: Any
) -> None:
    run = make_run(project, total_steps=2000, step=2000)
    make_metrics(run, range(1, 2001))
    with django_assert_max_num_queries(30):
        text = text_of(admin, at(run))
    assert "every 4. step drawn" in text
    assert len(b"".join(admin.get(at(run, "run-metrics")).streaming_content).splitlines()) == 2001  # type: ignore[attr-defined]  # the answer is a stream


def test_stop_and_resume_go_through_the_verbs(admin: Client, project: Project) -> None:
    run = make_run(project, state="running", base=make_model(project))
    assert admin.post(at(run, "run-stop")).status_code == 302
    run.refresh_from_db()
    assert run.stop_requested
    assert "Stopping" in text_of(admin, at(run))


def test_a_run_that_has_ended_cannot_be_stopped(admin: Client, project: Project) -> None:
    answer = admin.post(at(make_run(project, state="succeeded"), "run-stop"))
    assert answer.status_code == 409 and "has ended already" in answer.content.decode()


def test_a_resumed_run_counts_no_time_that_it_did_not_wait(admin: Client, project: Project) -> None:
    run = make_run(project, state="queued", started_at=timezone.now() - timedelta(hours=3))
    TrainingRun.objects.update(created_at=timezone.now() - timedelta(hours=3))
    text = text_of(admin, at(run))
    assert "Waiting for a worker." in text and "running for" not in text and "3 h" not in text


def test_a_loss_that_rose_is_said_in_words(admin: Client, project: Project) -> None:
    make_run(project, 1, "sft", "succeeded", result={"loss_before": 3.1, "loss_after": 6.2})
    make_run(project, 2, "sft", "succeeded", result={"loss_before": 3.1, "loss_after": 2.9})
    pages = [admin.get(reverse("run", args=[project.slug, number])).content.decode() for number in (1, 2)]
    assert ["do not build on it" in page for page in pages] == [True, False]
