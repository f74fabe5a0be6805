"""The client's key of a submission: one answer, whoever else comes with it at the same moment."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.db.models import Exists, Q

from annotation.errors import SubmissionReused
from annotation.models import Demonstration, Judgment


def in_use(*, submission: uuid.UUID) -> Q:
    """Whether an answer of either kind has come under the key; part of the statement that finds the lease."""
    judged = Exists(Judgment.objects.filter(submission=submission))
    return Q(judged | Exists(Demonstration.objects.filter(submission=submission)))


@contextmanager
def one_use_of_a_key() -> Iterator[None]:
    """Around a verb that writes an answer under a key; one transaction. Raises SubmissionReused.

    A rater's requests queue up and see what came before, so only the same key of two raters, sent at once, meets the
    constraint: the second to write waits for the first and is refused by the database.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "submission" not in str(error):
            raise
        raise SubmissionReused from error
