"""The way in: name and password, or a one-time link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from workforce import people, signing_in
from workforce.devices import address_of, known_device, note_device
from workforce.errors import AssayError
from workforce.sessions import begin_session


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password; whoever is signed in goes on. What was typed as name comes back, the password never."""
    if request.user.is_authenticated:
        return redirect(_next(request))
    if request.method != "POST":
        return _page(request)
    name, password = request.POST.get("username", "").strip(), request.POST.get("password", "")
    if not name or not password:
        return _page(request, name=name, missing=True)
    attempt = signing_in.Attempt(name=name[:254], password=password, address=address_of(request))
    person = signing_in.find_person(name=attempt.name)
    device = known_device(request, user=person) if person else ""
    try:
        person = signing_in.check(attempt=attempt, person=person, device=device)
    except AssayError as refusal:
        return _page(request, name=name, refusal=refusal)
    begin_session(request, user=person)
    response = redirect(_next(request))
    if not person.second_step_since:  # else the device is known once that is passed
        note_device(request, response, user=person)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows whom the link signs in, so that a mail scanner cannot spend it; POST spends it.

    With `?welcome` in the address the next page is the one on which a password is set.
    """
    if request.method != "POST":
        return render(request, "workforce/login_link.html", {"person": people.find_login_link(token=token).user})
    person = people.spend_login_link(token=token)
    begin_session(request, user=person, by_link=True)
    response = redirect("account-password" if "welcome" in request.GET else "home")
    if not person.second_step_since:
        note_device(request, response, user=person)
    return response


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next", request.GET.get("next", ""))
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe and wanted != reverse("login") else resolve_url("home")


def _page(
    request: HttpRequest, *, name: str = "", missing: bool = False, refusal: AssayError | None = None
) -> HttpResponse:
    wait = refusal.retry_after if refusal and refusal.retry_after else 0
    context = {
        "name": name,
        "next": request.POST.get("next", request.GET.get("next", "")),
        "missing": missing,
        "refusal": refusal,
        "minutes": -(-wait // 60) if wait > 60 else 0,
    }
    # A wrong password is answered with 200: the page is what was asked for, and browsers then offer to try again.
    status = refusal.status if refusal and wait else 200
    response = render(request, "workforce/login.html", context, status=status)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
