"""How far a rater has come in the order of a batch, so that a claim looks at few slots however many there are."""

from django.conf import settings
from django.db import models

from annotation.models.tasks import Batch


class Bookmark(models.Model):
    """A rater's place in a batch, and how many of what they were given there.

    No slot of the batch's first opening before `place` is for this rater, and none that opened again before
    `returned_until`: they have had its item, or lack what it asks for. That holds for the `skills` they had then and
    for the batch's `order_epoch` of then; under others the bookmark begins anew. `turns` counts all items given for the
    first time, `golds` and `repeats` those of the two other lanes; `before` is how many the rater had in the project
    when they came to this batch. `total` is what there was for them in all when it was last counted, at `counted_at`;
    `at_least` says that there was more.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="bookmarks")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bookmarks")
    place = models.PositiveBigIntegerField(default=0)
    returned_until = models.DateTimeField(null=True)
    skills = models.CharField(max_length=64, blank=True, help_text="Digest of the skills held.")
    order_epoch = models.PositiveIntegerField(default=0)
    before = models.PositiveIntegerField(default=0)
    turns = models.PositiveIntegerField(default=0)
    golds = models.PositiveIntegerField(default=0)
    repeats = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    at_least = models.BooleanField(default=False)
    counted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "rater"], name="one_bookmark_per_batch_and_rater"),
            models.CheckConstraint(
                condition=models.Q(turns__gte=models.F("golds") + models.F("repeats")),
                name="golds_and_repeats_are_among_the_turns",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rater} in {self.batch}: {self.place}"
