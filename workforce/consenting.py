"""What distressing content a person agrees to be given. Agreeing or not touches nothing else: no pay, no standing.

The audit log says that somebody changed their wishes, never which: a category is a private matter.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from workforce import auditing
from workforce.errors import AssayError
from workforce.models import CheckIn, Consent, User
from workforce.wellbeing import contact_for

CATEGORY_MAX = 9
SEVERITIES = range(1, 4)
STREAM = "platform"


class NoSuchConsent(AssayError):
    """There is no such category or severity to agree to. Nothing was changed. Load the page again."""

    code = "no_such_consent"
    status = 422


def consented(*, user: User, category: str, severity: int) -> bool:
    """Whether the person agrees to this category at this severity (1 mild to 3 severe)."""
    return Consent.objects.filter(user=user, category=category, up_to__gte=severity).exists()


def consents_of(*, user: User) -> dict[str, int]:
    """{category: highest severity agreed to}."""
    return dict(Consent.objects.filter(user=user).values_list("category", "up_to"))


@transaction.atomic
def agree(*, user: User, category: str, up_to: int) -> None:
    """Set how severe content of the category may be: 1 to 3, or 0 for none of it. Counts at once.

    Raises NoSuchConsent.
    """
    if not 0 < len(category) <= CATEGORY_MAX or (up_to and up_to not in SEVERITIES):
        raise NoSuchConsent
    if consents_of(user=user).get(category, 0) == up_to:
        return
    if up_to:
        Consent.objects.update_or_create(user=user, category=category, defaults={"up_to": up_to})
    else:
        Consent.objects.filter(user=user, category=category).delete()
    auditing.record(stream=STREAM, actor=user, verb="change_consent", target=f"user:{user.username}")


def check_in(*, user: User, feeling: str, share_with: int | None = None) -> CheckIn:
    """Note how the person felt after distressing work. It is nobody else's matter, so no audit event is written.

    `share_with`: primary key of the wellbeing contact, if the person lets them read it. Somebody who is not the
    contact (any more) is not told. Raises NoSuchConsent for a feeling that is not offered.
    """
    if feeling not in CheckIn.Feeling.values:
        raise NoSuchConsent(_("There is no such answer. Nothing was noted. Choose one of the three, or none."))
    contact = contact_for(user=user)
    told = contact if contact is not None and contact.pk == share_with else None
    return CheckIn.objects.create(user=user, feeling=feeling, shared_with=told)
