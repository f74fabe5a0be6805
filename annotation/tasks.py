"""Periodic work of the annotation app: each task calls one verb."""

from celery import shared_task

from annotation.assigning import expire_leases
from annotation.recounting import recount_all


@shared_task(name="annotation.tasks.expire_leases")
def expire_leases_task() -> None:
    """Hand lapsed items on to other raters."""
    expire_leases()


@shared_task(name="annotation.tasks.check_agreement")
def check_agreement_task() -> None:
    """Hold the patterns of agreement that are kept to the judgments."""
    recount_all()
