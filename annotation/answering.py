"""Taking in an answer of the kind that its item asks for, by whoever knows only the token of its lease."""

import uuid

from annotation.answers import Answer
from annotation.demonstrating import demonstrate
from annotation.judging import Submitted, judge
from annotation.leasing import find_lease_and_key
from annotation.locking import lock_batch_of, lock_rater
from annotation.models import Batch
from annotation.submission_keys import one_use_of_a_key
from annotation.writing import Written
from workforce.models import User


@one_use_of_a_key()
def submit_answer(
    *, token: uuid.UUID, rater: User, submission: uuid.UUID, answer: Answer, written: Written
) -> Submitted:
    """Save the judgment, or the text where one is asked for, under a lease and end the lease.

    As submit_judgment and submit_demonstration do; raises what they raise.
    """
    if answer.cant_judge:
        lock_rater(rater=rater)
        lock_batch_of(token=token)
    assignment, key_used = find_lease_and_key(token=token, rater=rater, submission=submission)
    if assignment.slot.batch.kind == Batch.Kind.DEMONSTRATION:
        return demonstrate(assignment=assignment, key_used=key_used, submission=submission, written=written)
    return judge(assignment=assignment, key_used=key_used, submission=submission, answer=answer)
