"""One shape for every refusal: {"error": {"code", "message", "fields"}} in the API, a page elsewhere."""

import sys
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from workforce.errors import AssayError

SENTENCES = {
    status.HTTP_401_UNAUTHORIZED: (
        "not_signed_in",
        _("You are not signed in. Nothing was changed. Sign in and try again."),
    ),
    status.HTTP_403_FORBIDDEN: (
        "forbidden",
        _("Your role does not allow this. Nothing was changed. Ask an admin of the project."),
    ),
    status.HTTP_404_NOT_FOUND: (
        "not_found",
        _("There is nothing here that you can see. Check the address or ask a lead."),
    ),
}


class DatabaseAway(AssayError):
    """The database does not answer right now. What was saved before is safe, but this may not have been. Try again in
    a few seconds.
    """

    code = "database_away"
    status = 503
    retry_after = 5


class OurFault(AssayError):
    """The server met a fault of its own. What was saved before is safe, but this was not done. Try again, and tell an
    admin the time and the address if it happens twice.
    """

    code = "our_fault"
    status = 500


def api_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every error in our shape."""
    body: dict[str, Any]
    if isinstance(error, AssayError):
        return Response(_body(error), status=error.status, headers=_headers(error))
    if isinstance(error, RequestDataTooBig):
        body = {
            "code": "body_too_large",
            "message": gettext("This request is too large. Nothing was changed. Send less at a time."),
            "fields": None,
        }
        return Response({"error": body}, status=status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        body = {
            "code": "invalid",
            "message": gettext("Some fields need another value. Nothing was changed."),
            "fields": error.detail,
        }
    elif response.status_code in SENTENCES and not _is_csrf(error):
        code, message = SENTENCES[response.status_code]
        body = {"code": code, "message": str(message), "fields": None}
    else:
        code = getattr(error, "default_code", "error")
        body = {"code": code, "message": str(getattr(error, "detail", error)), "fields": None}
    response.data = {"error": body}
    return response


def _body(error: AssayError) -> dict[str, Any]:
    return {"error": {"code": error.code, "message": error.message, "fields": error.fields}}


def _headers(error: AssayError) -> dict[str, str]:
    if error.status == status.HTTP_401_UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    return {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}


def _with_headers(page: HttpResponse, error: AssayError) -> HttpResponse:
    for name, value in _headers(error).items():
        page.headers[name] = value
    return page


def _is_csrf(error: Exception) -> bool:
    return isinstance(error, exceptions.PermissionDenied | PermissionDenied) and "CSRF" in str(error)


class RefusalMiddleware:
    """Turns a refusal raised by a verb in an ordinary view into a page with the sentence and the code."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, AssayError):
            return None
        return _with_headers(render(request, "refused.html", {"refusal": error}, status=error.status), error)


def not_found(request: HttpRequest, exception: Http404 | None = None) -> HttpResponse:
    """The page for an address that leads nowhere, or to something the reader may not see."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to an error that nobody foresaw, without a trace of it: our own fault, or a database that is away.

    It asks the database for nothing. Django calls it while the error is being handled.
    """
    away = database_is_away(sys.exception())
    refusal = DatabaseAway() if away else OurFault()
    if request.path.startswith("/api/"):
        return JsonResponse(_body(refusal), status=refusal.status, headers=_headers(refusal))
    return _with_headers(render(request, "503.html" if away else "500.html", status=refusal.status), refusal)


def database_is_away(error: BaseException | None) -> bool:
    """Whether the database was not there, broke off or had no room, time or lock for it: not a fault in what was asked.

    SQLite reports a wrong statement by the same class, under a code of its own.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return getattr(error.__cause__, "sqlite_errorname", "") != "SQLITE_ERROR"
