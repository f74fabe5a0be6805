"""Whose a session is, and how long it lasts: half a day at most, and two hours without a request."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from workforce.compiled import Blanks, Compiled
from workforce.models import User
from workforce.session_store import take_person

NOTED_EVERY = 300  # seconds; between two notes a session is only read
BEGAN, SEEN, LINK = "began", "seen", "link"
LINK_SECONDS = 1800


class PersonBackend(ModelBackend):
    """Takes the person of a session as they were found with it, with their wishes, which every page asks for."""

    def get_user(self, user_id: int) -> User | None:
        person = take_person(pk=user_id) or _person.first(person=user_id)
        return person if person is not None and self.user_can_authenticate(person) else None


@Compiled
def _person(blanks: Blanks) -> QuerySet[User]:
    return User.objects.select_related("preferences").filter(pk=blanks.key("person")).order_by()


def begin_session(request: HttpRequest, *, user: User, by_link: bool = False) -> None:
    """Sign the person in on this device, under a new session key."""
    login(request, user, backend="workforce.sessions.PersonBackend")
    now = time.time()
    request.session.update({BEGAN: now, SEEN: now} | ({LINK: now} if by_link else {}))


def began_by_link(request: HttpRequest) -> bool:
    """Whether a one-time link began this session within the last half hour."""
    return time.time() - request.session.get(LINK, 0) < LINK_SECONDS


class SessionLimits:
    """Ends a session that is too old or was left alone. Stands behind the middleware that finds the person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            session, now = request.session, time.time()
            began, seen = session.get(BEGAN, now), session.get(SEEN, 0)
            if now - began > settings.SESSION_COOKIE_AGE or (seen and now - seen > settings.SESSION_IDLE_SECONDS):
                logout(request)
            elif now - seen > NOTED_EVERY:
                session[BEGAN], session[SEEN] = began, now
        return self.get_response(request)
