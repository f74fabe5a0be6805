"""One writer at a time in a project, for what is numbered and for what may be there only once.

Raters never wait for it: the lock holds up no foreign key check.
"""

from typing import Any

from django.db import OperationalError
from django.db.models import Max, QuerySet

from annotation.errors import ProjectBusy
from annotation.models import Project


def lock_project(*, project: Project) -> None:
    """Queue behind the project's other writers until the transaction ends. Raises ProjectBusy after a while."""
    try:
        Project.objects.select_for_update(no_key=True).only("pk").get(pk=project.pk)
    except OperationalError as error:
        raise ProjectBusy from error


def next_number(*, project: Project, rows: QuerySet[Any]) -> int:
    """The number that the project's next of these rows gets. Locks the project."""
    lock_project(project=project)
    return (rows.filter(project=project).aggregate(last=Max("number"))["last"] or 0) + 1
