"""A run is taken once, and whoever lost it can write nothing more."""

import pytest

from annotation.models import Project
from training.fencing import Fence, StaleEpoch, claim
from training.models import RunMetric, TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(project: Project) -> TrainingRun:
    return TrainingRun.objects.create(project=project, number=1, name="r", kind="sft")


def _claim(run: TrainingRun) -> Fence | None:
    return claim(run_pk=run.pk, worker="w", code_version="c")


def test_a_message_delivered_twice_starts_once(run: TrainingRun) -> None:
    assert _claim(run) == Fence(run.pk, 1)
    assert _claim(run) is None
    run.refresh_from_db()
    assert (run.state, run.epoch, run.attempts) == ("running", 1, 1)


@pytest.mark.parametrize("state", ["running", "succeeded", "failed", "cancelled", "interrupted"])
def test_only_a_queued_run_is_taken(run: TrainingRun, state: str) -> None:
    TrainingRun.objects.update(state=state)
    assert _claim(run) is None


def test_a_stale_epoch_writes_nothing(run: TrainingRun) -> None:
    old = _claim(run)
    TrainingRun.objects.update(state="queued")
    new = _claim(run)
    assert old and new and new.epoch == old.epoch + 1
    for attempt in (
        lambda: old.write(step=7),
        lambda: old.record(metrics={7: {"loss": 1.0}}, step=7),
        old.stop_requested,
    ):
        with pytest.raises(StaleEpoch):
            attempt()
    run.refresh_from_db()
    assert run.step == 0 and not RunMetric.objects.exists()


def test_an_ended_run_takes_no_more_metrics_even_of_its_own_epoch(run: TrainingRun) -> None:
    fence = _claim(run)
    assert fence
    fence.write(state="interrupted")
    with pytest.raises(StaleEpoch):
        fence.record(metrics={1: {"loss": 1.0}})
    assert not RunMetric.objects.exists()


def test_a_resumed_run_replaces_what_its_earlier_epoch_measured(run: TrainingRun) -> None:
    first = _claim(run)
    assert first
    first.record(metrics={1: {"loss": 3.0}, 2: {"loss": 2.0}})
    TrainingRun.objects.update(state="queued")
    second = _claim(run)
    assert second
    second.record(metrics={2: {"loss": 1.5}, 3: {"loss": 1.0}})
    rows = [(m.step, m.epoch, m.values["loss"]) for m in RunMetric.objects.all()]
    assert rows == [(1, 1, 3.0), (2, 2, 1.5), (3, 2, 1.0)]
