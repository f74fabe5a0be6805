"""Two runs side by side: what differs, one axis for both curves, the answers to the same prompts."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Project
from tests.training.page_rows import make_config, make_metrics, make_model, make_run
from training.models import RunSample, TrainingRun
from workforce.models import User


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def text_of(client: Client, project: Project, *numbers: int) -> str:
    answer = client.get(reverse("runs-compare", args=[project.slug]), {"run": numbers})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def sample(run: TrainingRun, number: int, ask: str, after: str) -> None:
    RunSample.objects.create(run=run, number=number, messages=[{"role": "user", "content": ask}], after=after)


def test_settings_inputs_curves_and_samples_stand_side_by_side(admin: Client, project: Project) -> None:
    base, other = make_model(project, "sft-1"), make_model(project, "sft-2")
    first = make_run(project, 1, base=base, config=make_config("ppo", lr=7e-4))
    second = make_run(project, 2, base=other)
    make_metrics(first, range(1, 30), reward=0.5, kl=1.0)
    make_metrics(second, range(1, 60), reward=0.7, kl=2.0, entropy=2.0)
    sample(first, 1, "Why?", "Because of the first.")
    sample(second, 4, "Why?", "Because of the second.")
    sample(second, 5, "Who?", "Nobody else was asked.")
    text = text_of(admin, project, 1, 2)
    assert "1 differs" in text and "<b>7e-4</b>" in text and "<b>3e-4</b>" in text
    assert "<b>sft-1</b>" in text and "<b>sft-2</b>" in text
    assert "ppo-1 goes from 0.50 at step 1 to 0.50 at step 29. ppo-2 goes from 0.70 at step 1" in text
    assert "Entropy" not in text  # the first did not measure it
    assert "Because of the first." in text and "Because of the second." in text and "Nobody else" not in text
    assert "1 prompt that both answered" in text


def test_equal_runs_of_different_kinds_have_nothing_in_common(admin: Client, project: Project) -> None:
    make_metrics(make_run(project, 1, kind="sft"), range(1, 5), loss=1.0)
    make_run(project, 2, kind="reward")
    text = text_of(admin, project, 1, 2)
    assert "There is no figure that both have measured." in text and "no prompt in common" in text


def test_without_two_it_asks_for_them_and_strangers_are_not_found(admin: Client, project: Project) -> None:
    make_run(project, 1)
    assert "There are not two runs yet." in text_of(admin, project)
    make_run(project, 2)
    assert '<option value="1" selected>' in text_of(admin, project, 1)
    url = reverse("runs-compare", args=[project.slug])
    assert admin.get(url, {"run": [1, 99]}).status_code == 404
    assert admin.get(url, {"run": ["x", "1e9"]}).status_code == 200
