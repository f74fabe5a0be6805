"""Looking at the raters of a project: their figures for the list, and an alarm for what fires and is not known yet.

Everything is read and computed before the transaction, which only writes: raters do not wait for it. What a lead has
decided about a rater ends there: from then on only later answers can raise an alarm again.
"""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from annotation.agreement.beside import agreeing, beside
from annotation.locking import lock_rater
from annotation.models import Project, RaterAlarm, RaterFigures, RaterHold, RaterWatch
from annotation.models.raters import ITEMS_KEPT
from annotation.raters.holding import hold_for_alarms, tell_of_holds
from annotation.raters.labels import FIRST, NO_GOLD, TIE, Labels, judged, read_project
from annotation.raters.signals import Found, columns_of_pairs, signals
from annotation.tallying import counted_tallies, replace_tallies
from workforce import auditing
from workforce.models import Membership, Role, User

CHUNK = 2000


def look_at_raters(*, project: Project) -> list[RaterAlarm]:
    """Measure the project's raters and raise what fires; the new alarms. Holds a rater where the project says so."""
    newest = newest_of(project=project)
    labels = read_project(project=project)
    decided = decided_at(project=project)
    found = signals(labels, since={rater: at.timestamp() for rater, at in decided.items()})
    figures, tallies = figures_of(project=project, labels=labels), counted_tallies(project=project)
    with transaction.atomic():
        people = _lock_raters({one.rater for one in found})
        watch, _ = RaterWatch.objects.select_for_update().get_or_create(project=project)
        RaterFigures.objects.filter(project=project).exclude(rater__in=[one.rater_id for one in figures]).delete()
        RaterFigures.objects.bulk_create(
            figures,
            batch_size=CHUNK,
            update_conflicts=True,
            unique_fields=["project", "rater"],
            update_fields=[name for name in SHOWN if name != "pk"],
        )
        replace_tallies(project=project, tallies=tallies)
        raised = []
        decided_since = decided_at(project=project)
        for one in found:
            if decided_since.get(one.rater) == decided.get(one.rater):
                raised += _raise(project=project, rater=people[one.rater], found=one)
        holds = hold_for_alarms(alarms=raised) if watch.holds_by_itself else []
        watch.seen_to, watch.looked_at = newest, timezone.now()
        watch.save(update_fields=["seen_to", "looked_at"])
        for alarm in raised:  # the audit log's lock comes after all others
            auditing.record(
                stream=project.team.slug,
                actor=None,
                verb="raise_alarm",
                target=f"user:{alarm.rater.username}",
                detail={"detector": alarm.detector, "alarm": alarm.pk},
            )
        tell_of_holds(holds=holds)
    return raised


def look_where_answers_came() -> int:
    """Look at every project in which an answer came since it was last looked at; how many projects."""
    projects = Project.objects.select_related("team", "rater_watch").order_by("pk")
    behind = [project for project in projects if newest_of(project=project) > _seen_to(project)]
    for project in behind:
        look_at_raters(project=project)
    return len(behind)


def newest_of(*, project: Project) -> int:
    """The key of the newest answer that is looked at; 0 for none."""
    return judged(project=project).order_by("-pk").values_list("pk", flat=True).first() or 0


def _seen_to(project: Project) -> int:
    return project.rater_watch.seen_to if hasattr(project, "rater_watch") else 0


def decided_at(*, project: Project) -> dict[int, datetime]:
    """By rater, when a lead last decided something about them: settled an alarm, or lifted a hold."""
    settled = RaterAlarm.objects.filter(project=project).exclude(outcome="").order_by()
    lifted = RaterHold.objects.filter(project=project, lifted_at__isnull=False).order_by()
    found: dict[int, datetime] = {}
    for rows in (
        settled.values_list("rater").annotate(at=Max("decided_at")),
        lifted.values_list("rater").annotate(at=Max("lifted_at")),
    ):
        for rater, at in rows:
            found[rater] = max(at, found.get(rater, at))
    return found


SHOWN = (
    *("answers", "beside", "beside_low", "beside_high", "beside_n", "gold_right", "gold_n", "gold_share"),
    *("left_share", "decisive", "tie_share", "seconds", "last_at"),
)


def figures_of(*, project: Project, labels: Labels) -> list[RaterFigures]:
    """A row for everybody who has answered, unsaved."""
    rows, columns = columns_of_pairs(labels)
    alike, expected = agreeing(columns.counts[columns.units], columns.values)
    figures = []
    for rater in np.unique(labels.rater):
        mine = np.flatnonzero(labels.rater == rater)
        theirs = labels.rater[rows] == rater
        agreement = beside(alike[theirs], expected[theirs], labels.prompt[rows[theirs]])
        pairs = labels.pairs[mine]
        decisive = mine[pairs & (labels.side[mine] != TIE)]
        gold = labels.gold[mine][labels.gold[mine] != NO_GOLD]
        figures.append(
            RaterFigures(
                project=project,
                rater_id=int(rater),
                answers=len(mine),
                beside=agreement.value,
                beside_low=agreement.low,
                beside_high=agreement.high,
                beside_n=agreement.n,
                gold_right=int(gold.sum()),
                gold_n=len(gold),
                gold_share=float(gold.mean()) if len(gold) else None,
                left_share=float((labels.side[decisive] == FIRST).mean()) if len(decisive) else None,
                decisive=len(decisive),
                tie_share=float((labels.side[mine][pairs] == TIE).mean()) if pairs.any() else None,
                seconds=float(np.median(labels.seconds[mine])),
                last_at=labels.moment(int(mine[-1])),
            )
        )
    return figures


def _lock_raters(keys: set[int]) -> Mapping[int, User]:
    people = User.objects.in_bulk(keys)
    for key in sorted(people):
        lock_rater(rater=people[key])
    return people


def _evidence(found: Found) -> dict[str, float | int | str]:
    """The numbers, with the name of the other rater where there is one, as it was when the alarm was raised."""
    numbers = found.fired.numbers
    if "source" not in numbers:
        return numbers
    return numbers | {"source_name": str(User.objects.get(pk=int(numbers["source"])))}


def _raise(*, project: Project, rater: User, found: Found) -> list[RaterAlarm]:
    """The alarm, unless it waits already or the person is no rater of the project any more."""
    waiting = RaterAlarm.objects.waiting().filter(project=project, rater=rater, detector=found.fired.detector)
    works = Membership.objects.filter(team=project.team_id, user=rater, role=Role.RATER)
    if waiting.exists() or not works.exists():
        return []
    alarm = RaterAlarm.objects.create(
        project=project,
        rater=rater,
        detector=found.fired.detector,
        evidence=_evidence(found),
        judgment_id=found.judgment,
        since=datetime.fromtimestamp(found.since, tz=timezone.get_default_timezone()),
    )
    alarm.judgments.set(found.judgments[-ITEMS_KEPT:])
    return [alarm]
