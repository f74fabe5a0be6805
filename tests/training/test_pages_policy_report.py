"""The report of a policy: reward beside what people say, over the distance from its start; samples sent to raters."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from annotation.assigning import claim_next
from annotation.models import Batch, Project
from rubrics.models import RubricVersion
from tests.annotation.makers import answer, shown_value
from tests.training.page_rows import make_model, make_run
from tests.training.report_rows import make_policy
from training.human_wins import wins_over_start
from training.models import ModelVersion, TrainingRun
from training.sending import NothingToCompare, send_samples
from workforce.errors import NotAllowed
from workforce.models import User


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def base(project: Project) -> ModelVersion:
    return make_model(project, "sft-009")


def text_of(client: Client, run: TrainingRun) -> str:
    answer = client.get(reverse("run-report", args=[run.project.slug, run.number]))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def judged(batch: Batch, raters: list[User], run: TrainingRun, values: list[int]) -> None:
    """Every rater answers every item with the strength of its turn; positive prefers what the run made."""
    for rater in raters:
        for value in values:
            held = claim_next(batch=batch, rater=rater)
            assert held is not None
            assert held.slot.task.members.get(position=1).response.model_tag == run.produced_model.name
            answer(held, value=shown_value(held, value))


def test_reward_and_curves_stand_over_the_root_of_the_kl(admin: Client, project: Project, base: ModelVersion) -> None:
    text = text_of(admin, make_policy(project, base, 1, kl=9.0))
    assert "Reward goes from 0.17 at √KL" in text and "√KL to the start" in text
    assert "0.10 → 1.20" in text and "Nobody has compared its answers" in text
    assert "Steps with KL at most 6" in text and "65.0 %" in text  # 26 of 40 steps
    assert "Clipped share, mean of all steps" in text and "12.0 %" in text
    assert "Sample question 4 of 1?" in text and "Words per answer" in text


def test_samples_go_to_raters_blind_and_come_back_as_wins(
    admin: Client, project: Project, base: ModelVersion, rubric_version: RubricVersion, rafi: User, rosa: User
) -> None:
    run = make_policy(project, base, 1)
    url = reverse("run-send", args=[project.slug, run.number])
    answered = admin.post(url, {"rubric_version": rubric_version.pk, "overlap": 2}, follow=True)
    assert "Raters see two answers and not which is which." in answered.content.decode()
    batch = Batch.objects.get()
    assert (batch.tasks.count(), batch.overlap, batch.kind) == (4, 2, "pairwise")
    judged(batch, [rafi, rosa], run, [2, 2, 0, -2])
    wins = wins_over_start([run])[run.pk]
    assert (wins.wins, wins.ties, wins.losses, wins.share) == (4, 2, 2, 0.625)
    assert wins.interval[0] < 0.5 < wins.interval[1] and wins.missing == 392
    text = text_of(admin, run)
    assert "People see no difference yet" in text and "4 won, 2 tied, 2 lost." in text
    assert "policy-1 at √KL 2.45: 62.5 %" in text


def test_a_reward_that_people_do_not_share_is_said(
    admin: Client, project: Project, base: ModelVersion, ada: User, rubric_version: RubricVersion, rafi: User
) -> None:
    run = make_policy(project, base, 1)
    batch = send_samples(run=run, rubric_version=rubric_version, actor=ada)
    judged(batch, [rafi], run, [-2, -3, -1, -2])
    text = text_of(admin, run)
    assert "People prefer its start; it wins 0.0 % of comparisons though its reward rose" in text


def test_gold_of_another_start_is_not_counted(
    project: Project, base: ModelVersion, ada: User, rubric_version: RubricVersion, rafi: User
) -> None:
    run, other = make_policy(project, base, 1), make_policy(project, make_model(project, "other"), 2)
    judged(send_samples(run=run, rubric_version=rubric_version, actor=ada), [rafi], run, [1, 1, 1, 1])
    found = wins_over_start([run, other])
    assert set(found) == {run.pk} and found[run.pk].wins == 4


def test_a_wrong_number_of_raters_comes_back_with_its_reason(
    admin: Client, project: Project, base: ModelVersion, rubric_version: RubricVersion
) -> None:
    url = reverse("run-send", args=[project.slug, make_policy(project, base, 1).number])
    answered = admin.post(url, {"rubric_version": rubric_version.pk, "overlap": 0})
    assert answered.status_code == 422 and "greater than or equal to 1" in answered.content.decode()
    assert not Batch.objects.exists()


def test_what_cannot_be_compared_is_refused(
    project: Project, base: ModelVersion, ada: User, lena: User, rubric_version: RubricVersion
) -> None:
    bare = make_run(project, 7, kind="ppo", state="succeeded", base=base)
    with pytest.raises(NothingToCompare):
        send_samples(run=bare, rubric_version=rubric_version, actor=ada)
    with pytest.raises(NotAllowed):
        send_samples(run=make_policy(project, base, 1), rubric_version=rubric_version, actor=lena)


def test_dpo_has_a_margin_and_tells_of_falling_log_probability(
    admin: Client, project: Project, base: ModelVersion
) -> None:
    text = text_of(admin, make_policy(project, base, 1, kind="dpo"))
    assert "Margin goes from" in text and "Log-probability of the preferred, change" in text
    assert "66.0 %" in text and "n 90" in text and "0.70 → 0.60" in text


def test_a_run_that_has_just_begun_makes_a_page(admin: Client, project: Project) -> None:
    text = text_of(admin, make_run(project, 1))
    assert "It is drawn once two steps have been measured." in text
    sft = make_run(project, 2, kind="sft")
    assert admin.get(reverse("run-report", args=[project.slug, sft.number])).status_code == 404


def test_it_asks_the_database_little(
    admin: Client, project: Project, base: ModelVersion, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    run, *_ = [make_policy(project, base, number) for number in (1, 2, 3)]
    text_of(admin, run)
    with django_assert_max_num_queries(15):
        text_of(admin, run)
