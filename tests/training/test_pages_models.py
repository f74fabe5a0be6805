"""The registry: models with their digests and names, giving a name, verifying the chain."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import Project
from tests.training.page_rows import make_model, make_run
from training.models import ModelAlias, ModelVersion
from workforce.models import AuditEvent, User


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def test_the_list_names_parents_and_digest(admin: Client, project: Project) -> None:
    base = make_model(project, "base")
    tuned = make_model(project, "tuned", run=make_run(project, kind="sft", state="succeeded"))
    tuned.parents.add(base)
    text = admin.get(reverse("models", args=[project.slug])).content.decode()
    assert base.digest[:12] in text and "brought in" in text and "sft-1" in text


def test_an_empty_registry_says_how_it_is_filled(admin: Client, project: Project) -> None:
    assert "register_model" in admin.get(reverse("models", args=[project.slug])).content.decode()


def test_a_name_moves(admin: Client, project: Project) -> None:
    old, new = make_model(project, "old"), make_model(project, "new")
    for model in (old, new):
        admin.post(reverse("model-alias", args=[project.slug, model.pk]), {"name": "champion"})
    assert ModelAlias.objects.get().model == new
    assert AuditEvent.objects.filter(verb="set_alias").count() == 2


def test_a_name_that_is_none_is_refused(admin: Client, project: Project) -> None:
    model = make_model(project)
    answer = admin.post(reverse("model-alias", args=[project.slug, model.pk]), {"name": "king"})
    assert answer.status_code == 422 and not ModelAlias.objects.exists()


def test_verifying_shows_every_link(admin: Client, project: Project, tiny: ModelVersion) -> None:
    text = admin.post(reverse("model-verify", args=[project.slug, tiny.pk])).content.decode()
    assert "Verified." in text and tiny.digest in text and "does not fit" not in text


def test_a_changed_file_is_found(admin: Client, project: Project, tiny: ModelVersion, settings) -> None:  # type: ignore[no-untyped-def]
    weights = next((settings.VAR_DIR / tiny.folder).glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    text = admin.post(reverse("model-verify", args=[project.slug, tiny.pk])).content.decode()
    assert "Not verified." in text and "does not fit" in text


def test_the_card_is_told_in_words(admin: Client, project: Project) -> None:
    card = {"kind": "sft", "config": {"lr": 1.0}, "result": {"loss_after": 2.0}, "code_version": "rlhf-1", "seed": 7}
    model = make_model(project, run=make_run(project, kind="sft", state="succeeded"), card=card)
    text = admin.get(reverse("model", args=[project.slug, model.pk])).content.decode()
    assert "rlhf-1" in text and "Code version" in text and "{&#x27;" not in text


def test_another_project_s_model_is_not_found(admin: Client, project: Project, vic: User) -> None:
    other = Project.objects.create(slug="other", name="Other", team=vic.memberships.get().team)  # type: ignore[attr-defined]
    assert admin.get(reverse("model", args=[project.slug, make_model(other).pk])).status_code == 404
