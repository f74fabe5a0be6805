"""A person's own account: their password and their sessions."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workforce import accounts
from workforce.errors import AssayError
from workforce.scoping import me
from workforce.sessions import LINK, began_by_link


@login_required
@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """How this person signs in, and what they can change about it."""
    return render(request, "account/account.html", {"person": request.user})


@sensitive_post_parameters("old", "new", "again")
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Set a password, or another one. The old one is asked for unless a one-time link has just begun the session."""
    person = me(request)
    by_link = began_by_link(request)
    if request.method != "POST":
        return _password_page(request)
    new, again = request.POST.get("new", ""), request.POST.get("again", "")
    if not new or new != again:
        return _password_page(request, mismatch=True)
    try:
        old = None if by_link else request.POST.get("old", "")
        person = accounts.set_password(user=person, new=new, old=old)
    except AssayError as refusal:
        return _password_page(request, refusal=refusal)
    update_session_auth_hash(request, person)
    request.session.pop(LINK, None)
    messages.success(request, _("The password is set. Every other session of yours has ended."))
    return redirect("home" if by_link else "account")


@login_required
@require_POST
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End every session but this one."""
    person = me(request)
    update_session_auth_hash(request, accounts.sign_out_everywhere(user=person))
    messages.success(request, _("Every other session of yours has ended."))
    return redirect("account")


def _password_page(request: HttpRequest, *, mismatch: bool = False, refusal: AssayError | None = None) -> HttpResponse:
    context = {
        "by_link": began_by_link(request),
        "mismatch": mismatch,
        "refusal": refusal,
        "longest": accounts.PASSWORD_MAX,
    }
    status = 422 if mismatch else refusal.status if refusal else 200
    response = render(request, "account/password.html", context, status=status)
    if refusal and refusal.retry_after:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response
