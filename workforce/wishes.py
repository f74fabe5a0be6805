"""How a person likes the pages: one row of wishes, the same on every device they sign in on."""

from typing import Any

from django.conf import settings
from django.db import transaction

from workforce.errors import UnknownWish
from workforce.models import Preferences, User

SIZES = range(14, 23)
WISHES = frozenset({"theme", "density", "text_size", "language", "single_keys", "keymap", "cover_sensitive", "notify"})


def wishes_of(*, user: User) -> Preferences:
    """The person's wishes; the defaults, not stored, if they never said. No query for whoever a session found."""
    try:
        return user.preferences
    except Preferences.DoesNotExist:
        return Preferences(user=user)


@transaction.atomic
def set_preferences(*, user: User, **wishes: Any) -> Preferences:
    """Change the named wishes and no others; a wish that is not offered is refused and changes nothing.

    Takes any of WISHES: theme, density, text_size (14 to 22), language (empty: as the browser asks), single_keys,
    keymap, cover_sensitive, notify. What a person likes concerns nobody else, so no audit event is written.
    """
    known: dict[str, Any] = {
        "theme": Preferences.Theme.values,
        "density": Preferences.Density.values,
        "text_size": SIZES,
        "language": ["", *(code for code, _ in settings.LANGUAGES)],
    }
    bad = [name for name, value in wishes.items() if name not in WISHES or value not in known.get(name, [value])]
    if bad:
        raise UnknownWish(fields=dict.fromkeys(bad, UnknownWish().message))
    preferences, _ = Preferences.objects.select_for_update().get_or_create(user=user)
    for name, value in wishes.items():
        setattr(preferences, name, value)
    preferences.save(update_fields=list(wishes) or None)
    user.preferences = preferences
    return preferences
