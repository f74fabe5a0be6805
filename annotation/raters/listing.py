"""The list of a project's raters, as last measured: sorted by a column, with what waits about each."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from annotation.models import Project, RaterAlarm, RaterFigures, RaterHold
from workforce.models import Membership, Role, User

# The words over each column, and what it sorts by.
SORTS: dict[str, tuple[str, Any]] = {
    "name": ("Rater", Lower(Coalesce(NullIf("rater__display_name", Value("")), "rater__username"))),
    "answers": ("Answers", F("answers")),
    "beside": ("Agreement", F("beside")),
    "gold": ("Gold", F("gold_share")),
    "left": ("Left", F("left_share")),
    "ties": ("Ties", F("tie_share")),
    "seconds": ("Time", F("seconds")),
    "last": ("Last answer", F("last_at")),
    "alarms": ("Signals", F("waiting")),
}


def listed(*, project: Project, sort: str) -> QuerySet[RaterFigures]:
    """The figures of a project's raters with `waiting`, how many alarms wait; sorted by a column, "-" for downwards."""
    waiting = RaterAlarm.objects.waiting().filter(project=project, rater=OuterRef("rater")).order_by()
    counted = waiting.values("rater").annotate(n=Count("pk")).values("n")
    figures = RaterFigures.objects.filter(project=project).select_related("rater")
    column = SORTS.get(sort.removeprefix("-"), SORTS["alarms"])[1]
    ordered = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)
    return figures.annotate(waiting=Coalesce(Subquery(counted), 0)).order_by(ordered, "pk")


def marks_of(
    *, project: Project, figures: Sequence[RaterFigures]
) -> tuple[dict[int, list[RaterAlarm]], dict[int, RaterHold]]:
    """What waits about these raters, and who of them is held; two queries."""
    raters = [one.rater_id for one in figures]
    alarms: dict[int, list[RaterAlarm]] = {}
    for alarm in RaterAlarm.objects.waiting().filter(project=project, rater__in=raters):
        alarms.setdefault(alarm.rater_id, []).append(alarm)
    holds = RaterHold.objects.in_force().filter(project=project, rater__in=raters)
    return alarms, {hold.rater_id: hold for hold in holds}


def found_rater(*, project: Project, pk: int) -> QuerySet[User]:
    """Somebody who is or was a rater of the project, or nobody."""
    member = Membership.objects.filter(team=project.team_id, role=Role.RATER).values("user")
    had = RaterFigures.objects.filter(project=project).values("rater")
    return User.objects.filter(Q(pk__in=member) | Q(pk__in=had), pk=pk)
