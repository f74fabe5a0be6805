"""Who asks, and which team a project's page belongs to. A project hangs on its team one to one; the apps below
annotation know it only by that thread, never by import.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from rest_framework.request import Request

from workforce import roles
from workforce.errors import NotAllowed
from workforce.models import Role, Team, User


def me(request: HttpRequest | Request) -> User:
    """The signed-in person. Raises PermissionDenied for nobody, whom login_required or the API has sent away before."""
    person = request.user
    if not isinstance(person, User):
        raise PermissionDenied
    return person


def team_of_project(request: HttpRequest, slug: str, role: Role) -> Team:
    """The team of the project, for a person who holds the role in it. Strangers get 404, other roles NotAllowed."""
    found = next((entry for entry in roles_by_project(me(request)).items() if entry[0].slug == slug), None)
    if found is None:
        raise Http404
    project, held = found
    if not held & roles.GRANTED_BY[role]:
        raise NotAllowed
    team: Team = project.team
    return team


def roles_by_project(user: User) -> dict[Any, set[str]]:
    """The projects in which the person holds a role now, with their teams, and the roles; one query a request.

    A request reads its person anew, and asks this of them as often as it likes.
    """
    held: dict[Any, set[str]] | None = getattr(user, "roles_by_project", None)
    if held is None:
        held = user.roles_by_project = {}  # type: ignore[attr-defined]  # kept for the same request
        mine = roles.memberships_of(user=user).filter(team__project__isnull=False)
        for membership in mine.select_related("team__project"):
            held.setdefault(membership.team.project, set()).add(membership.role)
    return held


def page(team: Team, nav: str, **more: Any) -> dict[str, Any]:
    """The context that every page of a project needs, and its own."""
    return {"project": team.project, "team": team, "nav": nav, **more}
