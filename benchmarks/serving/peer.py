"""The peer: the least a queue in the same database can do. One table of slots, one of answers, bare SQL, no web.

A claim takes the first open slot, an answer writes a row and marks its slot; each is committed. It knows nothing of
people, leases, rights, pay or audit: what the product costs above it is the ratio.
"""

import time
import uuid

from django.db import connection, transaction

TABLES = """
CREATE TABLE peer_slot (id bigint PRIMARY KEY, state varchar(8) NOT NULL, holder varchar(36));
CREATE TABLE peer_answer (slot_id bigint PRIMARY KEY REFERENCES peer_slot (id), key varchar(36) UNIQUE, value int);
CREATE INDEX peer_open ON peer_slot (id) WHERE state = 'open'
"""
FILL = """WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < %s)
          INSERT INTO peer_slot (id, state) SELECT id, 'open' FROM n"""
CLAIM = """UPDATE peer_slot SET state = 'leased', holder = %s WHERE id =
           (SELECT id FROM peer_slot WHERE state = 'open' ORDER BY id LIMIT 1 {lock}) RETURNING id"""
ANSWER = "INSERT INTO peer_answer (slot_id, key, value) VALUES (%s, %s, 3)"
DONE = "UPDATE peer_slot SET state = 'done' WHERE id = %s"


def make(*, slots: int) -> None:
    """The peer's tables with so many open slots."""
    with connection.cursor() as cursor:
        for statement in TABLES.split(";"):
            cursor.execute(statement)
        cursor.execute(FILL, [slots])


def pairs_until(end: float) -> tuple[list[float], list[float]]:
    """Seconds of each claim and of each answer, one after the other until the end, by this thread's connection."""
    claims, answers = [], []
    claim = CLAIM.format(lock="FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else "")
    while time.monotonic() < end:
        began, key = time.monotonic(), str(uuid.uuid4())
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(claim, [key])
            (slot,) = cursor.fetchone()
        claimed = time.monotonic()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ANSWER, [slot, key])
            cursor.execute(DONE, [slot])
        claims.append(claimed - began)
        answers.append(time.monotonic() - claimed)
    connection.close()
    return claims, answers
