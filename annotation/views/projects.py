"""How a lead's page gets its project: strangers are told it does not exist, raters that it is not theirs."""

from typing import Any

from django.db.models import OuterRef
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from annotation.models import Batch, Project
from workforce.errors import NotAllowed
from workforce.models import Role
from workforce.roles import held
from workforce.scoping import me


def led_project(request: HttpRequest, slug: str) -> Project:
    """The project, for one of its leads or admins. Raises Http404 or NotAllowed."""
    led = held(user=me(request), team=OuterRef("team"), role=Role.LEAD)
    projects = Project.objects.visible_to(me(request)).select_related("team", "rubric").annotate(led=led)
    project = projects.filter(slug=slug).first()
    if project is None:
        raise Http404
    if not project.led:
        raise NotAllowed
    return project


def found_batch(project: Project, number: int) -> Batch:
    """A batch of a project that the caller has been shown to lead. Raises Http404."""
    found = Batch.objects.filter(project=project).select_related(
        "rubric_version__rubric", "project__team", "opened_by", "grants", "expertise_to", "language_to"
    )
    return get_object_or_404(found, number=number)


def page(project: Project, nav: str, **more: Any) -> dict[str, Any]:
    """The context that every page of a project needs, and its own."""
    return {"project": project, "nav": nav, **more}
