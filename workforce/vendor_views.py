"""Vendors on the people page: add one, end its work or take it up again, let a rater come through another."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from workforce import vendors
from workforce.forms import VendorForm
from workforce.models import Role
from workforce.scoping import me, team_of_project
from workforce.vendors import VendorNameTaken
from workforce.views import people_page


@login_required
@require_POST
def add_vendor(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a vendor, or come back with what was typed."""
    team = team_of_project(request, slug, Role.ADMIN)
    form = VendorForm(request.POST, prefix="vendor")
    if form.is_valid():
        try:
            vendor = vendors.make_vendor(team=team, name=form.cleaned_data["name"], actor=me(request))
        except VendorNameTaken as taken:
            form.add_error("name", taken.message)
        else:
            messages.success(request, f"{vendor} can send raters now.")
            return redirect("people", slug=slug)
    return people_page(request, team, vendor_form=form, status=422)


@login_required
@require_POST
def switch_vendor(request: HttpRequest, slug: str, pk: int, active: bool) -> HttpResponse:
    """End a vendor's work, or take it up again."""
    team = team_of_project(request, slug, Role.ADMIN)
    vendor = get_object_or_404(team.vendors, pk=pk)
    vendors.set_vendor_active(vendor=vendor, active=active, actor=me(request))
    if active:
        messages.success(request, f"Raters of {vendor} get work again.")
    else:
        messages.success(request, f"Raters of {vendor} get no more work here. Their labels stay.")
    return redirect("people", slug=slug)


@login_required
@require_POST
def move_member(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let a rater come through the chosen vendor (`vendor`, empty: directly)."""
    team = team_of_project(request, slug, Role.ADMIN)
    membership = get_object_or_404(team.memberships.select_related("user", "team"), pk=pk)
    chosen = request.POST.get("vendor", "")
    vendor = get_object_or_404(team.vendors, slug=chosen) if chosen else None
    vendors.move_member(membership=membership, vendor=vendor, actor=me(request))
    way = f"comes through {vendor}" if vendor else "comes directly"
    messages.success(request, f"{membership.user} {way} now.")
    return redirect("people", slug=slug)
