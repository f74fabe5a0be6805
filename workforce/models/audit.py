"""The audit log: append-only, and each event carries the hash of the one before it."""

from django.conf import settings
from django.db import models


class AuditEvent(models.Model):
    """Who did what to which thing. The database refuses to change or delete a row.

    `stream` names the chain (a team's slug, or "platform"); within it `sequence` counts from 1 and
    `hash` = SHA-256 of the canonical JSON of this event including `previous_hash`.
    """

    stream = models.CharField(max_length=60)
    sequence = models.PositiveBigIntegerField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=60)
    target = models.CharField(max_length=120)
    detail = models.JSONField(default=dict)
    before_digest = models.CharField(max_length=64, blank=True)
    after_digest = models.CharField(max_length=64, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "sequence"], name="one_audit_event_per_place_in_its_chain"),
        ]

    def __str__(self) -> str:
        return f"{self.stream} #{self.sequence}: {self.verb} {self.target}"
