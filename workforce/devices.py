"""From where somebody signs in: the address, and whether they have signed in on this device before."""

import ipaddress
import secrets
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from workforce.models import User

COOKIE = "__Host-device" if settings.PRODUCTION else "device"
SALT = "workforce.device"
DAYS = 180
PEOPLE = 8  # who share a device; the one who was there longest ago is forgotten first


def address_of(request: HttpRequest) -> str:
    """The caller's network address as the nearest trusted proxy saw it; of IPv6 the network, which is one customer."""
    told = request.headers.get("X-Forwarded-For", "").split(",")
    proxies: int = settings.TRUSTED_PROXIES
    text = told[-proxies].strip() if 0 < proxies <= len(told) and told[-proxies].strip() else ""
    text = text or request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)


def known_device(request: HttpRequest, *, user: User) -> str:
    """The name of this device if the person has signed in on it, else an empty string."""
    device = _device(request)
    return device["id"] if user.pk in device["people"] else ""


def note_device(request: HttpRequest, response: HttpResponse, *, user: User) -> None:
    """Let the device remember, in a signed cookie, that this person has signed in on it."""
    device = _device(request)
    people = [pk for pk in device["people"] if pk != user.pk][1 - PEOPLE :]
    value = signing.dumps({"id": device["id"], "people": [*people, user.pk]}, salt=SALT)
    response.set_cookie(
        COOKIE, value, max_age=DAYS * 24 * 3600, secure=settings.PRODUCTION, httponly=True, samesite="Lax"
    )


def _device(request: HttpRequest) -> dict[str, Any]:
    try:
        device: dict[str, Any] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=DAYS * 24 * 3600)
    except signing.BadSignature:
        device = {"id": secrets.token_urlsafe(12), "people": []}
    return device
