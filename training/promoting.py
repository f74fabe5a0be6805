"""Making a model folder known to a project, and giving models the names that move: champion, candidate, reference.

A model is known by the digest of its files. Only safetensors weights and plain-text companions are accepted.
"""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from annotation.models import Project
from training.models import ModelAlias, ModelVersion
from training.places import relative_to_var
from training.rlhf.folders import digest_folder
from workforce import auditing
from workforce.errors import AssayError
from workforce.models import Role, User
from workforce.roles import require

COMPANIONS = {".json", ".jinja", ".txt", ".model", ".md"}


class ModelFolderMissing(AssayError):
    """This folder holds no model: it needs config.json and safetensors weights. Nothing was changed. Convert it."""

    code = "model_missing"
    status = 422


class ModelFolderRefused(AssayError):
    """This folder holds something other than safetensors and plain text. Nothing was changed. Take it out first."""

    code = "model_refused"
    status = 422


class ModelNameTaken(AssayError):
    """The project has another model of this name. Nothing was changed. Choose another name."""

    code = "model_name_taken"
    status = 409


def check_folder(*, folder: Path) -> None:
    """Raise unless the folder is a model that can be loaded without running anybody's code.

    Pickles can execute, `auto_map` in a config names code to execute, and a link can lead elsewhere.
    """
    if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
        raise ModelFolderMissing(
            f"There is no model in the folder {folder.name}: it needs config.json and safetensors weights. "
            "Nothing was changed; fetch or convert the model first."
        )
    for path in folder.rglob("*"):
        if path.is_symlink() or (path.is_file() and path.suffix not in COMPANIONS | {".safetensors"}):
            raise ModelFolderRefused(
                f"{path.name} in the folder {folder.name} is neither safetensors nor plain text. "
                "Nothing was changed; take it out and try again."
            )
    for path in folder.glob("*.json"):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ModelFolderRefused(f"{path.name} in the folder {folder.name} is not JSON.") from error
        if isinstance(content, dict) and "auto_map" in content:
            raise ModelFolderRefused(
                f"{path.name} in the folder {folder.name} asks for code of its own (auto_map), which is never run. "
                "Nothing was changed; take the entry out if the model works without it."
            )


def register_model(
    *, project: Project, name: str, kind: str, folder: Path, actor: User | None, card: dict[str, Any] | None = None
) -> ModelVersion:
    """Make the folder (below VAR_DIR) a model of the project; the same name and content again is the same model.

    `actor` None is the command line. Raises ModelFolderMissing, ModelFolderRefused, ModelNameTaken.
    """
    if actor is not None:
        require(user=actor, team=project.team, role=Role.ADMIN)
    try:
        place = relative_to_var(folder)
    except ValueError as error:
        raise ModelFolderRefused(
            f"The folder {folder} lies outside {settings.VAR_DIR}, where models are kept. Nothing was changed; "
            "copy it there first."
        ) from error
    check_folder(folder=Path(folder))
    # Read before the transaction: a large model takes minutes, and SQLite has one writer.
    digest = digest_folder(Path(folder))
    with transaction.atomic():
        known = ModelVersion.objects.filter(project=project, name=name).first()
        if known is not None:
            if (known.digest, known.kind, known.folder) != (digest, kind, place):
                raise ModelNameTaken
            return known
        model = ModelVersion.objects.create(
            project=project, name=name, kind=kind, folder=place, digest=digest, card=card or {}
        )
        auditing.record(
            stream=project.team.slug,
            actor=actor,
            verb="register_model",
            target=f"model:{model.pk}",
            detail={"name": name, "kind": kind},
            after_digest=digest,
        )
    return model


@transaction.atomic
def set_alias(*, model: ModelVersion, name: str, actor: User | None) -> ModelAlias:
    """Move a name (champion, candidate, reference) to this model, among the project's models of its kind."""
    if actor is not None:
        require(user=actor, team=model.project.team, role=Role.ADMIN)
    if name not in ModelAlias.Name.values:
        raise AssayError(f"{name!r} is no alias. Nothing was changed. Use {', '.join(ModelAlias.Name.values)}.")
    before = (
        ModelAlias.objects.filter(project=model.project, kind=model.kind, name=name).select_related("model").first()
    )
    alias, _ = ModelAlias.objects.update_or_create(
        project=model.project, kind=model.kind, name=name, defaults={"model": model, "set_by": actor}
    )
    auditing.record(
        stream=model.project.team.slug,
        actor=actor,
        verb="set_alias",
        target=f"model:{model.pk}",
        detail={"alias": name},
        before_digest=before.model.digest if before else "",
        after_digest=model.digest,
    )
    return alias
