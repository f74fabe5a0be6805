"""A person's settings: how the pages look, in what language, and which keys do what.

A form without script sends every field; the script sends what changed as JSON and is answered in JSON.
"""

import json
from typing import Any

from django.conf import settings as site
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from annotation import shortcuts
from workforce.errors import AssayError
from workforce.models import Preferences, User
from workforce.numerals import whole_number
from workforce.scoping import me
from workforce.wishes import SIZES, set_preferences

THEMES = [("system", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))]
DENSITIES = [("comfortable", _("Comfortable")), ("compact", _("Compact"))]
TICKS = ("cover_sensitive", "notify")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """The settings of the person; POST changes how the pages look and what they are told."""
    if request.method != "POST":
        return _page(request)
    given, whole = _given(request)
    wishes: dict[str, Any] = {name: str(given[name]) for name in ("theme", "density", "language") if name in given}
    if "text_size" in given:
        wishes["text_size"] = whole_number(str(given["text_size"]))
    wishes.update({name: bool(given.get(name)) for name in TICKS if whole or name in given})
    return _answer(request, lambda person: set_preferences(user=person, **wishes), "")


@login_required
@require_POST
def settings_keys(request: HttpRequest) -> HttpResponse:
    """Other keys for acts (`key-<act>`), one act or all back to what they were (`reset`), single keys on or off."""
    given, whole = _given(request)
    keys = {name.removeprefix("key-"): str(key) for name, key in given.items() if name.startswith("key-")}

    def change(person: User) -> Preferences:
        if "reset" in given:
            act = str(given["reset"])
            return shortcuts.reset_keys(user=person, act=None if act == "all" else act)
        switch = bool(given.get("single_keys")) if whole or "single_keys" in given else None
        return shortcuts.change_keys(user=person, keys=keys, single_keys=switch)

    return _answer(request, change, "#keys")


def _given(request: HttpRequest) -> tuple[dict[str, Any], bool]:
    """What was sent, and whether it is a whole form, in which a box that is absent is not ticked."""
    if request.content_type != "application/json":
        return request.POST.dict(), True
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    return (body if isinstance(body, dict) else {}), False


def _answer(request: HttpRequest, change: Any, place: str) -> HttpResponse:
    script = request.content_type == "application/json"
    person = me(request)
    try:
        wishes = change(person)
    except AssayError as error:
        if script:
            body = {"code": error.code, "message": error.message, "fields": error.fields}
            return JsonResponse({"error": body}, status=error.status)
        return _page(request, error)
    request.wishes = wishes  # type: ignore[attr-defined]  # WishesMiddleware's
    if script:
        return JsonResponse({"keys": {act: shortcuts.shown(key) for act, key in shortcuts.keys_of(wishes).items()}})
    return redirect(reverse("settings") + place)


def _page(request: HttpRequest, refusal: AssayError | None = None) -> HttpResponse:
    wishes: Preferences = request.wishes  # type: ignore[attr-defined]  # WishesMiddleware's
    keys = shortcuts.keys_of(wishes)
    rows = [
        {
            "act": row.act,
            "text": row.text,
            "shown": [shortcuts.shown(keys[row.act])] if row.key else row.keys,
            "own": row.key,
            "first": shortcuts.shown(row.key),
            "changed": row.act in wishes.keymap,
        }
        for row in shortcuts.TABLE
    ]
    context = {
        "wishes": wishes,
        "rows": rows,
        "themes": THEMES,
        "densities": DENSITIES,
        "sizes": SIZES,
        "languages": site.LANGUAGES,
        "refusal": refusal,
    }
    return render(request, "work/settings.html", context, status=refusal.status if refusal else 200)
