"""A model is its files: only harmless ones, known by digest; names move from one to another."""

import json
import pickle

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Project
from training.models import ModelAlias, ModelVersion
from training.promoting import ModelFolderMissing, ModelFolderRefused, ModelNameTaken, register_model, set_alias
from workforce.errors import NotAllowed
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings):
    """The least that counts as a model."""
    place = settings.MODELS_DIR / "m"
    place.mkdir(parents=True)
    (place / "config.json").write_text("{}")
    (place / "model.safetensors").write_bytes(b"weights")
    return place


@pytest.fixture
def register(project, ada, folder):
    return lambda **changed: register_model(
        **({"project": project, "name": "m", "kind": "policy", "folder": folder, "actor": ada, "card": {}} | changed)
    )


def test_the_same_folder_again_is_the_same_model_and_another_content_is_not(register, folder) -> None:
    assert register() == register()
    (folder / "model.safetensors").write_bytes(b"other")
    with pytest.raises(ModelNameTaken):
        register()
    assert register(name="n") != ModelVersion.objects.get(name="m")
    assert ModelVersion.objects.count() == 2


def test_names_of_models_and_aliases_are_each_projects_own(project, register, vic) -> None:
    theirs = Project.objects.create(slug="other", name="Other", team=vic.memberships.get().team, rubric=project.rubric)
    far = register(project=theirs, actor=vic)
    set_alias(model=far, name="champion", actor=vic)
    mine = register()
    assert (far.project, mine.project) == (theirs, project)
    set_alias(model=mine, name="champion", actor=None)
    assert AuditEvent.objects.filter(verb="set_alias").latest("pk").before_digest == ""


@pytest.mark.parametrize("name", ["pytorch_model.bin", "optimizer.pt", "x.pkl", "modeling.py", "a/b/rng.pth"])
def test_a_folder_with_anything_that_could_run_is_refused(register, folder, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(pickle.dumps("harmless"))
    with pytest.raises(ModelFolderRefused, match=name.split("/")[-1]):
        register()


def test_a_config_that_names_code_is_refused(register, folder) -> None:
    (folder / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "evil.Model"}}))
    with pytest.raises(ModelFolderRefused, match="auto_map"):
        register()


def test_a_link_out_of_the_folder_is_refused(register, folder) -> None:
    (folder / "tokenizer.json").symlink_to("/etc/hostname")
    with pytest.raises(ModelFolderRefused):
        register()


def test_a_folder_outside_is_refused_and_an_empty_one_is_missing(register, settings, tmp_path_factory) -> None:
    with pytest.raises(ModelFolderRefused):
        register(folder=tmp_path_factory.mktemp("elsewhere"))
    with pytest.raises(ModelFolderRefused):
        register(folder=settings.MODELS_DIR / ".." / ".." / "elsewhere")
    with pytest.raises(ModelFolderMissing):
        register(folder=settings.MODELS_DIR / "nothing")


def test_an_alias_moves_and_only_an_admin_moves_it(register, ada, lena) -> None:
    one, two = register(), register(name="two")
    set_alias(model=one, name="champion", actor=ada)
    set_alias(model=two, name="champion", actor=ada)
    assert ModelAlias.objects.get().model == two
    with pytest.raises(NotAllowed):
        set_alias(model=one, name="champion", actor=lena)


def test_the_command_registers_and_refuses_with_the_sentence(project, folder, capsys) -> None:
    call_command("register_model", project.slug, "base", str(folder), "--alias", "reference")
    assert ModelAlias.objects.get(name="reference").model.name == "base"
    (folder / "x.pkl").write_bytes(b"")
    with pytest.raises(CommandError, match=r"x\.pkl"):
        call_command("register_model", project.slug, "other", str(folder))
