"""Pages about people: the way in, members of a project, its audit log."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workforce import auditing, managing, people
from workforce.forms import AddPersonForm
from workforce.models import AuditEvent, Membership, Role, Team, User
from workforce.scoping import page, team_of_project

EVENTS_PER_PAGE = 50


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """On to where the person's work is: the loop for an admin, batches for a lead, the next item for a rater."""
    memberships = Membership.objects.filter(user=_me(request), team__project__isnull=False)
    for role, route in ((Role.ADMIN, "project-home"), (Role.LEAD, "batches")):
        membership = memberships.filter(role=role).select_related("team__project").order_by("team_id").first()
        if membership:
            return redirect(route, slug=membership.team.project.slug)
    if memberships.exists():
        return redirect("work")
    return render(request, "workforce/no_project.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows whom the link signs in, so that a mail scanner cannot spend it; POST spends it."""
    if request.method != "POST":
        return render(request, "workforce/login_link.html", {"person": people.find_login_link(token=token).user})
    login(request, people.spend_login_link(token=token), backend="django.contrib.auth.backends.ModelBackend")
    return redirect("home")


@login_required
@require_safe
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is in the project and as what."""
    team = team_of_project(request, slug, Role.ADMIN)
    return _members(request, team, AddPersonForm())


@login_required
@require_POST
def add_member(request: HttpRequest, slug: str) -> HttpResponse:
    """Admit a person, or come back with what they typed."""
    team = team_of_project(request, slug, Role.ADMIN)
    form = AddPersonForm(request.POST)
    if not form.is_valid():
        return _members(request, team, form, status=422)
    given = form.cleaned_data
    user = managing.admit(team=team, actor=_me(request), **{**given, "role": Role(given["role"])})
    messages.success(request, f"{user} is a {given['role']} now. Issue a one-time link so that they can sign in.")
    return redirect("people", slug=slug)


@login_required
@require_POST
def remove_member(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take one role away from one person."""
    team = team_of_project(request, slug, Role.ADMIN)
    membership = get_object_or_404(team.memberships.select_related("user"), pk=pk)
    managing.dismiss(team=team, user=membership.user, role=Role(membership.role), actor=_me(request))
    messages.success(request, f"{membership.user} is no longer a {membership.role} here. Their judgments stay.")
    return redirect("people", slug=slug)


@login_required
@never_cache
@require_POST
def member_link(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Issue a one-time link and show it in this answer only."""
    team = team_of_project(request, slug, Role.ADMIN)
    person = get_object_or_404(User.objects.filter(memberships__team=team).distinct(), pk=pk)
    token = managing.invite(team=team, user=person, actor=_me(request))
    link = request.build_absolute_uri(reverse("login-link", args=[token]))
    return render(request, "workforce/link_issued.html", page(team, "people", person=person, link=link))


@login_required
@require_safe
def audit(request: HttpRequest, slug: str) -> HttpResponse:
    """Who did what, newest first."""
    team = team_of_project(request, slug, Role.ADMIN)
    events = AuditEvent.objects.filter(stream=team.slug).select_related("actor").order_by("-sequence")
    events_page = Paginator(events, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "workforce/audit.html", page(team, "audit", page=events_page))


@login_required
@require_POST
def audit_verify(request: HttpRequest, slug: str) -> HttpResponse:
    """Recompute every hash of the chain and say whether they fit."""
    team = team_of_project(request, slug, Role.ADMIN)
    broken, count = auditing.verify_chain(stream=team.slug), AuditEvent.objects.filter(stream=team.slug).count()
    if broken is None:
        messages.success(request, f"The chain is whole: all {count} events fit.")
    else:
        messages.error(request, f"The chain breaks at event {broken}. Compare with a backup from before it.")
    return redirect("audit", slug=slug)


def _members(request: HttpRequest, team: Team, form: AddPersonForm, status: int = 200) -> HttpResponse:
    memberships = team.memberships.select_related("user").order_by("user__username", "role")
    folk: dict[User, list[Membership]] = {}
    for membership in memberships:
        folk.setdefault(membership.user, []).append(membership)
    return render(request, "workforce/people.html", page(team, "people", folk=folk.items(), form=form), status=status)


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 (every caller is behind login_required)
    return request.user
