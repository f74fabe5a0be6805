"""The report of a reward model as a page: every figure with its n, the pairs it is sure and wrong about, benchmarks."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from annotation.models import PreferenceSet, Project
from tests.training.page_rows import make_run
from tests.training.report_rows import benchmark_result, make_reported
from training.models import Benchmark, ModelAlias, TrainingRun
from workforce.models import User


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def text_of(client: Client, run: TrainingRun) -> str:
    answer = client.get(reverse("run-report", args=[run.project.slug, run.number]))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_every_part_of_the_report_stands_with_its_interval_and_n(
    admin: Client, project: Project, judged: PreferenceSet
) -> None:
    text = text_of(admin, make_reported(project, judged))
    for words in (
        "69.5–74.0",  # the interval by prompt, not the narrower one
        "length alone 62.0",
        "58.0 lengths matched",
        "The longer answer is preferred in 81.0 % by the model and in 62.0 % by people.",
        "Strength of the human preference",
        "<b>88.0</b>",
        "Kitchen",
        'Arabic <span class="dim">too few</span>',
        "Model-a and model-b",
        "5 bins, n 186 to 231",
        "fitted on the validation split",
        "0.27 to 0.35",
        "Accuracy over 4 splits: mean 69.8 %, from 66.0 to 73.0 %.",
        "A closing phrase that says nothing is not better",
        "Kendall’s τ",
        "A tied pair is closer than a decided one",
    ):
        assert words in text, words


def test_confident_errors_show_their_texts_and_lead_to_the_item(
    admin: Client, project: Project, judged: PreferenceSet
) -> None:
    text = text_of(admin, make_reported(project, judged))
    pair = judged.pairs.select_related("task__batch", "first", "second").order_by("pk")[0]
    assert "P 98.0 %" in text and "of 2 against" in text
    assert pair.first.text in text and pair.second.text in text
    for task in [pair.task for pair in judged.pairs.select_related("task__batch")]:
        assert reverse("adjudication", args=[project.slug, task.batch.number, task.number]) in text


def test_a_ceiling_of_its_own_stands_beside_a_slice(admin: Client, project: Project, judged: PreferenceSet) -> None:
    ceiling = {"value": 0.784, "low": 0.76, "high": 0.807, "slices": {"Source: kitchen": {"value": 0.83}}}
    own = PreferenceSet.objects.create(project=project, number=9, name="Own", sha256="b" * 64, human_ceiling=ceiling)
    text = text_of(admin, make_reported(project, own))
    assert '<td class="r dim">83.0</td>' in text and "interval 69–85" in text


def test_what_it_has_to_stand_is_told_with_its_figure(admin: Client, project: Project) -> None:
    text = text_of(admin, make_reported(project)).split("Before you optimise against it")[1]
    assert "Calibration error at most 0.05" in text and "0.061" in text
    assert text.count("glyph bad") == 2  # the calibration error, and the filler


def test_benchmarks_of_launch_and_of_later_are_shown(admin: Client, project: Project, ada: User) -> None:
    run = make_reported(project)
    bench = Benchmark.objects.create(project=project, name="RB 2", filename="r.jsonl", sha256="c" * 64, prompts=634)
    later = {"reward_model": run.produced_model, "benchmark": bench}
    make_run(project, 7, kind="bench", state="succeeded", result=benchmark_result(), **later)
    make_run(project, 8, kind="bench", state="queued", **later)
    text = text_of(admin, run)
    assert "Factuality" in text and "41.0 %" in text and "36.0–46.0" in text and "chance 25.0" in text
    assert "52.0 %" in text and "mean of the parts 42.0 %" in text and "Queued" in text


def test_it_stands_beside_the_champion(admin: Client, project: Project) -> None:
    run, other = make_reported(project, number=2), make_reported(project, number=3)
    ModelAlias.objects.create(project=project, kind="reward", name="champion", model=other.produced_model)
    text = text_of(admin, run)
    assert "Beside rm-003" in text and "Measured on another set" in text
    assert "Beside rm" not in text_of(admin, other)


def test_old_results_and_results_without_pairs_make_a_page(admin: Client, project: Project) -> None:
    old = make_run(project, 1, kind="reward", state="succeeded", result={"accuracy": 0.6, "interval": [0.5, 0.7]})
    assert "reported no bins" in text_of(admin, old)
    none = make_run(project, 2, kind="reward", state="running")
    assert "There is no report yet." in text_of(admin, none)
    nothing = {"accuracy": 0.6, "interval": None, "slices": [{"name": "x", "accuracy": None, "interval": None, "n": 0}]}
    odd = make_run(project, 3, kind="reward", state="succeeded", result=nothing)
    assert "There is no interval" in text_of(admin, odd)


def test_it_asks_the_database_little(
    admin: Client, project: Project, judged: PreferenceSet, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    run = make_reported(project, judged)
    bench = Benchmark.objects.create(project=project, name="RB 2", filename="r.jsonl", sha256="c" * 64, prompts=634)
    for number in range(10, 20):
        result, model = benchmark_result(), run.produced_model
        make_run(project, number, kind="bench", state="succeeded", result=result, reward_model=model, benchmark=bench)
    ModelAlias.objects.create(
        project=project, kind="reward", name="champion", model=make_reported(project, number=3).produced_model
    )
    text_of(admin, run)  # the session of a new sign-in is written once
    with django_assert_max_num_queries(12):
        text_of(admin, run)
