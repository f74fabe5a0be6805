"""The one statement that appends to a chain of the audit log: it finds the end, and counts and hashes on from there.

On PostgreSQL the end is found by a function that locks the chain and then looks; on SQLite the transaction of whoever
appends holds the write lock of all.
"""

from functools import cache
from typing import Any, NamedTuple

from django.db import connection

from workforce.planned import Planned, plan, plans_once

FIRST_HASH = "0" * 64
END = {
    "postgresql": "end_of_audit_chain(%s)",
    "sqlite": "(SELECT sequence, hash FROM workforce_auditevent WHERE stream = %s ORDER BY sequence DESC LIMIT 1)",
}
SHA256 = {"postgresql": "encode(sha256(convert_to({text}, 'UTF8')), 'hex')", "sqlite": "SHA256({text})"}
APPEND = """
INSERT INTO workforce_auditevent
    (stream, sequence, actor_id, verb, target, detail, before_digest, after_digest, at, previous_hash, hash)
SELECT %s, place, %s, %s, %s, %s, %s, %s, %s, previous, {hash}
FROM (
    SELECT COALESCE(last.sequence, 0) + 1 AS place, COALESCE(last.hash, '{first}') AS previous
    FROM (SELECT 1 AS n) one LEFT JOIN {end} last ON one.n = 1
) next
RETURNING id, sequence, previous_hash, hash
"""
TYPES = ("text", "bigint", "text", "text", "jsonb", "text", "text", "timestamptz", "text", "text", "text")


class Place(NamedTuple):
    """What an event got by being appended."""

    pk: int
    sequence: int
    previous_hash: str
    hash: str


def append(*, event: list[Any], head: str, tail: str) -> Place:
    """Append an event, given as stream, actor, verb, target, detail, digests before and after, and time, as the
    database takes them. Its hash is of `head`, the end's hash, a comma, the sequence number, a comma, and `tail`.
    """
    statement = _planned().execution() if plans_once() else _statement()
    with connection.cursor() as cursor:
        cursor.execute(statement, [*event, head, tail, event[0]])
        return Place(*cursor.fetchone())


def _statement() -> str:
    text = """%s || previous || '","sequence":' || CAST(place AS text) || ',' || %s"""
    vendor = connection.vendor
    return APPEND.format(hash=SHA256[vendor].format(text=text), first=FIRST_HASH, end=END[vendor])


@cache
def _planned() -> Planned:
    return plan(sql=_statement(), parameters=[None] * len(TYPES), types=TYPES)
