"""No page and no call before the second step, for whoever has one or whose role asks for one."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from workforce import second_step
from workforce.errors import SecondStepNeeded
from workforce.models import User
from workforce.scoping import me

PASSED = "second_step"  # in the session: the mark of the set-up that it passed
OPEN = {"login", "login-link", "logout", "second-step", "second-step-set-up", "words"}


def note_passed(request: HttpRequest, *, user: User) -> None:
    """Let the session remember that it passed, under a new key."""
    request.session.cycle_key()
    request.session[PASSED] = second_step.passed_mark(user=user)


def has_passed(request: HttpRequest) -> bool:
    """Whether this session passed the second step that the person has now."""
    user = me(request)
    mark = second_step.passed_mark(user=user)
    return bool(mark) and request.session.get(PASSED) == mark


class SecondStepGate:
    """Stands behind the middleware that finds the person. A program with a token has no session and is not asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user, match = request.user, request.resolver_match
        if not isinstance(user, User) or (match is not None and match.url_name in OPEN) or has_passed(request):
            return None
        if not user.second_step_since and not second_step.needed(user=user):
            return None
        if request.path.startswith("/api/"):
            refusal = SecondStepNeeded()
            body = {"code": refusal.code, "message": refusal.message, "fields": None}
            return JsonResponse({"error": body}, status=refusal.status)
        page = reverse("second-step" if user.second_step_since else "second-step-set-up")
        came_for = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
        return redirect(page + ("" if came_for == "/" else "?" + urlencode({"next": came_for})))
