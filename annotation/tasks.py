"""Periodic work of the annotation app: each task calls one verb."""

from celery import shared_task

from annotation.assigning import expire_leases
from annotation.raters.watching import look_where_answers_came
from annotation.recounting import recount_all


@shared_task(name="annotation.tasks.expire_leases")
def expire_leases_task() -> None:
    """Hand lapsed items on to other raters."""
    expire_leases()


@shared_task(name="annotation.tasks.check_agreement")
def check_agreement_task() -> None:
    """Hold the patterns of agreement that are kept to the judgments."""
    recount_all()


@shared_task(name="annotation.tasks.look_at_raters")
def look_at_raters_task() -> None:
    """Raise what the signals of raters say where answers came."""
    look_where_answers_came()
