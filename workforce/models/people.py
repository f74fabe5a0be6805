"""People and the roles they hold. A team is the set of people of one labelling programme."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac


class Role(models.TextChoices):
    RATER = "rater", "Rater"
    LEAD = "lead", "Lead"
    ADMIN = "admin", "Admin"


class User(AbstractUser):
    """A person, or the pseudonym under which somebody's judgments were imported (inactive, no password).

    `disabled_at` tells the one from the other: a disabled person is inactive as well, and can be enabled again.
    No session that began before `signed_out_at` counts. With `second_step_since` set
    a session opens nothing before the second step is passed. `only_team` is set on the instance of a request that came
    with a token: it is nobody outside that team, and no rater in it (workforce/roles.py).
    """

    only_team: int | None = None

    display_name = models.CharField(max_length=120, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    signed_out_at = models.DateTimeField(null=True, blank=True)
    second_step_since = models.DateTimeField(null=True, blank=True)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~models.Q(email=""), name="one_person_per_email"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """What every session carries and each request compares; a new password or a new `signed_out_at` changes it."""
        end = self.signed_out_at.timestamp() if self.signed_out_at else ""
        return salted_hmac("workforce.session", f"{self.password}:{end}", secret=secret, algorithm="sha256").hexdigest()


class Team(models.Model):
    """The people of one labelling programme."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Vendor(models.Model):
    """A company through which raters come to one team. While it is not active, its raters get no work there."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="vendors")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="one_vendor_per_team_and_slug")]

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Which memberships count now."""

    def in_force(self) -> "MembershipQuerySet":
        """Those of people who are not disabled, but none through a vendor whose work has ended."""
        return self.filter(models.Q(vendor=None) | models.Q(vendor__active=True), user__is_active=True)


class Membership(models.Model):
    """One person's role in one team. Somebody may hold several roles; an admin can do what a lead can.

    A rater may come through a vendor of the team.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, related_name="memberships", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

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
