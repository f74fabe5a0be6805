"""Every page in the reader's own language and look: their wishes, else this device's cookies, else the browser's."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from workforce.models import Preferences, User
from workforce.wishes import wishes_of

ENGLISH_ONLY = "/p/"  # pages of leads and admins
YEAR = 365 * 24 * 3600


class WishesMiddleware:
    """Sets `request.wishes` and speaks the reader's language. Stands behind the middleware that finds the person.

    What a person wishes is noted in cookies as well, so that the sign-in page looks as they left it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wishes = _wishes(request)
        request.wishes = wishes  # type: ignore[attr-defined]  # this is where it is set
        language = "en" if request.path.startswith(ENGLISH_ONLY) else wishes.language
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        # Saving the settings replaces them within the request: the cookies follow the newest.
        now: Preferences = request.wishes  # type: ignore[attr-defined]  # set above, perhaps by a view
        if now.pk:
            _note(request, response, "theme", "" if now.theme == Preferences.Theme.SYSTEM else now.theme)
            _note(request, response, settings.LANGUAGE_COOKIE_NAME, now.language)
        return response


def _wishes(request: HttpRequest) -> Preferences:
    wishes = wishes_of(user=request.user) if isinstance(request.user, User) else Preferences()
    theme = request.COOKIES.get("theme")
    if wishes.pk is None and theme in Preferences.Theme.values:
        wishes.theme = theme
    return wishes


def _note(request: HttpRequest, response: HttpResponse, name: str, value: str) -> None:
    if request.COOKIES.get(name, "") == value:
        return
    if value:
        response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    else:
        response.delete_cookie(name, samesite="Lax")
