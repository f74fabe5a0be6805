"""The second step: pass it, set it up, switch it off."""

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from workforce import second_step, totp
from workforce.devices import known_device, note_device
from workforce.errors import AssayError
from workforce.models import User
from workforce.scoping import me
from workforce.second_step_gate import has_passed, note_passed

ISSUER = "Assay"


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pass_it(request: HttpRequest) -> HttpResponse:
    """Ask for the code, and go on to where the person was going."""
    person = me(request)
    if not person.second_step_since or has_passed(request):
        return redirect(_next(request))
    refusal = None
    if request.method == "POST":
        try:
            _verify(request, person)
        except AssayError as error:
            refusal = error
        else:
            note_passed(request, user=person)
            response = redirect(_next(request))
            note_device(request, response, user=person)
            return response
    return _answer(request, "account/second_step.html", refusal, next=_wanted(request))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Show the secret as QR code and text; a right code puts it in force and shows the recovery codes once.

    Somebody who has a second step passes it first, then replaces it here.
    """
    person = me(request)
    if person.second_step_since and not has_passed(request):
        return redirect("second-step")
    refusal = None
    if request.method == "POST":
        try:
            person, codes = second_step.confirm(user=person, code=request.POST.get("code", ""))
        except AssayError as error:
            refusal = error
        else:
            note_passed(request, user=person)
            context = {"codes": codes, "next": _next(request)}
            response = render(request, "account/recovery_codes.html", context)
            note_device(request, response, user=person)
            return response
    return _set_up_page(request, person, refusal)


@login_required
@require_POST
def switch_off(request: HttpRequest) -> HttpResponse:
    """Do without it, after one more code."""
    person = me(request)
    try:
        _verify(request, person)
        second_step.drop(user=person)
    except AssayError as refusal:
        return _set_up_page(request, person, refusal)
    messages.success(request, _("The second step is off."))
    return redirect("account")


def _set_up_page(request: HttpRequest, person: User, refusal: AssayError | None) -> HttpResponse:
    secret = second_step.pending_secret(user=person)
    address = totp.address(secret=secret, issuer=ISSUER, account=person.username)
    image = segno.make(address, error="m").svg_data_uri(scale=4, border=4, dark="#000", light="#fff")
    return _answer(
        request,
        "account/second_step_set_up.html",
        refusal,
        image=image,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        has_one=person.second_step_since is not None,
        needed=second_step.needed(user=person),
        left=person.recovery_codes.filter(used_at=None).count(),
        next=_wanted(request),
    )


def _answer(request: HttpRequest, template: str, refusal: AssayError | None, **context: object) -> HttpResponse:
    status = refusal.status if refusal else 200
    response = render(request, template, {"refusal": refusal, **context}, status=status)
    if refusal and refusal.retry_after:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _verify(request: HttpRequest, person: User) -> None:
    device = known_device(request, user=person)
    second_step.verify(user=person, code=request.POST.get("code", "")[:64], device=device)


def _wanted(request: HttpRequest) -> str:
    return request.POST.get("next", request.GET.get("next", ""))


def _next(request: HttpRequest) -> str:
    wanted = _wanted(request)
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else resolve_url("home")
