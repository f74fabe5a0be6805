"""How a lead's page gets its project: strangers are told it does not exist, raters that it is not theirs."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from annotation.models import Batch, Project
from workforce.models import Role
from workforce.scoping import team_of_project


def led_project(request: HttpRequest, slug: str) -> Project:
    """The project, for one of its leads or admins. Raises Http404 or NotAllowed."""
    project: Project = team_of_project(request, slug, Role.LEAD).project
    return project


def found_batch(project: Project, number: int) -> Batch:
    """A batch of a project that the caller has been shown to lead. Raises Http404."""
    return get_object_or_404(batches_of(project), number=number)


def batches_of(project: Project) -> QuerySet[Batch]:
    """The project's batches with what their pages name."""
    return Batch.objects.filter(project=project).select_related(
        "rubric_version__rubric", "project__team", "opened_by", "grants", "expertise_to", "language_to"
    )


def page(project: Project, nav: str, **more: Any) -> dict[str, Any]:
    """The context that every page of a project needs, and its own."""
    return {"project": project, "nav": nav, **more}
