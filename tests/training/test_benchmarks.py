"""Benchmarks from the file to the scores on a reward model's report."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from annotation.models import PreferenceSet, Project
from training import executing
from training.benchmarks import BenchmarkKnown, BenchmarkRefused, import_benchmark
from training.models import Benchmark, ModelVersion, TrainingRun
from training.places import benchmark_path, benchmarks_folder
from training.rlhf.folders import digest_file
from training.rlhf.records import read_trials
from training.views.benchmarks import EXAMPLE
from workforce.errors import NotAllowed
from workforce.models import User

pytestmark = pytest.mark.django_db


def lines_of(rows: list[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(row).encode() + b"\n" for row in rows]


def brought_in(project: Project, actor: User, rows: list[dict[str, Any]], name: str = "RB 2") -> Benchmark:
    return import_benchmark(project=project, name=name, filename="rb2.jsonl", lines=lines_of(rows), actor=actor)


def test_rows_of_rewardbench_are_kept_as_trials_under_their_digest(project: Project, ada: User) -> None:
    theirs = {"num_correct": 1, "models": ["x"], "additional_metadata": None}
    made = brought_in(project, ada, [row | theirs for row in EXAMPLE])
    assert (made.prompts, made.subsets) == (3, {"Factuality": 1, "Ties": 2})
    assert digest_file(benchmark_path(made)) == made.sha256
    trials = list(read_trials(benchmark_path(made)))
    assert [trial.id for trial in trials] == ["41", "tied:7", "ref:7"]
    assert trials[0].messages == ({"role": "user", "content": "Who wrote the opera Rusalka?"},)
    assert (len(trials[1].right), trials[1].wrong) == (2, ("Brown.",))


def test_our_own_words_are_read_as_well(project: Project, ada: User) -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    made = brought_in(project, ada, [{"id": 1, "messages": turns, "right": ["So."], "wrong": ["Because of that."]}])
    assert made.subsets == {"all": 1}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": None}, "bad_id"),
        ({"id": True}, "bad_id"),
        ({"subset": "Ties"}, "bad_id"),
        ({"subset": ""}, "bad_subset"),
        ({"prompt": " "}, "bad_prompt"),
        ({"messages": []}, "bad_prompt"),
        ({"chosen": []}, "bad_answers"),
        ({"chosen": [1]}, "bad_answers"),
        ({"right": ["x"]}, "bad_answers"),
        ({"rejected": ["x"] * 201}, "bad_answers"),
        ({}, "duplicate_id"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_kept(project: Project, ada: User, change: Any, code: str) -> None:
    with pytest.raises(BenchmarkRefused) as refused:
        brought_in(project, ada, [EXAMPLE[0], EXAMPLE[0] | change])
    assert [(error.line, error.code) for error in refused.value.errors] == [(2, code)]
    assert not Benchmark.objects.exists() and list(benchmarks_folder().iterdir()) == []


def test_a_file_without_rows_and_one_that_is_there_are_refused(project: Project, ada: User, lena: User) -> None:
    with pytest.raises(BenchmarkRefused):
        brought_in(project, ada, [])
    brought_in(project, ada, EXAMPLE)
    for rows, name in ((EXAMPLE, "Another name"), (EXAMPLE[:1], "RB 2")):
        with pytest.raises(BenchmarkKnown):
            brought_in(project, ada, rows, name)
    with pytest.raises(NotAllowed):
        brought_in(project, lena, EXAMPLE, "Hers")
    with pytest.raises(DatabaseError), transaction.atomic():
        Benchmark.objects.update(name="Changed")


def test_the_page_names_the_wrong_lines_and_keeps_a_good_file(client: Client, ada: User, project: Project) -> None:
    client.force_login(ada)
    url = reverse("benchmarks", args=[project.slug])
    bad = SimpleUploadedFile("rb.jsonl", b'{"id": "1"}\nno json\n')
    answer = client.post(url, {"file": bad})
    text = answer.content.decode()
    assert answer.status_code == 422 and "2 lines could not be read" in text and "bad_json" in text
    example = client.get(reverse("benchmark-example", args=[project.slug])).content
    answer = client.post(url, {"file": SimpleUploadedFile("rb.jsonl", example), "name": ""}, follow=True)
    assert "rb is kept: 3 prompts in 2 subsets." in answer.content.decode()
    again = client.post(url, {"file": SimpleUploadedFile("rb.jsonl", example)})
    assert again.status_code == 422 and "has a benchmark of this name" in again.content.decode()


def test_a_reward_model_is_held_against_it_by_a_run(
    client: Client, ada: User, project: Project, tiny_reward: ModelVersion
) -> None:
    client.force_login(ada)
    bench = brought_in(project, ada, EXAMPLE)
    client.post(reverse("model-benchmark", args=[project.slug, tiny_reward.pk]), {"benchmark": bench.pk})
    run = TrainingRun.objects.get()
    assert (run.kind, run.reward_model, run.benchmark) == ("bench", tiny_reward, bench)
    assert run.input_digests == {"reward_model": tiny_reward.digest, "benchmark": bench.sha256}

    executing.execute(run_pk=run.pk)
    run.refresh_from_db()
    assert (run.state, run.error_message) == ("succeeded", "")
    figures = run.result["benchmark"]
    assert [(part["name"], part["n"]) for part in figures["subsets"]] == [("Factuality", 1)]
    assert figures["ties_prompts"] == 1 and figures["ties"] is not None and run.result["responses"] == 9
    assert "tiny-reward on RB 2" in client.get(reverse("run", args=[project.slug, run.number])).content.decode()


def test_it_may_be_chosen_when_a_reward_model_is_launched(
    client: Client, ada: User, project: Project, tiny: ModelVersion, judged: PreferenceSet
) -> None:
    client.force_login(ada)
    bench = brought_in(project, ada, EXAMPLE)
    given = {"kind": "reward", "preset": "smoke", "seed": 1, "base": tiny.pk, "preference_set": judged.pk}
    client.post(reverse("run-new", args=[project.slug]), given | {"benchmark": bench.pk, "setting_device": "cpu"})
    run = TrainingRun.objects.get()
    assert run.input_digests["benchmark"] == bench.sha256
    executing.execute(run_pk=run.pk)
    run.refresh_from_db()
    assert (run.state, run.error_message) == ("succeeded", "")
    assert run.result["benchmark"]["ties_prompts"] == 1
    names = {part["name"] for part in run.result["slices"]}
    assert not names or "Turns: one" in names
    assert client.get(reverse("run-report", args=[project.slug, run.number])).status_code == 200


def test_a_benchmark_that_changed_on_disk_is_not_scored(
    project: Project, ada: User, client: Client, tiny_reward: ModelVersion
) -> None:
    client.force_login(ada)
    bench = brought_in(project, ada, EXAMPLE)
    client.post(reverse("model-benchmark", args=[project.slug, tiny_reward.pk]), {"benchmark": bench.pk})
    benchmark_path(bench).chmod(0o600)
    benchmark_path(bench).write_text("{}\n")
    run = TrainingRun.objects.get()
    executing.execute(run_pk=run.pk)
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("failed", "bad_digest")


def test_the_api_keeps_lists_and_launches(
    client: Client, ada: User, project: Project, tiny_reward: ModelVersion
) -> None:
    client.force_login(ada)
    url = reverse("api-benchmarks", args=[project.slug])
    body = b"".join(lines_of(EXAMPLE))
    made = client.post(url + "?name=RB", body, content_type="application/x-ndjson")
    assert made.status_code == 201 and made.json()["subsets"] == {"Factuality": 1, "Ties": 2}
    assert [row["id"] for row in client.get(url).json()] == [made.json()["id"]]
    refused = client.post(url, b"no json\n", content_type="application/x-ndjson")
    assert refused.status_code == 422 and "Line 1" in refused.json()["error"]["fields"]["file"]
    given = {"kind": "bench", "reward_model": tiny_reward.pk, "benchmark": made.json()["id"]}
    launched = client.post(reverse("api-runs", args=[project.slug]), given, content_type="application/json")
    assert launched.status_code == 201 and launched.json()["benchmark"] == made.json()["id"]
