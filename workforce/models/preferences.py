"""How a person likes the pages, and what they are willing to see."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from workforce.models.people import User


class Preferences(models.Model):
    """One person's wishes on any device. `keymap` holds only the shortcuts they changed: {action: key}."""

    class Theme(models.TextChoices):
        SYSTEM = "system", "As the system"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", "Comfortable"
        COMPACT = "compact", "Compact"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(max_length=11, choices=Density, default=Density.COMFORTABLE)
    text_size = models.PositiveSmallIntegerField(default=16, help_text="Of answers, in CSS pixels.")
    language = models.CharField(max_length=10, blank=True, help_text="Empty: as the browser asks.")
    single_keys = models.BooleanField(default=True)
    keymap = models.JSONField(default=dict)
    cover_sensitive = models.BooleanField(default=False)
    notify = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "preferences"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(text_size__gte=14, text_size__lte=22), name="text_is_between_14_and_22_pixels"
            )
        ]

    def __str__(self) -> str:
        return f"preferences of {self.user}"


class Consent(models.Model):
    """A person agrees to be given a category of distressing content, up to a severity (1 mild … 3 severe)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents")
    category = models.CharField(max_length=9)
    up_to = models.PositiveSmallIntegerField()
    given_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "category"], name="one_consent_per_person_and_category"),
            models.CheckConstraint(condition=models.Q(up_to__gte=1, up_to__lte=3), name="severity_is_within_1_and_3"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.category} up to {self.up_to}"


class CheckInQuerySet(models.QuerySet["CheckIn"]):
    def visible_to(self, user: User) -> Self:
        """The person's own, and what others let them read."""
        return self.filter(models.Q(user=user) | models.Q(shared_with=user))


class CheckIn(models.Model):
    """How somebody felt after distressing work. Theirs alone, unless they let the wellbeing contact of the time read
    it: whoever is named later reads nothing that was told to somebody else.
    """

    class Feeling(models.TextChoices):
        FINE = "fine", _("Fine")
        A_BIT_MUCH = "a_bit_much", _("A bit much")
        NEED_A_BREAK = "need_a_break", _("I need a break")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="check_ins")
    feeling = models.CharField(max_length=12, choices=Feeling)
    at = models.DateTimeField(auto_now_add=True)
    shared_with = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = CheckInQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user}: {self.feeling}"
