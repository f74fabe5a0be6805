"""What drf-spectacular cannot see by itself: how our API recognises a caller. Imported with the address book."""

from drf_spectacular.authentication import SessionScheme


class CookieSession(SessionScheme):
    """Our session class is DRF's with another answer to strangers; to a client it is the same cookie."""

    target_class = "config.api.SessionAuthentication"
    name = "session"
