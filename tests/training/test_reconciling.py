"""The reconciler brings rows whose worker is gone back to life, three times at most."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.models import Project
from training import executing
from training.models import TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def messages(settings, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """Celery's own in-memory broker: messages are really published, to nobody."""
    from config.celery import app

    settings.RUN_LOST_AFTER_SECONDS = 30
    monkeypatch.setattr(app.conf, "broker_url", "memory://")
    monkeypatch.setattr(app.conf, "broker_write_url", "memory://")


def _run(project: Project, *, silent: float | None = None, **columns: object) -> TrainingRun:
    """A run whose last heartbeat was `silent` seconds ago."""
    beat = None if silent is None else timezone.now() - timedelta(seconds=silent)
    defaults = {"number": TrainingRun.objects.count() + 1, "name": "r", "kind": "sft", "epoch": 1, "attempts": 1}
    return TrainingRun.objects.create(project=project, heartbeat_at=beat, **(defaults | columns))


def _states(*runs: TrainingRun) -> list[str]:
    for run in runs:
        run.refresh_from_db()
    return [run.state for run in runs]


def test_a_silent_run_is_interrupted_with_a_sentence_then_queued_again(project: Project) -> None:
    silent, fresh = _run(project, silent=31, state="running"), _run(project, silent=29, state="running")
    assert executing.reconcile() == 1
    assert _states(silent, fresh) == ["interrupted", "running"]
    assert silent.error_code == "worker_lost" and "checkpoint is safe" in silent.error_message
    assert executing.reconcile() == 1
    assert _states(silent, fresh) == ["queued", "running"]
    assert silent.sent_at is not None


def test_after_three_attempts_it_is_given_up_and_says_so(project: Project) -> None:
    run = _run(project, state="interrupted", attempts=3, error_code="worker_lost", error_message="It was lost.")
    executing.reconcile()
    assert _states(run) == ["failed"]
    assert run.error_code == "worker_lost" and "3 attempts" in run.error_message


def test_a_lost_run_that_was_to_stop_is_cancelled(project: Project) -> None:
    run = _run(project, state="interrupted", stop_requested=True)
    executing.reconcile()
    assert _states(run) == ["cancelled"]


def test_a_queued_run_whose_message_was_never_sent_or_lost_is_sent(project: Project) -> None:
    now = timezone.now()
    never, lost = _run(project, state="queued"), _run(project, state="queued", sent_at=now - timedelta(minutes=2))
    waiting = _run(project, state="queued", sent_at=now - timedelta(seconds=5))
    executing.reconcile()
    _states(never, lost, waiting)
    assert never.sent_at and lost.sent_at and min(never.sent_at, lost.sent_at) >= now
    assert waiting.sent_at == now - timedelta(seconds=5)


def test_behind_a_running_run_a_message_may_wait(project: Project) -> None:
    now = timezone.now()
    _run(project, silent=1, state="running")
    waiting = _run(project, state="queued", sent_at=now - timedelta(minutes=2))
    executing.reconcile()
    _states(waiting)
    assert waiting.sent_at == now - timedelta(minutes=2)
