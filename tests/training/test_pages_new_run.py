"""The run wizard: what it offers, what it refuses and where it says so, cloning."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import DemonstrationSet, Project
from tests.training.page_rows import make_config, make_model, make_run
from training.models import ModelAlias, ModelVersion, TrainingRun
from workforce.models import User


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def url(project: Project) -> str:
    return reverse("run-new", args=[project.slug])


def filled(base: ModelVersion, demonstrations: DemonstrationSet, **more: object) -> dict[str, object]:
    given = {"kind": "sft", "preset": "smoke", "seed": 3, "base": base.pk, "demonstration_set": demonstrations.pk}
    return given | more


def test_it_launches_what_was_chosen(
    admin: Client, url: str, tiny: ModelVersion, demonstrations: DemonstrationSet
) -> None:
    answer = admin.post(url, filled(tiny, demonstrations, name="First", setting_lr="0.002", setting_epochs="1"))
    run = TrainingRun.objects.get()
    assert answer["Location"] == reverse("run", args=[run.project.slug, run.number])
    assert (run.kind, run.name, run.seed, run.base, run.demonstration_set) == ("sft", "First", 3, tiny, demonstrations)
    assert run.config["lr"] == 0.002 and run.config["batch"] == 4


def test_every_setting_has_its_line_of_help_and_its_presets(admin: Client, url: str) -> None:
    text = admin.get(url, {"kind": "ppo"}).content.decode()
    assert "Coefficient of the KL penalty at the start" in text and "standard <b>0.05</b>" in text


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("lr", "-1", "greater than"),
        ("steps", "0", "greater than or equal to 1"),
        ("steps", "many", "Enter a number"),
        ("lr", "nan", "Enter a number"),
        ("schedule", "sawtooth", "Select a valid choice"),
    ],
)
def test_a_bad_setting_is_refused_beside_it(
    admin: Client, url: str, tiny: ModelVersion, demonstrations: DemonstrationSet, setting: str, value: str, words: str
) -> None:
    answer = admin.post(url, filled(tiny, demonstrations, **{f"setting_{setting}": value}))
    assert answer.status_code == 422 and not TrainingRun.objects.exists()
    assert words in str(answer.context["form"].errors[f"setting_{setting}"])
    assert '<details class="more" open>' in answer.content.decode()


def test_all_bad_settings_are_named_at_once(admin: Client, url: str) -> None:
    bad = {"setting_lr": "0", "setting_kl_target": "soon", "setting_clip": "3", "setting_kl_stop": "-1"}
    answer = admin.post(url, {"kind": "ppo", "preset": "small", "seed": 0, **bad})
    assert set(bad) <= set(answer.context["form"].errors)


def test_nothing_chosen_is_refused_with_the_fields(admin: Client, url: str) -> None:
    answer = admin.post(url, {"kind": "ppo", "preset": "small", "seed": 0})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"base", "reward_model", "prompt_set"}


def test_a_refusal_of_the_verb_without_a_field_stands_above_the_form(
    admin: Client, url: str, project: Project, demonstrations: DemonstrationSet
) -> None:
    answer = admin.post(url, filled(make_model(project, "ghost"), demonstrations))
    assert answer.status_code == 422 and "There is no model in the folder ghost" in answer.content.decode()


def test_another_project_s_model_is_not_a_choice(
    admin: Client, url: str, tiny: ModelVersion, demonstrations: DemonstrationSet, vic: User
) -> None:
    other = Project.objects.create(slug="other", name="Other", team=vic.memberships.get().team)  # type: ignore[attr-defined]
    answer = admin.post(url, filled(make_model(other, "theirs"), demonstrations))
    assert answer.status_code == 422 and "base" in answer.context["form"].errors


def test_not_set_means_nothing(admin: Client, url: str, tiny: ModelVersion, demonstrations: DemonstrationSet) -> None:
    admin.post(url, filled(tiny, demonstrations, setting_steps="not set"))
    assert TrainingRun.objects.get().config["steps"] is None


def test_an_empty_project_is_told_what_comes_first(admin: Client, url: str) -> None:
    assert "No demonstrations are frozen yet" in admin.get(url, {"kind": "sft"}).content.decode()
    assert "No preferences are frozen yet" in admin.get(url, {"kind": "reward"}).content.decode()
    assert "There is no reward model yet" in admin.get(url, {"kind": "ppo"}).content.decode()


def test_the_champion_is_where_a_run_starts(admin: Client, url: str, project: Project) -> None:
    champion = make_model(project, "champion")
    make_model(project, "newer")
    ModelAlias.objects.create(project=project, kind="policy", name="champion", model=champion)
    assert admin.get(url, {"kind": "sft"}).context["form"]["base"].value() == champion.pk


def test_a_clone_begins_with_the_same_settings(admin: Client, url: str, project: Project) -> None:
    make_run(project, 7, config=make_config("ppo", lr=7e-4, kl_target=None), seed=5, base=make_model(project))
    form = admin.get(url, {"clone": "7"}).context["form"]
    filled_in = {name: form[name].value() for name in form.fields if name.startswith("setting_") and form[name].value()}
    assert filled_in == {"setting_lr": 7e-4, "setting_kl_target": "not set"}
    assert (form.kind, form["seed"].value(), form["preset"].value()) == ("ppo", 5, "small")


@pytest.mark.parametrize("clone", ["999", "x", "9" * 40])
def test_cloning_what_is_not_there_is_a_new_run(admin: Client, url: str, clone: str) -> None:
    assert admin.get(url, {"clone": clone}).status_code == 200
