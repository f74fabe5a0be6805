"""A rater's bookmark in a batch: made when they come, counted up with every item that they are given."""

from django.db.models import F

from annotation.models import Assignment, Batch, Bookmark, Task
from workforce.models import User


def bookmark_of(*, batch: Batch, rater: User) -> Bookmark:
    """The rater's bookmark, made if they are new to the batch. Whoever calls this holds the rater's lock."""
    found = Bookmark.objects.filter(batch=batch, rater=rater).first()
    if found is not None:
        return found
    before = Assignment.objects.filter(rater=rater, slot__batch__project=batch.project_id)
    return Bookmark.objects.create(batch=batch, rater=rater, before=before.count())


def count_turn(*, batch: Batch, rater: User, lane: str) -> None:
    """Note that the rater was given an item for the first time, and of which lane."""
    counts = {"turns": F("turns") + 1}
    if lane == Task.Lane.GOLD:
        counts["golds"] = F("golds") + 1
    elif lane == Task.Lane.REPEAT:
        counts["repeats"] = F("repeats") + 1
    Bookmark.objects.filter(batch=batch, rater=rater).update(**counts)
