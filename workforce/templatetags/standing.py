"""Who the reader is in a project, for the top bar: their roles, and the projects they can switch to."""

from typing import Any

from django import template

from workforce.models import Membership, Team

register = template.Library()


@register.simple_tag
def roles_in(user: Any, project: Any) -> set[str]:
    """The roles the person holds in the project's team; an admin is shown what a lead is shown."""
    if project is None or not project or not user.is_authenticated:
        return set()
    held = set(Membership.objects.filter(user=user, team_id=project.team_id).values_list("role", flat=True))
    return held | {"lead"} if "admin" in held else held


@register.simple_tag
def projects_of(user: Any) -> list[Any]:
    """The projects of the person's teams, by name."""
    if not user.is_authenticated:
        return []
    teams = Team.objects.filter(memberships__user=user, project__isnull=False).select_related("project").distinct()
    return sorted((team.project for team in teams), key=lambda project: project.name.lower())
