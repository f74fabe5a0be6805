"""A model as a zip: transformers loads what comes out of it, and a changed folder does not come out whole."""

import io
import json
import zipfile
from pathlib import Path

import pytest
import torch
from django.test import Client
from django.urls import reverse

from annotation.models import Project
from training.model_archive import ChangedWhileSent, archive_of, name_of
from training.models import ModelVersion
from training.places import model_folder
from training.rlhf.folders import digest_file, verified_digest
from workforce.models import User

pytestmark = pytest.mark.django_db


def unpacked(data: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
    return next(folder.iterdir())


def test_a_policy_from_the_zip_is_the_policy(
    client: Client, ada: User, project: Project, tiny: ModelVersion, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    client.force_login(ada)
    answer = client.get(reverse("model-download", args=[project.slug, tiny.pk]))
    assert answer["Content-Disposition"] == 'attachment; filename="tiny-policy.zip"'
    data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # it streams
    folder = unpacked(data, tmp_path / "out")
    assert folder.name == "tiny-policy" and verified_digest(folder) == tiny.digest
    manifest = json.loads((folder / "manifest.json").read_text())
    assert all(digest_file(folder / name) == told["sha256"] for name, told in manifest["files"].items())
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    known = AutoModelForCausalLM.from_pretrained(model_folder(tiny))
    rows = tokenizer("Tell me about the river.", return_tensors="pt")
    with torch.no_grad():
        assert torch.equal(model(**rows).logits, known(**rows).logits)
    api = client.get(reverse("api-model-archive", args=[tiny.pk]))
    assert b"".join(api.streaming_content) == data  # type: ignore[attr-defined]  # it streams; the same bytes each time


def test_a_reward_model_from_the_zip_scores_alike(tiny_reward: ModelVersion, tmp_path: Path) -> None:
    from transformers import AutoModel

    from training.rlhf.models import load_reward_model

    folder = unpacked(b"".join(archive_of(tiny_reward)), tmp_path / "out")
    assert AutoModel.from_pretrained(folder).config.hidden_size > 0
    one, other = load_reward_model(folder), load_reward_model(model_folder(tiny_reward))
    rows = torch.tensor([[1, 2, 3]])
    with torch.no_grad():
        assert torch.equal(
            one.rewards(rows, torch.ones_like(rows), torch.tensor([2])),
            other.rewards(rows, torch.ones_like(rows), torch.tensor([2])),
        )


def test_a_folder_that_changed_is_not_sent_whole(tiny: ModelVersion) -> None:
    config = model_folder(tiny) / "config.json"
    config.write_text(config.read_text() + "\n")
    sent = b""
    with pytest.raises(ChangedWhileSent):
        for piece in archive_of(tiny):
            sent += piece
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(sent))


def test_a_name_becomes_a_safe_folder(project: Project) -> None:
    assert name_of(ModelVersion(pk=7, name="../ppo 3/é")) == "ppo-3"
    assert name_of(ModelVersion(pk=7, name="..")) == "model-7"


def test_a_model_without_files_is_a_sentence(client: Client, ada: User, project: Project) -> None:
    client.force_login(ada)
    gone = ModelVersion.objects.create(
        project=project, name="gone", kind="policy", folder="models/gone", digest="0" * 64
    )
    answer = client.get(reverse("model-download", args=[project.slug, gone.pk]))
    assert answer.status_code == 422 and "There is no model in the folder gone" in answer.content.decode()
