"""The paid break that is due after a row of distressing items."""

from django.db import transaction

from annotation.caring import BREAK_MS, exposure_of
from annotation.locking import lock_rater
from annotation.models import Batch
from workforce import timekeeping
from workforce.models import User


@transaction.atomic
def rest(*, rater: User, batch: Batch) -> None:
    """Begin what is left of its ten minutes. Nothing begins if none is due. Raises NotAllowed."""
    lock_rater(rater=rater)
    exposure = exposure_of(rater=rater)
    if exposure.tired:
        timekeeping.rest(user=rater, team=batch.project.team, ms=BREAK_MS - exposure.rested_ms)
