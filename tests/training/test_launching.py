"""Launching refuses what cannot run, names what is wrong, and otherwise leaves one queued row with digests."""

import pytest

from annotation.freezing import set_path
from annotation.models import Project
from training import launching
from training.launching import PRESETS, RunRefused, SetDamaged, launch_run
from training.models import TrainingRun
from training.places import model_folder, run_folder
from training.promoting import ModelFolderMissing
from training.rlhf.configs import CONFIGS
from training.rlhf.folders import digest_file
from workforce.errors import NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def launch(project, ada, tiny, demonstrations):
    def go(**changed):
        given = {"kind": "sft", "preset": "smoke", "base": tiny, "demonstration_set": demonstrations, "actor": ada}
        return launch_run(project=project, **(given | changed))

    return go


@pytest.mark.parametrize("kind", list(PRESETS))
@pytest.mark.parametrize("preset", ["smoke", "small", "standard"])
def test_every_preset_is_accepted_by_its_loop(kind: str, preset: str) -> None:
    models = {name: "folder" for name in ("base", "reward_model") if name in CONFIGS[kind].__dataclass_fields__}
    CONFIGS[kind].from_dict(PRESETS[kind][preset] | models)


def test_a_launched_run_waits_with_all_settings_and_the_digest_of_everything_it_was_given(
    launch, tiny, demonstrations
) -> None:
    run = launch(seed=5, config={"lr": 0.5})
    assert (run.state, run.number, run.seed) == ("queued", 1, 5)
    assert run.input_digests == {"base": tiny.digest, "demonstrations": demonstrations.sha256}
    assert run.config["lr"] == 0.5 and run.config["seed"] == 5 and "base" not in run.config
    assert run.config.keys() | {"base"} == set(CONFIGS["sft"].__dataclass_fields__)
    assert launch().number == 2


def test_a_prompt_set_is_drawn_by_hash_and_written_down(launch, tiny, prompts) -> None:
    asked = {"kind": "sample", "demonstration_set": None, "prompt_set": prompts, "prompt_limit": 3}
    one, same, other = (launch(seed=seed, **asked) for seed in (1, 1, 2))
    written = run_folder(one) / "prompts.jsonl"
    assert len(written.read_text().splitlines()) == 3
    assert one.input_digests["prompts"] == digest_file(written) == same.input_digests["prompts"]
    assert other.input_digests["prompts"] != one.input_digests["prompts"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "magic"}, "kind"),
        ({"preset": "huge"}, "preset"),
        ({"demonstration_set": None}, "demonstration_set"),
        ({"config": {"learning_rate": 1}}, "learning_rate"),
        ({"config": {"lr": -1}}, "lr"),
        ({"config": {"base": "/etc"}}, "base"),
    ],
)
def test_what_cannot_run_is_refused_by_the_name_of_the_field(launch, changed, field) -> None:
    with pytest.raises(RunRefused) as refusal:
        launch(**changed)
    assert field in (refusal.value.fields or {})
    assert not TrainingRun.objects.exists()


def test_another_projects_model_is_refused(launch, tiny, vic) -> None:
    other = Project.objects.create(slug="other", name="Other", team=vic.memberships.get().team)
    tiny.project = other
    with pytest.raises(RunRefused) as refusal:
        launch()
    assert "another project" in refusal.value.fields["base"]


def test_a_reward_model_is_no_policy(launch, tiny_reward) -> None:
    with pytest.raises(RunRefused) as refusal:
        launch(base=tiny_reward)
    assert "tiny-reward" in refusal.value.fields["base"]


def test_a_damaged_set_and_a_missing_model_are_refused(launch, tiny, demonstrations) -> None:
    path = set_path(frozen_set=demonstrations)
    original = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(original[:-2])
    with pytest.raises(SetDamaged):
        launch()
    path.write_bytes(original)
    (model_folder(tiny) / "model.safetensors").unlink()
    with pytest.raises(ModelFolderMissing):
        launch()
    assert not TrainingRun.objects.exists()


def test_only_an_admin_launches_stops_and_resumes(launch, lena, rafi) -> None:
    run = launch()
    for person in (lena, rafi):
        for act in (
            lambda p: launch(actor=p),
            lambda p: launching.request_stop(run=run, actor=p),
            lambda p: launching.resume_run(run=run, actor=p),
        ):
            with pytest.raises(NotAllowed):
                act(person)


def test_stopping_a_waiting_run_cancels_it_at_once_and_resuming_queues_it_again(launch, ada) -> None:
    run = launching.request_stop(run=launch(), actor=ada)
    assert run.state == "cancelled"
    with pytest.raises(launching.RunNotStoppable):
        launching.request_stop(run=run, actor=ada)
    run = launching.resume_run(run=run, actor=ada)
    assert (run.state, run.stop_requested, run.attempts) == ("queued", False, 0)
    with pytest.raises(launching.RunNotResumable):
        launching.resume_run(run=run, actor=ada)


def test_stopping_a_running_run_only_asks(launch, ada) -> None:
    run = launch()
    TrainingRun.objects.update(state="running")
    run = launching.request_stop(run=run, actor=ada)
    assert (run.state, run.stop_requested) == ("running", True)


def test_a_new_run_finds_no_checkpoint_of_another_in_its_folder(launch) -> None:
    first = launch()
    # A database restored from yesterday hands out a number again whose folder is still there.
    old = run_folder(first).with_name(f"run-{first.pk + 1:06d}") / "out" / "checkpoints"
    old.mkdir(parents=True)
    second = launch()
    assert second.pk == first.pk + 1
    assert not (run_folder(second) / "out").exists()
    assert len(list(run_folder(second).parent.glob("*/out/checkpoints"))) == 1  # set aside, not thrown away
