"""Celery's entries: a primary key in, one verb called, nothing else."""

from celery import shared_task

from training import executing


@shared_task(name="training.tasks.execute_run", acks_late=False, max_retries=0, ignore_result=True)
def execute_run(run_pk: int) -> None:
    """Acked before it starts: if the worker dies, the reconciler queues the run again."""
    executing.execute(run_pk=run_pk)


@shared_task(name="training.tasks.reconcile_runs", ignore_result=True)
def reconcile_runs() -> None:
    executing.reconcile()
