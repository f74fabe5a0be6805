"""The loop strip in the head of every admin's page of a project: three queries, and none beyond
those of the top bar for whoever administers nothing there."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from training.loop import Step, steps_of
from training.loop_facts import administered, read_facts
from workforce.models import Role, User
from workforce.scoping import roles_by_project

BELONGS_TO = {
    "batch": "Collect",
    "batches": "Collect",
    "agreement": "Collect",
    "import": "Collect",
    "prompts": "Collect",
    "set": "Snapshot",
    "preference-set": "Snapshot",
    "demonstration-set": "Snapshot",
    "run": "Train",
    "model": "Promote",
    "round": "Next round",
}


def loop_strip(request: HttpRequest) -> dict[str, Any]:
    """`loop_steps` for partials/loop_strip.html: the six steps for an admin on a project's page, else nothing."""
    return {"loop_steps": SimpleLazyObject(lambda: _steps(request))}


def _steps(request: HttpRequest) -> list[Step]:
    match = request.resolver_match
    user = getattr(request, "user", None)
    if match is None or "slug" not in match.kwargs or not isinstance(user, User) or not user.is_active:
        return []
    slug = match.kwargs["slug"]
    if not any(one.slug == slug and Role.ADMIN in roles for one, roles in roles_by_project(user).items()):
        return []
    project = administered(user, slug)
    if project is None:
        return []
    return steps_of(read_facts(project), current=_place(match.url_name or ""))


def _place(route: str) -> str:
    """The step that a route belongs to: run-new, runs and run are all of Train."""
    for name in (route, route.removesuffix("s"), route.rsplit("-", 1)[0], route.split("-", 1)[0]):
        if name in BELONGS_TO:
            return BELONGS_TO[name]
    return ""
