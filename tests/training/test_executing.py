"""A run from launch to model through the real training process, and its known failures as sentences."""

import json

import pytest

from annotation.freezing import set_path
from training import executing
from training.launching import launch_run, resume_run
from training.models import TrainingRun
from training.places import log_file, model_folder, out_folder
from training.rlhf.folders import digest_folder
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def launch(project, ada, tiny, demonstrations):
    def go(**config):
        return launch_run(
            project=project,
            kind="sft",
            actor=ada,
            preset="smoke",
            config={"threads": 1, **config},
            base=tiny,
            demonstration_set=demonstrations,
        )

    return go


def _executed(run: TrainingRun) -> TrainingRun:
    executing.execute(run_pk=run.pk)
    run.refresh_from_db()
    return run


def test_a_run_ends_in_a_model_with_its_parents_digest_and_card(launch, tiny) -> None:
    run = _executed(launch(steps=4))
    assert (run.state, run.error_message) == ("succeeded", "")
    assert (run.step, run.total_steps, run.last_checkpoint, run.device) == (4, 4, 4, "cpu")
    assert [m.step for m in run.metrics.all()] == [1, 2, 3, 4] and all("loss" in m.values for m in run.metrics.all())
    model = run.produced_model
    assert model.kind == "policy" and list(model.parents.all()) == [tiny]
    assert model.digest == digest_folder(model_folder(model)) == run.result["digest"] != tiny.digest
    assert model.card["inputs"] == run.input_digests and model.card["code_version"] == run.code_version
    assert run.result["loss_after"] < run.result["loss_before"]
    assert AuditEvent.objects.filter(verb="run_succeeded", target=f"run:{run.pk}").exists()


def test_a_missing_model_is_a_sentence(launch, tiny) -> None:
    run = launch()
    (model_folder(tiny) / "config.json").unlink()
    _executed(run)
    assert (run.state, run.error_code) == ("failed", "model_missing")
    assert "config.json" in run.error_message and "Traceback" not in run.error_message


def test_a_model_that_changed_since_launch_is_refused(launch, tiny) -> None:
    run = launch()
    (model_folder(tiny) / "extra.json").write_text("{}")
    _executed(run)
    assert (run.state, run.error_code) == ("failed", "bad_digest")
    assert "tiny-policy" in run.error_message and not out_folder(run).exists()


def test_a_set_whose_file_changed_since_launch_is_refused(launch, demonstrations) -> None:
    run = launch()
    path = set_path(frozen_set=demonstrations)
    path.chmod(0o644)
    path.write_text(path.read_text().replace("Here", "There", 1))
    _executed(run)
    assert (run.state, run.error_code) == ("failed", "bad_digest") and "demonstration set" in run.error_message


def test_no_gpu_is_a_sentence_and_no_stack_trace(launch) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    run = _executed(launch(device="cuda"))
    assert (run.state, run.error_code) == ("failed", "no_gpu")
    assert "Traceback" not in run.error_message and "Traceback" in log_file(run).read_text()


def test_a_run_resumed_after_failure_keeps_its_number_and_starts_afresh(launch, ada, tiny) -> None:
    run = launch(steps=2)
    config = model_folder(tiny) / "config.json"
    kept = config.read_text()
    config.unlink()
    _executed(run)
    config.write_text(kept)
    resume_run(run=run, actor=ada)
    _executed(run)
    assert (run.state, run.epoch, run.error_code) == ("succeeded", 2, "")
    assert json.loads((out_folder(run) / "result.json").read_text())["steps"] == 2
