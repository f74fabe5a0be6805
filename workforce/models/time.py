"""What people's time went to."""

from django.conf import settings
from django.db import models

from workforce.models.people import Team


class WorkTime(models.Model):
    """A stretch of somebody's time, all of it paid; `key` keeps a stretch that is reported twice from counting twice.

    `target` names what it went to ("batch:7"); `ms` is active time in milliseconds, `idle_ms` beside it is not paid.
    It lies between `began_at` and `ended_at`, which can be further apart than `ms` (workforce/fitting.py).
    """

    class Activity(models.TextChoices):
        LABELLING = "labelling", "Labelling"
        INSTRUCTIONS = "instructions", "Instructions"
        CALIBRATION = "calibration", "Calibration"
        FEEDBACK = "feedback", "Feedback"
        BREAK = "break", "Break"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="work_times")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="work_times")
    activity = models.CharField(max_length=12, choices=Activity)
    key = models.CharField(max_length=80)
    target = models.CharField(max_length=60, blank=True)
    ms = models.PositiveIntegerField()
    idle_ms = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        ordering = ["-ended_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="a_stretch_of_time_counts_once"),
            models.CheckConstraint(
                condition=models.Q(activity__in=["labelling", "instructions", "calibration", "feedback", "break"]),
                name="what_time_went_to_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__gte=models.F("began_at")), name="time_does_not_end_before_it_began"
            ),
        ]
        indexes = [models.Index(fields=["user", "ended_at"], name="time_of_a_person_by_day")]

    def __str__(self) -> str:
        return f"{self.user}: {self.activity}, {self.ms} ms"
