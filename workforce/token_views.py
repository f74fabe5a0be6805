"""API tokens of a project: a lead sees their own, an admin all."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from workforce import roles, tokens
from workforce.models import ApiToken, Role, Team, User
from workforce.scoping import me, page, team_of_project

WAYS = {"read": "read", "write": "read and write"}


SCOPES = [
    (scope, f"{WAYS[scope.partition(':')[2]]} {tokens.AREAS[scope.partition(':')[0]]}") for scope in tokens.SCOPES
]


class TokenForm(forms.Form):
    """What a program is called, what it may do, and for how long."""

    name = forms.CharField(
        label="What it is for", max_length=80, error_messages={"required": "Say what the token is for."}
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=SCOPES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one."},
    )
    days = forms.TypedChoiceField(
        label="Ends after", coerce=int, choices=[(days, f"{days} days") for days in tokens.DAYS], initial=90
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The tokens of the project; POST makes one and shows its secret in this answer only."""
    team = team_of_project(request, slug, Role.LEAD)
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        token, secret = tokens.make_token(team=team, actor=me(request), **form.cleaned_data)
        return render(request, "workforce/token_made.html", page(team, "tokens", token=token, secret=secret))
    context = page(team, "tokens", form=form, tokens=_seen(team, me(request)), now=timezone.now())
    return render(request, "workforce/tokens.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """End a token."""
    team = team_of_project(request, slug, Role.LEAD)
    token = get_object_or_404(_seen(team, me(request)), pk=pk)
    tokens.revoke_token(token=token, actor=me(request))
    messages.success(request, f"{token} works no more.")
    return redirect("tokens", slug=slug)


def _seen(team: Team, user: User) -> QuerySet[ApiToken]:
    found = team.api_tokens.select_related("user", "team")
    return found if roles.holds(user=user, team=team, role=Role.ADMIN) else found.filter(user=user)
