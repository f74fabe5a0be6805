"""What a person may be given: skills of a team, and who has shown that they hold one."""

from django.conf import settings
from django.db import models

from workforce.models.people import Team


class Skill(models.Model):
    """Something a batch may ask for: having passed a calibration round, a language, a domain."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="skills")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["team", "name"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="one_skill_per_team_and_slug")]

    def __str__(self) -> str:
        return self.name


class SkillGrant(models.Model):
    """A person holds a skill, until `expires_at` if that is set, unless it is suspended."""

    class State(models.TextChoices):
        GRANTED = "granted", "Granted"
        SUSPENDED = "suspended", "Suspended"

    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="grants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="skill_grants")
    state = models.CharField(max_length=9, choices=State, default=State.GRANTED)
    evidence = models.CharField(max_length=200, blank=True)
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["skill", "user"], name="one_grant_per_skill_and_person")]

    def __str__(self) -> str:
        return f"{self.user}: {self.skill} {self.state}"
