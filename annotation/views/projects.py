"""How a lead's page gets its project: strangers are told it does not exist, raters that it is not theirs."""

from typing import Any, cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from annotation.models import Project
from workforce.models import Role, User
from workforce.roles import require


def me(request: HttpRequest) -> User:
    """The signed-in person. Every caller is behind login_required."""
    return cast(User, request.user)


def led_project(request: HttpRequest, slug: str) -> Project:
    """The project, for one of its leads or admins. Raises Http404 or NotAllowed."""
    project = get_object_or_404(Project.objects.visible_to(me(request)).select_related("team", "rubric"), slug=slug)
    require(user=me(request), team=project.team, role=Role.LEAD)
    return project


def page(project: Project, nav: str, **more: Any) -> dict[str, Any]:
    """The context that every page of a project needs, and its own."""
    return {"project": project, "nav": nav, **more}
