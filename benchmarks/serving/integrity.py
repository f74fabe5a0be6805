"""The raters' ledger beside the database, in plain SQL."""

import uuid
from collections.abc import Sequence

from django.db import connection

ROWS = "SELECT submission FROM annotation_judgment WHERE submission IS NOT NULL"
OVER_K = """SELECT COUNT(*) FROM (
  SELECT j.task_id FROM annotation_judgment j JOIN annotation_task t ON t.id = j.task_id
  JOIN annotation_batch b ON b.id = t.batch_id WHERE j.surplus = {no} AND j.supersedes_id IS NULL
  GROUP BY j.task_id, b.overlap, t.extra HAVING COUNT(*) > b.overlap + t.extra) AS over_k"""
LEASES_OVER_K = """SELECT COUNT(*) FROM (
  SELECT a.task_id FROM annotation_assignment a JOIN annotation_task t ON t.id = a.task_id
  JOIN annotation_batch b ON b.id = t.batch_id WHERE a.state IN ('leased', 'submitted')
  GROUP BY a.task_id, b.overlap, t.extra HAVING COUNT(*) > b.overlap + t.extra) AS over_k"""
DOUBLE = """SELECT COUNT(*) FROM (
  SELECT task_id FROM annotation_judgment WHERE supersedes_id IS NULL
  GROUP BY task_id, rater_id HAVING COUNT(*) > 1) AS twice"""
SLOTS = """SELECT COUNT(*) FROM annotation_judgment j JOIN annotation_assignment a ON a.id = j.assignment_id
  JOIN annotation_slot s ON s.id = a.slot_id WHERE s.state <> 'done' OR a.state <> 'submitted'"""


def faults(*, acknowledged: Sequence[str]) -> dict[str, int]:
    """How many answers are lost, unknown to their rater, over k or double, or left their slot open: all 0 if sound."""
    told = [uuid.UUID(key) for key in acknowledged]
    with connection.cursor() as cursor:
        cursor.execute(ROWS)
        kept = [key if isinstance(key, uuid.UUID) else uuid.UUID(key) for (key,) in cursor.fetchall()]
        found = {
            "lost": len(set(told) - set(kept)),
            "unknown": len(set(kept) - set(told)),
            "double": len(told) - len(set(told)) + len(kept) - len(set(kept)),
        }
        no = "FALSE" if connection.vendor == "postgresql" else "0"
        for name, statement in (
            ("over k", OVER_K.format(no=no)),
            ("leases over k", LEASES_OVER_K),
            ("twice by one rater", DOUBLE),
            ("slots not done", SLOTS),
        ):
            cursor.execute(statement)
            (found[name],) = cursor.fetchone()
    return found
