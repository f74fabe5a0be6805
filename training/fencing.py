"""The fence around a run's row: who may write to it, and the writes themselves.

Claiming a run raises its epoch. Every later write names that epoch and the state "running", and is refused
once the reconciler, a person or another claim has moved the run on; so a worker that was thought dead and
comes back can change nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from training.models import RunMetric, TrainingRun
from workforce.errors import AssayError

State = TrainingRun.State


class StaleEpoch(AssayError):
    """This run has been taken over or ended by somebody else. Nothing was written. Look at the run's page."""

    code = "stale_epoch"
    status = 409


@dataclass(frozen=True)
class Fence:
    """The right to write to a run, as long as nobody raises its epoch or changes its state."""

    run_pk: int
    epoch: int

    def write(self, **columns: Any) -> None:
        """Set columns of the run. Raises StaleEpoch."""
        mine = TrainingRun.objects.filter(pk=self.run_pk, epoch=self.epoch, state=State.RUNNING)
        if not mine.update(**columns):
            raise StaleEpoch

    @transaction.atomic
    def record(self, *, metrics: Mapping[int, Mapping[str, float]], **columns: Any) -> None:
        """Set columns and write metrics by step, replacing those of an earlier epoch. Raises StaleEpoch.

        The run's row is written first: on PostgreSQL that holds its lock until the metrics are in.
        """
        self.write(heartbeat_at=timezone.now(), **columns)
        rows = [
            RunMetric(run_id=self.run_pk, step=step, epoch=self.epoch, values=dict(values))
            for step, values in metrics.items()
        ]
        RunMetric.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["run", "step"], update_fields=["epoch", "values"]
        )

    def stop_requested(self) -> bool:
        """Whether somebody asked the run to stop. Raises StaleEpoch."""
        flags = TrainingRun.objects.filter(pk=self.run_pk, epoch=self.epoch, state=State.RUNNING)
        wanted = flags.values_list("stop_requested", flat=True).first()
        if wanted is None:
            raise StaleEpoch
        return wanted


def claim(*, run_pk: int, worker: str, code_version: str) -> Fence | None:
    """Take a queued run for this worker, or None if there is nothing to take: a message delivered twice starts once."""
    epoch = TrainingRun.objects.filter(pk=run_pk, state=State.QUEUED).values_list("epoch", flat=True).first()
    if epoch is None:
        return None
    now = timezone.now()
    taken = TrainingRun.objects.filter(pk=run_pk, state=State.QUEUED, epoch=epoch).update(
        state=State.RUNNING,
        epoch=F("epoch") + 1,
        attempts=F("attempts") + 1,
        worker=worker[:120],
        code_version=code_version,
        heartbeat_at=now,
        started_at=Coalesce("started_at", now),
        ended_at=None,
        error_code="",
        error_message="",
    )
    return Fence(run_pk, epoch + 1) if taken else None
