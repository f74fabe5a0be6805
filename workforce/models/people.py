"""People and the roles they hold. A team is the set of people of one labelling programme."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    RATER = "rater", "Rater"
    LEAD = "lead", "Lead"
    ADMIN = "admin", "Admin"


class User(AbstractUser):
    """A person, or the pseudonym under which somebody's judgments were imported (inactive, no password)."""

    display_name = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return self.display_name or self.username


class Team(models.Model):
    """The people of one labelling programme."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person's role in one team. Somebody may hold several roles; an admin can do what a lead can."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user", "role"], name="one_membership_per_person_team_and_role"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} in {self.team}"


class LoginLink(models.Model):
    """A link that signs one person in once. Only the SHA-256 of its token is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="login_links")
    token_sha256 = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"login link of {self.user}"
