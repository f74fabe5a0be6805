"""Counting the patterns of agreement anew from the judgments, and holding what was kept to it.

Upkeep and this read the judgments by the same rules but not by the same steps: one adds up changes, the other starts
from nothing. A difference is an incident: it is put right, recorded in the audit log, and logged as an error.
"""

import logging
import time

from django.db import connection, transaction

from annotation import ranked
from annotation.models import AgreementCheck, AgreementPattern, Project
from annotation.patterns_sql import counted, differing, upsert
from annotation.spreading import keep_spreads, wrong_spreads
from workforce import auditing

logger = logging.getLogger(__name__)
EXAMPLES = 10
FIELDS = ("question", "slice", "value", "rubric_version_id", "pattern")
Counted = dict[tuple[str, str, str, int, str], int]


def recount_all() -> list[AgreementCheck]:
    """Check every project; a transaction for each."""
    return [recount(project=project) for project in Project.objects.select_related("team").order_by("pk")]


def recount(*, project: Project) -> AgreementCheck:
    """Count one project anew, put right what differs, and say how much that was.

    Nobody waits while it counts: an answer and its pattern come in one transaction, so one statement sees both or
    neither. Only what differs is counted once more, alone with the project, and put right.
    """
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(differing(vendor=connection.vendor), [project.pk, project.pk])
        patterns, wrong, *_ = first = cursor.fetchone()
        rows = [first[2:], *(row[2:] for row in cursor.fetchmany(EXAMPLES - 1))] if wrong else []
    orders, apart = ranked.differing(project=project), wrong_spreads(project=project)
    with transaction.atomic():
        if wrong or orders.differing or apart:
            auditing.lock_chain(stream=project.team.slug)
        if wrong:
            _put_right(project=project)
        else:
            AgreementPattern.objects.filter(project=project, units=0).delete()
        if orders.differing:
            orders = ranked.put_right(project=project)
        if apart:
            apart = wrong_spreads(project=project)
            keep_spreads(items=apart)
        examples = [dict(zip((*FIELDS, "kept", "counted"), row, strict=True)) for row in rows]
        examples += [*orders.differing[:EXAMPLES], *({"question": "spread", "task": task} for task in apart[:EXAMPLES])]
        check = AgreementCheck.objects.create(
            project=project,
            patterns=patterns + orders.scopes,
            differing=wrong + len(orders.differing) + len(apart),
            examples=examples[:EXAMPLES],
            milliseconds=round(1000 * (time.monotonic() - began)),
        )
        if check.differing:
            _report(project=project, check=check)
    return check


def count_anew(*, project: Project) -> Counted:
    """Units per scope and pattern, from the judgments alone. Reads only."""
    statement = counted(vendor=connection.vendor, which="project")
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} SELECT {', '.join(FIELDS)}, units FROM counted", [project.pk])  # noqa: S608 (constants)
        return {(row[0], row[1], row[2], row[3], row[4]): row[5] for row in cursor.fetchall()}


def _put_right(*, project: Project) -> None:
    AgreementPattern.objects.filter(project=project).delete()
    with connection.cursor() as cursor:
        cursor.execute(upsert(vendor=connection.vendor, which="project"), [project.pk])


def _report(*, project: Project, check: AgreementCheck) -> None:
    logger.error("%d of %d patterns of agreement of %s were kept wrongly.", check.differing, check.patterns, project)
    auditing.record(
        stream=project.team.slug,
        actor=None,
        verb="agreement_differed",
        target=f"project:{project.slug}",
        detail={"check": check.pk, "patterns": check.patterns, "differing": check.differing},
    )
