"""Pages about people: where their work is, members of a project, its audit log."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from workforce import auditing, managing
from workforce.errors import NameTaken
from workforce.forms import AddPersonForm, VendorForm
from workforce.models import AuditEvent, Membership, Role, Team, User
from workforce.scoping import me, page, team_of_project

EVENTS_PER_PAGE = 50


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """On to where the person's work is: the loop for an admin, batches for a lead, the next item for a rater."""
    memberships = Membership.objects.filter(user=me(request), team__project__isnull=False)
    for role, route in ((Role.ADMIN, "project-home"), (Role.LEAD, "batches")):
        membership = memberships.filter(role=role).select_related("team__project").order_by("team_id").first()
        if membership:
            return redirect(route, slug=membership.team.project.slug)
    if memberships.exists():
        return redirect("work")
    return render(request, "workforce/no_project.html")


@login_required
@require_safe
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is in the project and as what."""
    team = team_of_project(request, slug, Role.ADMIN)
    return people_page(request, team)


@login_required
@require_POST
def add_member(request: HttpRequest, slug: str) -> HttpResponse:
    """Admit a person, or come back with what they typed."""
    team = team_of_project(request, slug, Role.ADMIN)
    form = AddPersonForm(request.POST, team=team)
    if not form.is_valid():
        return people_page(request, team, form=form, status=422)
    given = form.cleaned_data
    try:
        user = managing.admit(team=team, actor=me(request), **{**given, "role": Role(given["role"])})
    except NameTaken as taken:
        form.add_error(None, taken.message)
        return people_page(request, team, form=form, status=422)
    messages.success(request, f"{user} is a {given['role']} now. Issue a one-time link so that they can sign in.")
    return redirect("people", slug=slug)


@login_required
@require_POST
def remove_member(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take one role away from one person."""
    team = team_of_project(request, slug, Role.ADMIN)
    membership = get_object_or_404(team.memberships.select_related("user"), pk=pk)
    managing.dismiss(team=team, user=membership.user, role=Role(membership.role), actor=me(request))
    messages.success(request, f"{membership.user} is no longer a {membership.role} here. Their judgments stay.")
    return redirect("people", slug=slug)


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


def people_page(
    request: HttpRequest,
    team: Team,
    *,
    form: AddPersonForm | None = None,
    vendor_form: VendorForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The people page of a team, with a form that came back if one did."""
    folk: dict[User, list[Membership]] = {}
    for membership in team.memberships.select_related("user", "vendor").order_by("user__username", "role"):
        folk.setdefault(membership.user, []).append(membership)
    context = page(
        team,
        "people",
        folk=folk.items(),
        vendors=team.vendors.annotate(raters=Count("memberships")),
        form=form or AddPersonForm(team=team),
        vendor_form=vendor_form or VendorForm(prefix="vendor"),
    )
    return render(request, "workforce/people.html", context, status=status)
