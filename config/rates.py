"""Which addresses count towards which rate of a person (settings.RATES), in the API and on pages alike."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import ResolverMatch
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from workforce import throttling
from workforce.errors import TooManyRequests
from workforce.models import User

COUNTED = {
    ("api-claim", "POST"): "claim",
    ("label", "GET"): "claim",
    ("label-next", "POST"): "claim",
    ("api-submit", "POST"): "submit",
    ("api-revise", "POST"): "submit",
    ("label", "POST"): "submit",
    ("api-import", "POST"): "import",
    ("import-new", "POST"): "import",
    ("api-preference-set-lines", "GET"): "export",
    ("api-demonstration-set-lines", "GET"): "export",
    ("preference-set-download", "GET"): "export",
    ("demonstration-set-download", "GET"): "export",
    ("batch-export", "GET"): "export",
}


class PersonRate(BaseThrottle):
    """The API's part: counts for the person of the session or of the token, after their scope was checked."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Raises TooManyRequests, which is answered in the shape of every refusal."""
        what = _counted(request.resolver_match, request.method)
        if what and isinstance(request.user, User):
            throttling.take(what=what, who=str(request.user.pk))
        return True


class PersonRateMiddleware:
    """The pages' part. Stands last, so that whoever is sent away for another reason is not counted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        what = _counted(request.resolver_match, request.method)
        if not what or request.path.startswith("/api/") or not isinstance(request.user, User):
            return None
        try:
            throttling.take(what=what, who=str(request.user.pk))
        except TooManyRequests as refusal:
            if request.accepts("text/html"):
                response: HttpResponse = render(request, "refused.html", {"refusal": refusal}, status=refusal.status)
            else:
                body = {"code": refusal.code, "message": refusal.message, "fields": None}
                response = JsonResponse({"error": body}, status=refusal.status)
            response.headers["Retry-After"] = str(refusal.retry_after)
            return response
        return None


def _counted(match: ResolverMatch | None, method: str | None) -> str | None:
    return COUNTED.get((match.url_name or "", method or "")) if match else None
