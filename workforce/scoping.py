"""Who asks, and which team a project's page belongs to. A project hangs on its team one to one; the apps below
annotation know it only by that thread, never by import.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from workforce import roles
from workforce.models import Role, Team, User


def me(request: HttpRequest | Request) -> User:
    """The signed-in person. Raises PermissionDenied for nobody, whom login_required or the API has sent away before."""
    person = request.user
    if not isinstance(person, User):
        raise PermissionDenied
    return person


def team_of_project(request: HttpRequest, slug: str, role: Role) -> Team:
    """The team of the project, for a person who holds the role in it. Strangers get 404, other roles NotAllowed."""
    user = me(request)
    mine = Team.objects.filter(pk__in=roles.teams_of(user=user)).select_related("project")
    team = get_object_or_404(mine, project__slug=slug)
    roles.require(user=user, team=team, role=role)
    return team


def page(team: Team, nav: str, **more: Any) -> dict[str, Any]:
    """The context that every page of a project needs, and its own."""
    return {"project": team.project, "team": team, "nav": nav, **more}
