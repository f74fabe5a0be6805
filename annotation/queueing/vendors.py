"""Batches for the raters of some vendors only. Which those are, `Batch.objects.offered_to` says."""

from annotation.errors import OtherVendor
from annotation.models import Batch
from workforce.models import User


def require_vendor(*, batch: Batch, rater: User) -> None:
    """Raise OtherVendor unless the batch is for everybody's raters, or for those of the rater's vendor."""
    if not Batch.objects.offered_to(rater).filter(pk=batch.pk).exists():
        raise OtherVendor
