"""What drf-spectacular cannot see by itself: how our API recognises a caller. Imported with the address book."""

import re
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from config.scopes import AREAS


class CookieSession(SessionScheme):
    """Our session class is DRF's with another answer to strangers; to a client it is the same cookie."""

    target_class = "config.api.SessionAuthentication"
    name = "session"


class BearerToken(OpenApiAuthenticationExtension):
    """A program's token in the Authorization header."""

    target_class = "config.api.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer"}


class Schema(AutoSchema):
    """An operation that no token can reach does not offer one."""

    def get_auth(self) -> list[dict[str, Any]]:
        auth: list[dict[str, Any]] = super().get_auth()
        area = AREAS.get(_names().get(_blank(self.path), ""))
        return [one for one in auth if area is not None or "token" not in one]


@cache
def _names() -> dict[str, str]:
    """The names of addresses by their path, with parameters left blank."""
    found: dict[str, str] = {}

    def walk(patterns: list[URLPattern | URLResolver], place: str) -> None:
        for pattern in patterns:
            here = place + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, here)
            else:
                found[_blank("/" + here)] = pattern.name or ""

    walk(get_resolver().url_patterns, "")
    return found


def _blank(path: str) -> str:
    return re.sub(r"<[^>]*>|{[^}]*}", "{}", path)
