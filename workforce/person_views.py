"""One person of a project, for its admins: their address, a one-time link, and whether they may sign in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from workforce import accounts, managing, second_step
from workforce.errors import NameTaken
from workforce.forms import EmailForm
from workforce.models import Role, Team, User
from workforce.scoping import me, page, team_of_project


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What an admin sees of one person; POST changes their address."""
    team, someone = _person_of(request, slug, pk)
    form = EmailForm(request.POST or None, initial={"email": someone.email})
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            accounts.set_email(team=team, user=someone, email=email, actor=me(request))
        except NameTaken as taken:
            form.add_error("email", taken.message)
        else:
            messages.success(request, f"{someone} can sign in with {email}." if email else "The address is gone.")
            return redirect("person", slug=slug, pk=pk)
    memberships = team.memberships.filter(user=someone).select_related("vendor").order_by("role")
    context = page(team, "people", person=someone, memberships=memberships, form=form)
    return render(request, "workforce/person.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_POST
def link(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Issue a one-time link and show it in this answer only."""
    team, someone = _person_of(request, slug, pk)
    token = managing.invite(team=team, user=someone, actor=me(request))
    address = request.build_absolute_uri(reverse("login-link", args=[token]) + "?welcome")
    return render(request, "workforce/link_issued.html", page(team, "people", person=someone, link=address))


@login_required
@require_POST
def disable(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """End the person's access, everywhere and at once."""
    team, someone = _person_of(request, slug, pk)
    accounts.disable(team=team, user=someone, actor=me(request))
    messages.success(request, f"{someone} cannot sign in any more. Their labels stay.")
    return redirect("person", slug=slug, pk=pk)


@login_required
@require_POST
def enable(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let the person sign in again."""
    team, someone = _person_of(request, slug, pk)
    accounts.enable(team=team, user=someone, actor=me(request))
    messages.success(request, f"{someone} can sign in again.")
    return redirect("person", slug=slug, pk=pk)


@login_required
@require_POST
def reset_second_step(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take the person's second step away, so that they can set up another phone."""
    team, someone = _person_of(request, slug, pk)
    second_step.reset(team=team, user=someone, actor=me(request))
    messages.success(request, f"{someone} is signed out and can set up the second step anew.")
    return redirect("person", slug=slug, pk=pk)


def _person_of(request: HttpRequest, slug: str, pk: int) -> tuple[Team, User]:
    """The team, for one of its admins, and somebody in it. Raises Http404 or NotAllowed."""
    team = team_of_project(request, slug, Role.ADMIN)
    return team, get_object_or_404(User.objects.filter(memberships__team=team).distinct(), pk=pk)
