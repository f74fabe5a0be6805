"""The training endpoints: shapes and status codes, for admins of the project only."""

import pytest

from tests.tiny import *  # noqa: F403
from tests.training.conftest import demonstrations, prompts, tiny, tiny_reward  # noqa: F401
from training.models import AcquisitionRound, RunMetric, RunSample, TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def launched(signed_in, project, ada, tiny, demonstrations):  # noqa: F811 (the fixture)
    body = {"kind": "sft", "preset": "smoke", "base": tiny.pk, "demonstration_set": demonstrations.pk, "seed": 4}
    return signed_in(ada).post(f"/api/v1/projects/{project.slug}/runs", body, format="json")


def test_launching_answers_201_with_the_run(launched, signed_in, ada, tiny) -> None:  # noqa: F811 (the fixture)
    assert launched.status_code == 201
    run = launched.json()
    assert (run["state"], run["kind"], run["seed"], run["base"], run["model"]) == ("queued", "sft", 4, tiny.pk, None)
    assert signed_in(ada).get(f"/api/v1/runs/{run['id']}").json() == run


def test_a_wrong_setting_is_422_and_names_it(signed_in, project, ada, tiny, demonstrations) -> None:  # noqa: F811 (the fixture)
    body = {"kind": "sft", "base": tiny.pk, "demonstration_set": demonstrations.pk, "config": {"speed": 1}}
    response = signed_in(ada).post(f"/api/v1/projects/{project.slug}/runs", body, format="json")
    assert response.status_code == 422 and "speed" in response.json()["error"]["fields"]
    response = signed_in(ada).post(f"/api/v1/projects/{project.slug}/runs", {"kind": "magic"}, format="json")
    assert response.status_code == 400 and "kind" in response.json()["error"]["fields"]


def test_strangers_raters_and_leads_see_nothing(launched, signed_in, project, lena, rafi, vic) -> None:
    run = launched.json()["id"]
    paths = [f"runs/{run}", f"runs/{run}/metrics", f"runs/{run}/samples", f"projects/{project.slug}/models"]
    for person in (lena, rafi, vic):
        client = signed_in(person)
        assert {client.get(f"/api/v1/{path}").status_code for path in paths} == {404}
        acts = [f"runs/{run}/stop", f"runs/{run}/resume", f"projects/{project.slug}/runs"]
        assert {client.post(f"/api/v1/{path}", {}, format="json").status_code for path in acts} == {404}
    assert TrainingRun.objects.get().state == "queued"


def test_metrics_come_after_a_step(launched, signed_in, ada) -> None:
    run = launched.json()["id"]
    for step in (1, 2, 3):
        RunMetric.objects.create(run_id=run, step=step, epoch=1, values={"loss": 1 / step})
    rows = signed_in(ada).get(f"/api/v1/runs/{run}/metrics?after=1").json()
    assert [row["step"] for row in rows] == [2, 3] and rows[0]["values"] == {"loss": 0.5}
    assert len(signed_in(ada).get(f"/api/v1/runs/{run}/metrics?after=x").json()) == 3


def test_stop_and_resume(launched, signed_in, ada) -> None:
    run, client = launched.json()["id"], signed_in(ada)
    assert client.post(f"/api/v1/runs/{run}/stop").json()["state"] == "cancelled"
    again = client.post(f"/api/v1/runs/{run}/stop")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "run_not_stoppable")
    assert client.post(f"/api/v1/runs/{run}/resume").json()["state"] == "queued"


def test_models_and_their_lineage(signed_in, project, ada, tiny) -> None:  # noqa: F811 (the fixture)
    client = signed_in(ada)
    (model,) = client.get(f"/api/v1/projects/{project.slug}/models").json()
    assert (model["id"], model["digest"]) == (tiny.pk, tiny.digest)
    chain = client.get(f"/api/v1/models/{tiny.pk}/lineage").json()
    assert chain["verified"] is True and chain["model_sha256"] == tiny.digest and chain["judgments"] == 0


def test_a_round_is_planned_and_opened_under_the_projects_rubric(
    signed_in, project, ada, tiny, tiny_reward, prompts, rubric_version  # noqa: F811 (the fixture)
) -> None:  # fmt: skip
    client = signed_in(ada)
    body = {"policy": tiny.pk, "reward_model": tiny_reward.pk, "prompt_set": prompts.pk, "items": 2, "preset": "smoke"}
    planned = client.post(f"/api/v1/projects/{project.slug}/rounds", body, format="json")
    assert planned.status_code == 201 and planned.json()["state"] == "sampling"
    path = f"/api/v1/rounds/{planned.json()['id']}"
    assert client.post(f"{path}/open").status_code == 409
    _proposed(planned.json()["id"], prompts)
    opened = client.post(f"{path}/open")
    assert opened.status_code == 201
    assert client.get(path).json()["batch"] == opened.json()["batch"]


def _proposed(pk: int, prompts) -> None:  # noqa: F811 (the fixture)
    """Put a proposal of one pair on the round, as its two runs would."""
    from annotation.models import Response

    prompt = prompts.prompts.first()
    pair = [Response.objects.create(prompt=prompt, digest=str(n) * 64, text=str(n)).pk for n in (1, 2)]
    entry = {"prompt": prompt.pk, "responses": pair, "p": 0.5, "uncertainty": 1.0, "reason": "uncertain", "priority": 1}
    AcquisitionRound.objects.filter(pk=pk).update(state="proposed", proposal=[entry])


def test_samples_come_in_their_order(launched, signed_in, ada) -> None:
    run = launched.json()["id"]
    for number in (2, 1):
        RunSample.objects.create(run_id=run, number=number, messages=[], before="b", after=f"a{number}", kl=0.5)
    rows = signed_in(ada).get(f"/api/v1/runs/{run}/samples").json()
    assert [(row["number"], row["after"], row["kl"]) for row in rows] == [(1, "a1", 0.5), (2, "a2", 0.5)]
