"""Workers and training processes are killed, stopped and starved; no run is lost, doubled or spoilt."""

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.platform import Platform, gone
from tests.faults.seeds import PROJECT
from training.rlhf.folders import verified_digest

pytestmark = [pytest.mark.faults, pytest.mark.slow]

LOST_AFTER = 15  # a disk that others write to can keep a worker waiting for seconds
STEPS = 60  # enough that a process can be met in the middle of them


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, tiny_folders: dict[str, Path]) -> Iterator[Platform]:
    var = tmp_path_factory.mktemp("platform")
    shutil.copytree(tiny_folders["policy"], var / "models" / "tiny")
    limits = {"RUN_LOST_AFTER_SECONDS": str(LOST_AFTER), "RUN_HEARTBEAT_SECONDS": "1"}
    with Platform(var, **limits) as platform:
        platform.ask(PROJECT)
        yield platform


@pytest.fixture(scope="module")
def undisturbed(platform: Platform) -> int:
    """A run that nothing happens to, but that its message is delivered four times."""
    run = platform.ask(f"answer = launch(steps={STEPS})")
    platform.ask(f"[send(run_pk={run}) for _ in range(3)]")
    return run


@pytest.fixture
def worker(platform: Platform):
    started = platform.start_worker()
    yield started
    platform.kill(started)


def _in_the_middle(platform: Platform, undisturbed: int) -> int:
    """A run like the undisturbed one that has a checkpoint and is still going on."""
    run = platform.ask(f"answer = launch(steps={STEPS})")
    platform.until(f"answer = progress({run})")
    return run


def _ended(platform: Platform, run: int, state: str = "succeeded") -> dict:
    platform.until(f"answer = reconciled({run}, {state!r})")
    return platform.ask(f"answer = TrainingRun.objects.filter(pk={run}).values().get()")


def test_a_message_delivered_four_times_starts_one_run(platform: Platform, undisturbed: int, worker) -> None:
    ended = _ended(platform, undisturbed)
    after = platform.ask("answer = launch(steps=1)")
    _ended(platform, after)  # by now the worker has read every copy
    assert (ended["epoch"], ended["attempts"]) == (1, 1)
    assert platform.ask(f"answer = row({undisturbed}).epoch") == 1
    assert platform.ask(f"answer = epochs({undisturbed})") == [[step, 1] for step in range(1, STEPS + 1)]


def test_a_killed_worker_is_noticed_its_run_goes_on_and_ends_with_the_same_weights(
    platform: Platform, undisturbed: int, worker
) -> None:
    run = _in_the_middle(platform, undisturbed)
    trainer = platform.training_pid(run)
    killed_at = time.monotonic()
    platform.kill(worker)
    platform.until(f"answer = reconciled({run}, 'interrupted')", patience=LOST_AFTER + 20)
    assert time.monotonic() - killed_at < LOST_AFTER + 20
    assert gone(trainer), "the training process outlived its worker"
    assert "worker stopped answering" in platform.ask(f"answer = row({run}).error_message")
    second = platform.start_worker()
    ended = _ended(platform, run)
    platform.kill(second)
    assert (ended["epoch"], ended["attempts"]) == (2, 2)
    epochs = dict(platform.ask(f"answer = epochs({run})"))
    resumed_at = min(step for step, epoch in epochs.items() if epoch == 2)
    # Of the steps before, the dead worker may have heard a second's worth without having written it.
    assert resumed_at > 1 and epochs[1] == 1 and set(range(resumed_at, STEPS + 1)) <= set(epochs)
    _ended(platform, undisturbed)
    assert platform.ask(f"answer = weights({run})") == platform.ask(f"answer = weights({undisturbed})")


def test_a_killed_training_process_is_an_interruption_and_the_run_goes_on(
    platform: Platform, undisturbed: int, worker
) -> None:
    import os

    run = _in_the_middle(platform, undisturbed)
    os.kill(platform.training_pid(run), signal.SIGKILL)
    platform.until(f"answer = row({run}).state == 'interrupted'")
    assert platform.ask(f"answer = row({run}).error_code") == "process_killed"
    ended = _ended(platform, run)
    assert ended["epoch"] == 2
    assert platform.ask(f"answer = weights({run})") == platform.ask(f"answer = weights({undisturbed})")


def test_a_worker_that_comes_back_from_the_dead_changes_nothing(platform: Platform, undisturbed: int, worker) -> None:
    run = _in_the_middle(platform, undisturbed)
    platform.signal(worker, signal.SIGSTOP)
    trainer = platform.training_pid(run)
    platform.until(f"answer = reconciled({run}, 'interrupted')")
    second = platform.start_worker()
    platform.until(f"answer = reconciled({run}, 'running') and row({run}).epoch == 2")
    platform.signal(worker, signal.SIGCONT)
    ended = _ended(platform, run)
    platform.kill(second)
    assert (ended["epoch"], ended["error_code"]) == (2, "") and gone(trainer)
    assert platform.ask(f"answer = weights({run})") == platform.ask(f"answer = weights({undisturbed})")
    assert platform.ask(f"answer = ModelVersion.objects.filter(run={run}).count()") == 1


def test_a_cancelled_run_keeps_a_sound_checkpoint_and_can_be_resumed(
    platform: Platform, undisturbed: int, worker
) -> None:
    run = _in_the_middle(platform, undisturbed)
    trainer = platform.training_pid(run)
    platform.ask(f"request_stop(run=row({run}), actor=ada)")
    stopped = _ended(platform, run, "cancelled")
    assert gone(trainer) and 0 < stopped["step"] < STEPS
    checkpoints = sorted((platform.var / "runs" / f"run-{run:06d}" / "out" / "checkpoints").iterdir())
    assert checkpoints[-1].name == f"step-{stopped['last_checkpoint']:06d}" and verified_digest(checkpoints[-1])
    platform.ask(f"resume_run(run=row({run}), actor=ada)")
    _ended(platform, run)
    assert platform.ask(f"answer = weights({run})") == platform.ask(f"answer = weights({undisturbed})")


def test_with_the_broker_down_a_launch_answers_soon_and_the_run_is_sent_later(platform: Platform, worker) -> None:
    began = time.monotonic()
    down = {"BROKER_URL": "redis://127.0.0.1:1/0"}
    snippet = "; ".join(["launch(steps=1)"])
    prelude = PROJECT.split("team = ")[0] + PROJECT[PROJECT.index("def launch") :]
    found = (
        "ada = people.User.objects.get(username='ada'); project = Project.objects.get(slug='faults'); "
        "tiny = ModelVersion.objects.get(name='tiny'); frozen = project.demonstration_sets.get()"
    )
    run = platform.ask(f"{prelude}\n{found}\nanswer = {snippet}", **down)
    assert time.monotonic() - began < 30
    assert platform.ask(f"answer = [row({run}).state, row({run}).sent_at]") == ["queued", None]
    _ended(platform, run)


def test_a_full_disk_is_a_sentence_and_the_run_goes_on_once_there_is_room(platform: Platform) -> None:
    """The worker sees a folder of runs of three megabytes; a checkpoint of the tiny model needs more."""
    folder = platform.var / "runs"
    folder.mkdir(exist_ok=True)
    mount = f'mount -t tmpfs -o size=3m none {folder} && exec "$@"'
    small = platform.start_worker("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh")
    run = platform.ask("answer = launch(steps=4)")
    failed = _ended(platform, run, "failed")
    platform.kill(small)
    assert failed["error_code"] == "disk_full" and "disk is full" in failed["error_message"]
    roomy = platform.start_worker()
    platform.ask(f"resume_run(run=row({run}), actor=ada)")
    _ended(platform, run)
    platform.kill(roomy)
