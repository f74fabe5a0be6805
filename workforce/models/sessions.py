"""Sessions of the browser, each with whose it is."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

if TYPE_CHECKING:
    from workforce.session_store import SessionStore


class Session(AbstractBaseSession):
    """What is kept for a browser. `person` is who is signed in there, so that both are found at once."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="sessions")

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        from workforce.session_store import SessionStore  # it imports this model

        return SessionStore
