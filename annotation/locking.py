"""Locks on the rows that people do something with at the same moment.

Lock order, everywhere: rater, batch, assignments, slots, tasks, referral, audit chain; several of a kind by key.
What is wanted out of that order is taken only if nobody has it (SKIP LOCKED). One rater's requests thus queue up behind
each other, which settles two tabs and double clicks; different raters never wait for one another.
"""

import uuid

from django.db.models import QuerySet

from annotation.models import Assignment, Batch
from workforce.compiled import Blanks, Compiled
from workforce.models import User


def lock_rater(*, rater: User) -> None:
    """Queue behind the rater's other requests until the transaction ends. Blocks no foreign key check."""
    rater_lock(rater=rater.pk)


@Compiled
def rater_lock(blanks: Blanks) -> QuerySet[User]:
    return User.objects.select_for_update(no_key=True).only("pk").filter(pk=blanks.key("rater")).order_by()


def lock_batch(*, pk: int) -> Batch:
    """The batch as it is now; what its items want, and their slots, are nobody else's to change meanwhile."""
    return Batch.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)


def lock_batch_of(*, token: uuid.UUID) -> None:
    """Lock the batch of a lease before the lease: other slots of its item are going to be locked as well."""
    for pk in Assignment.objects.filter(token=token).values_list("slot__batch", flat=True):
        lock_batch(pk=pk)
