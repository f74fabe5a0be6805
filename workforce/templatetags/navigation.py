"""Which pages the reader can open, for what is drawn only: every view authorises for itself."""

from typing import Any

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from workforce.models import Membership, Role
from workforce.roles import GRANTED_BY
from workforce.scoping import roles_by_project

register = template.Library()

# (url name, words, role that sees it, other entries that belong to it)
LEAD_PAGES = [
    ("project-home", "Loop", Role.ADMIN, ("home",)),
    ("batches", "Batches", Role.LEAD, ()),
    ("desk", "Desk", Role.LEAD, ()),
    ("disputes", "Adjudication", Role.LEAD, ()),
    ("rubrics", "Rubrics", Role.LEAD, ()),
    ("imports", "Data", Role.LEAD, ("prompts",)),
    ("agreement", "Agreement", Role.LEAD, ("leaderboard",)),
    ("raters", "Raters", Role.LEAD, ()),
    ("sets", "Sets", Role.LEAD, ()),
    ("messages", "Messages", Role.LEAD, ()),
    ("runs", "Runs", Role.ADMIN, ()),
    ("models", "Models", Role.ADMIN, ()),
    ("rounds", "Next round", Role.ADMIN, ()),
    ("people", "People", Role.ADMIN, ()),
    ("audit", "Audit", Role.ADMIN, ()),
    ("tokens", "API tokens", Role.LEAD, ()),
]


@register.simple_tag(takes_context=True)
def held_roles(context: template.Context) -> dict[str, bool]:
    """{"rater", "lead", "admin"} → whether held in any team; an admin counts as a lead. One query a request."""
    request: HttpRequest | None = context.get("request")
    if request is None or not request.user.is_authenticated:
        return {}
    held: dict[str, bool] | None = getattr(request, "held_roles", None)
    if held is None:
        found = set(Membership.objects.filter(user_id=request.user.pk).values_list("role", flat=True))
        admin = Role.ADMIN in found
        held = {"rater": Role.RATER in found, "lead": admin or Role.LEAD in found, "admin": admin}
        request.held_roles = held  # type: ignore[attr-defined]  # kept for the same request
    return held


@register.simple_tag
def reads_check_ins(user: Any) -> bool:
    """Whether the person is the wellbeing contact, whose page it is. No query."""
    return bool(settings.WELLBEING_CONTACT) and user.get_username() == settings.WELLBEING_CONTACT


@register.simple_tag
def lead_pages(user: Any, project: Any, nav: str) -> list[dict[str, Any]]:
    """Entries of the top bar of a project's page, for the roles held in that project: words, url, current."""
    if not project or not user.is_authenticated:
        return []
    held = roles_by_project(user).get(project, set())
    seen = [entry for entry in LEAD_PAGES if held & GRANTED_BY[entry[2]]]
    return [
        {"words": words, "url": reverse(name, args=[project.slug]), "current": nav == name or nav in belonging}
        for name, words, _, belonging in seen
    ]


@register.simple_tag
def projects_of(user: Any) -> list[dict[str, Any]]:
    """The projects the person can go to, by name, each with its first page for their role there."""
    if not user.is_authenticated:
        return []
    return [
        {"name": project.name, "slug": project.slug, "url": _first_page(project, roles)}
        for project, roles in sorted(roles_by_project(user).items(), key=lambda entry: entry[0].name.lower())
    ]


def _first_page(project: Any, roles: set[str]) -> str:
    if Role.ADMIN in roles:
        return reverse("project-home", args=[project.slug])
    return reverse("batches", args=[project.slug]) if Role.LEAD in roles else reverse("work")
