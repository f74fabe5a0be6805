"""Stretches of time in words, the same on every page of a rater."""

from django.utils.translation import gettext as _


def span(ms: int) -> str:
    """Hours and minutes, rounded to the minute: "1 h 05 min", "12 min"."""
    hours, rest = divmod(round(ms / 60_000), 60)
    if hours:
        return _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": rest}
    return _("%(minutes)d min") % {"minutes": rest}
