"""Sending the hint that a run is waiting. The row is the truth: a message that is lost is sent again."""

import logging

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import KombuError

from training.models import TrainingRun

log = logging.getLogger(__name__)
TASK = "training.tasks.execute_run"


def send(*, run_pk: int) -> bool:
    """Put the run's key on the train queue and note when. False if the broker cannot be reached: the run stays
    queued and the reconciler sends it later."""
    try:
        current_app.send_task(TASK, args=[run_pk], queue="train")
    except (KombuError, OSError) as error:
        log.warning("Run %s waits: the broker cannot be reached (%s).", run_pk, error)
        return False
    TrainingRun.objects.filter(pk=run_pk).update(sent_at=timezone.now())
    return True


def send_on_commit(*, run_pk: int) -> None:
    """Send once the row that the message points to can be seen by others."""
    transaction.on_commit(lambda: send(run_pk=run_pk) and None)
