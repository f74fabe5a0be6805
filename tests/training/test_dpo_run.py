"""DPO from the launch form to a model and its page, through the real training process."""

import pytest
from django.test import Client
from django.urls import reverse

from annotation.models import PreferenceSet, Project
from training import executing
from training.models import ModelVersion, TrainingRun
from workforce.models import User

pytestmark = pytest.mark.django_db


def test_from_the_form_to_a_policy_and_its_page(
    client: Client, ada: User, project: Project, tiny: ModelVersion, judged: PreferenceSet
) -> None:
    client.force_login(ada)
    url = reverse("run-new", args=[project.slug])
    assert "straight from their judgments" in client.get(url, {"kind": "dpo"}).content.decode()
    given = {"kind": "dpo", "preset": "smoke", "seed": 1, "base": tiny.pk, "preference_set": judged.pk}
    answer = client.post(url, given | {"setting_beta": "0.3", "setting_device": "cpu"})
    run = TrainingRun.objects.get()
    assert (run.kind, run.config["beta"], run.config["lora_rank"]) == ("dpo", 0.3, 4)
    assert run.input_digests == {"base": tiny.digest, "preferences": judged.sha256}

    executing.execute(run_pk=run.pk)
    run.refresh_from_db()
    assert (run.state, run.error_message, run.step) == ("succeeded", "", 4)
    made = run.produced_model
    assert (made.kind, list(made.parents.all())) == ("policy", [tiny])
    assert run.result["train_pairs"] > 0
    assert {"loss", "kl", "grad_norm"} <= set(run.metrics.last().values)
    assert run.samples.count() == run.result["samples"] > 0
    text = client.get(answer["Location"]).content.decode()
    for words in ("Loss before", "KL to reference", "Samples", made.name):
        assert words in text
