"""Which pages the reader can open, for what is drawn only: every view authorises for itself."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from workforce.models import Membership, Role

register = template.Library()

# (url name, words, role that sees it)
LEAD_PAGES = [
    ("project-home", "Loop", Role.ADMIN),
    ("batches", "Batches", Role.LEAD),
    ("rubrics", "Rubrics", Role.LEAD),
    ("imports", "Data", Role.LEAD),
    ("sets", "Sets", Role.ADMIN),
    ("runs", "Runs", Role.ADMIN),
    ("models", "Models", Role.ADMIN),
    ("rounds", "Next round", Role.ADMIN),
    ("people", "People", Role.ADMIN),
    ("audit", "Audit", Role.ADMIN),
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
        request.held_roles = held  # type: ignore[attr-defined]
    return held


@register.simple_tag(takes_context=True)
def lead_pages(context: template.Context) -> list[dict[str, Any]]:
    """Entries of the top bar: name, words, url. Pages of a project need `project` in the context."""
    held = held_roles(context)
    urls = ((name, words, _address(name, context)) for name, words, role in LEAD_PAGES if held.get(role.value))
    return [{"name": name, "words": words, "url": url} for name, words, url in urls if url]


def _address(name: str, context: template.Context) -> str:
    project = context.get("project")
    for arguments in ([], [getattr(project, "slug", "")]):
        try:
            return reverse(name, args=arguments)
        except NoReverseMatch:
            continue
    return ""
