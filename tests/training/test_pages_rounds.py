"""Rounds: planning, the proposal by reason, the preview, opening its batch."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Batch, Project, PromptSet
from rubrics.models import RubricVersion
from tests.training.page_rows import make_model, make_round, make_run
from training.models import AcquisitionRound, ModelVersion
from workforce.models import User


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def page_of(client: Client, round_: AcquisitionRound) -> str:
    answer = client.get(reverse("round", args=[round_.project.slug, round_.number]))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_planning_starts_the_sample_run(
    admin: Client, project: Project, tiny: ModelVersion, tiny_reward: ModelVersion, prompts: PromptSet
) -> None:
    chosen = {"policy": tiny.pk, "reward_model": tiny_reward.pk, "prompt_set": prompts.pk, "items": 4}
    more = {"holdout_share": 0.25, "answers_per_prompt": 2, "overlap": 1, "seed": 0}
    answer = admin.post(reverse("round-new", args=[project.slug]), chosen | more)
    round_ = AcquisitionRound.objects.get()
    assert answer["Location"] == reverse("round", args=[project.slug, round_.number])
    assert round_.config["items"] == 4 and round_.sample_run is not None
    assert "is writing answers" in page_of(admin, round_)


def test_a_refusal_names_the_field(admin: Client, project: Project) -> None:
    chosen = {"policy": make_model(project).pk, "items": 0, "holdout_share": 0}
    answer = admin.post(reverse("round-new", args=[project.slug]), chosen)
    assert answer.status_code == 422
    assert {"items", "holdout_share", "reward_model", "prompt_set"} <= set(answer.context["form"].errors)


def test_the_proposal_is_shown_by_reason_with_its_holdout(admin: Client, project: Project) -> None:
    text = page_of(admin, make_round(project))
    assert "Reward model is unsure" in text and "75 %" in text
    assert "Random holdout, always" in text and "25 %" in text
    assert "Question 3?" in text and "Answer b to 0." in text


def test_one_click_opens_the_batch_and_the_round_names_it(
    admin: Client, project: Project, rubric_version: RubricVersion
) -> None:
    round_ = make_round(project)
    form = admin.get(reverse("round", args=[project.slug, round_.number])).context["form"]
    assert form["rubric_version"].initial == rubric_version.pk
    url = reverse("round-open", args=[project.slug, round_.number])
    assert admin.post(url, {"rubric_version": rubric_version.pk, "name": ""}).status_code == 302
    batch = Batch.objects.get()
    assert batch.tasks.count() == 4 and batch.overlap == 2
    assert f"Open batch {batch.number}" in page_of(admin, round_)
    second = admin.post(url, {"rubric_version": rubric_version.pk, "name": ""})
    assert second.status_code == 409 and Batch.objects.count() == 1


def test_without_a_rubric_the_form_says_so(admin: Client, project: Project) -> None:
    answer = admin.post(reverse("round-open", args=[project.slug, make_round(project).number]), {})
    assert answer.status_code == 422 and "rubric_version" in answer.context["form"].errors


def test_a_round_under_way_follows_by_itself(admin: Client, project: Project) -> None:
    run = make_run(project, kind="sample", step=3, total_steps=12)
    text = page_of(admin, make_round(project, "sampling", sample_run=run))
    assert 'hx-trigger="every 3s"' in text and "3 of 12" in text and "appears here when" in text


def test_a_failed_round_says_why(admin: Client, project: Project) -> None:
    round_ = make_round(project, "failed")
    round_.config["error"] = "The policy gave every prompt one and the same answer."
    round_.save()
    text = page_of(admin, round_)
    assert "one and the same answer" in text and "nobody was asked" in text
