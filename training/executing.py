"""One run from claim to end, in the worker: claim, verify, start the process, follow it, conclude.

And the reconciler, which looks after runs whose worker is gone. The row is the truth: all that is known
about a run is in it and in its folder, so any worker can go on with any run.
"""

import logging
import os
import socket
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from training import acquiring
from training.child import Child, FolderBusy
from training.code import code_version
from training.dispatching import send
from training.fencing import Fence, StaleEpoch, claim
from training.finishing import NothingLeft, conclude, gather
from training.following import Outcome, beating, follow, insist
from training.inputs import Input, inputs_of, verify
from training.models import TrainingRun
from training.places import model_folder, out_folder, run_folder
from training.promoting import check_folder
from training.rlhf.failures import explain
from workforce.errors import AssayError

log = logging.getLogger(__name__)
State = TrainingRun.State

MOST_ATTEMPTS = 3
SEND_AGAIN_IDLE = timedelta(seconds=60)  # a message unanswered this long while no run is going on was lost
SEND_AGAIN_BUSY = timedelta(minutes=15)  # while one is going on it is more likely waiting behind it


def execute(*, run_pk: int) -> None:
    """Run a queued run to its end. Does nothing if it is not queued: a message delivered twice starts once."""
    fence = claim(run_pk=run_pk, worker=f"{socket.gethostname()}:{os.getpid()}", code_version=code_version())
    if fence is None:
        return
    run = TrainingRun.objects.select_related(
        "project__team", "base", "reward_model", "preference_set", "demonstration_set", "prompt_set", "benchmark"
    ).get(pk=run_pk)
    try:
        outcome, harvest = _outcome(run, fence), None
        if outcome.state == State.SUCCEEDED:
            kind, out = run.kind, out_folder(run)
            harvest = beating(fence=fence, work=lambda: gather(kind=kind, out=out))
        insist(lambda: conclude(run=run, fence=fence, outcome=outcome, harvest=harvest))
    except StaleEpoch:
        log.warning("Run %s was taken over; its epoch %s is past and nothing more was written.", run_pk, fence.epoch)
    except Exception as error:
        log.exception("Run %s ended on an error of ours.", run_pk)
        _fail(run, fence, error)
    acquiring.advance_rounds()


def _outcome(run: TrainingRun, fence: Fence) -> Outcome:
    """Verify what the run was given, start its process and follow it."""
    inputs = inputs_of(run)
    try:
        for model in (run.base, run.reward_model):
            if model:
                check_folder(folder=model_folder(model))
        beating(fence=fence, work=lambda: verify(inputs))
        with Child(kind=run.kind, folder=run_folder(run), config=_config(run), data=_data(inputs)) as child:
            return follow(child=child, fence=fence)
    except StaleEpoch:
        raise
    except FolderBusy as busy:
        return Outcome(State.INTERRUPTED, busy.code, busy.message)
    except AssayError as refusal:
        return Outcome(State.FAILED, refusal.code, refusal.message)


def _config(run: TrainingRun) -> dict[str, Any]:
    """The run's settings with its models' folders on this machine."""
    models = {"base": run.base, "reward_model": run.reward_model}
    return run.config | {name: str(model_folder(model)) for name, model in models.items() if model is not None}


def _data(inputs: list[Input]) -> dict[str, str]:
    return {given.name: str(given.path) for given in inputs if given.path.is_file()}


def _fail(run: TrainingRun, fence: Fence, error: Exception) -> None:
    """Put the sentence for an error on the row, unless the run is no longer ours."""
    code, message = explain(error)
    if isinstance(error, NothingLeft):
        code, message = "nothing_left", f"The run finished without leaving its {error}. Its log has the details."
    try:
        insist(lambda: conclude(run=run, fence=fence, outcome=Outcome(State.FAILED, code, message)))
    except StaleEpoch:
        log.warning("Run %s was taken over before its failure could be noted.", run.pk)


def reconcile() -> int:
    """Bring rows and reality together; returns how many runs were moved. Meant to be called every 15 seconds.

    What was found interrupted last time is queued again (or given up after three attempts), then runs whose
    heartbeat has stopped become interrupted, then messages that were lost are sent again.
    """
    now = timezone.now()
    moved = 0
    for run in TrainingRun.objects.filter(state=State.INTERRUPTED):
        moved += _retry(run)
    lost = Q(heartbeat_at__lt=now - timedelta(seconds=settings.RUN_LOST_AFTER_SECONDS)) | Q(heartbeat_at=None)
    moved += TrainingRun.objects.filter(lost, state=State.RUNNING).update(
        state=State.INTERRUPTED,
        ended_at=now,
        error_code="worker_lost",
        error_message="The worker stopped answering. The last checkpoint is safe; the run goes on from it by itself.",
    )
    busy = TrainingRun.objects.filter(state=State.RUNNING).exists()
    patience = SEND_AGAIN_BUSY if busy else SEND_AGAIN_IDLE
    unsent = Q(sent_at=None) | Q(sent_at__lt=now - patience)
    # Sending follows at once on a commit, so a row this young may only not have been marked yet.
    old_enough = Q(created_at__lt=now - timedelta(seconds=5)) | Q(attempts__gt=0)
    for pk in TrainingRun.objects.filter(unsent, old_enough, state=State.QUEUED).values_list("pk", flat=True):
        send(run_pk=pk)
    acquiring.advance_rounds()
    return moved


def _retry(run: TrainingRun) -> int:
    """Queue an interrupted run again, or end it. Conditional on its epoch: a person may be quicker."""
    columns: dict[str, Any] = {"state": State.QUEUED, "sent_at": None}
    if run.stop_requested:
        columns = {"state": State.CANCELLED}
    elif run.attempts >= MOST_ATTEMPTS:
        columns = {
            "state": State.FAILED,
            "error_code": run.error_code or "interrupted",
            "error_message": f"Given up after {run.attempts} attempts; the last one: {run.error_message} "
            "Its last checkpoint is kept; mend the cause and resume the run."[:500],
        }
    return TrainingRun.objects.filter(pk=run.pk, epoch=run.epoch, state=State.INTERRUPTED).update(**columns)
