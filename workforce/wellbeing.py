"""Where somebody finds support beside distressing work: a page or a number, and the person who may be told."""

from dataclasses import dataclass

from django.conf import settings

from workforce.models import User


@dataclass(frozen=True, slots=True)
class Support:
    """A page and a name or number to call; either may be empty."""

    url: str
    text: str

    def __bool__(self) -> bool:
        return bool(self.url or self.text)


def support() -> Support:
    """What SUPPORT_URL and SUPPORT_TEXT name. An address that is none of the web's is left out."""
    url = settings.SUPPORT_URL if settings.SUPPORT_URL.startswith(("https://", "http://", "mailto:", "tel:")) else ""
    return Support(url=url, text=settings.SUPPORT_TEXT)


def contact() -> User | None:
    """The active person whom WELLBEING_CONTACT names."""
    name = settings.WELLBEING_CONTACT
    return User.objects.filter(username=name, is_active=True).first() if name else None


def contact_for(*, user: User) -> User | None:
    """Whom the person may let read how it was; None if nobody is named, or they are that person."""
    found = contact()
    return None if found == user else found
