"""The second step of signing in: a secret shared with an app on a phone, and codes for when the phone is not there."""

from django.conf import settings
from django.db import models


class SecondStep(models.Model):
    """One person's shared secret (base32), and another one while they set up a new phone.

    `used_step` is the half minute of the newest code that was taken: no code at or before it is taken again.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_step")
    secret = models.CharField(max_length=64, blank=True)
    pending = models.CharField(max_length=64, blank=True)
    used_step = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"second step of {self.user}"


class RecoveryCode(models.Model):
    """A code that passes the second step once. Only the SHA-256 of its 120 random bits is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    code_sha256 = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"recovery code of {self.user}"
