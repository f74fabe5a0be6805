"""Counting the patterns of agreement anew from the judgments, and holding what was kept to it.

Upkeep and this count by the same rules but not by the same words: one adds up changes in SQL, the other reads every
label and starts from nothing. A difference is an incident: it is put right, recorded in the audit log, and logged as
an error.
"""

import logging
import time

from django.db import connection, transaction

from annotation import ranked
from annotation.cutting import Cutter, Key
from annotation.labels_sql import labels_and_patterns
from annotation.models import AgreementCheck, AgreementPattern, Project
from annotation.spreading import keep_spreads, wrong_spreads
from workforce import auditing

logger = logging.getLogger(__name__)
EXAMPLES = 10
ROWS = 4000
Counted = dict[Key, int]
"""Units by scope and pattern; none of them 0."""


def recount_all() -> list[AgreementCheck]:
    """Check every project; a transaction for each."""
    return [recount(project=project) for project in Project.objects.select_related("team").order_by("pk")]


def recount(*, project: Project) -> AgreementCheck:
    """Count one project anew, put right what differs, and say how much that was.

    Nobody waits while it counts: an answer and its pattern come in one transaction, so one statement sees both or
    neither. Only if something differs it is counted once more, alone with the project, and put right.
    """
    began = time.monotonic()
    kept, counted = kept_and_counted(project=project)
    wrong = _differing(kept, counted)
    orders, apart = ranked.differing(project=project), wrong_spreads(project=project)
    with transaction.atomic():
        if wrong or orders.differing or apart:
            auditing.lock_chain(stream=project.team.slug)
        if wrong:
            _put_right(project=project)
        AgreementPattern.objects.filter(project=project, units=0).delete()
        if orders.differing:
            orders = ranked.put_right(project=project)
        if apart:
            apart = wrong_spreads(project=project)
            keep_spreads(items=apart)
        examples = [
            {**key._asdict(), "kept": kept.get(key, 0), "counted": counted.get(key, 0)} for key in wrong[:EXAMPLES]
        ]
        examples += [*orders.differing[:EXAMPLES], *({"question": "spread", "task": task} for task in apart[:EXAMPLES])]
        check = AgreementCheck.objects.create(
            project=project,
            patterns=len(counted) + orders.scopes,
            differing=len(wrong) + len(orders.differing) + len(apart),
            examples=examples[:EXAMPLES],
            milliseconds=round(1000 * (time.monotonic() - began)),
        )
        if check.differing:
            _report(project=project, check=check)
    return check


def count_anew(*, project: Project) -> Counted:
    """Units per scope and pattern, from the labels alone. Reads only."""
    return kept_and_counted(project=project)[1]


def kept_and_counted(*, project: Project) -> tuple[Counted, Counted]:
    """What is kept and what the labels make, both at one moment. Reads only, in one statement."""
    cutter = Cutter()
    with connection.cursor() as cursor:
        cursor.execute(labels_and_patterns(vendor=connection.vendor), [project.pk] * 5)
        while rows := cursor.fetchmany(ROWS):
            cutter.add(rows)
    return cutter.kept, cutter.cut()


def _differing(kept: Counted, counted: Counted) -> list[Key]:
    return sorted(key for key in kept.keys() | counted.keys() if kept.get(key, 0) != counted.get(key, 0))


def _put_right(*, project: Project) -> None:
    """Write what differs now; what nothing is left of stands at 0, to be deleted."""
    kept, counted = kept_and_counted(project=project)
    AgreementPattern.objects.bulk_create(
        [
            AgreementPattern(project=project, units=counted.get(key, 0), **key._asdict())
            for key in _differing(kept, counted)
        ],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["project", *Key._fields],
        update_fields=["units"],
    )


def _report(*, project: Project, check: AgreementCheck) -> None:
    logger.error("%d of %d patterns of agreement of %s were kept wrongly.", check.differing, check.patterns, project)
    auditing.record(
        stream=project.team.slug,
        actor=None,
        verb="agreement_differed",
        target=f"project:{project.slug}",
        detail={"check": check.pk, "patterns": check.patterns, "differing": check.differing},
    )
