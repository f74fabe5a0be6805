"""What raters were told beside what the database holds: `python -m tests.faults.queue.check LEDGER DATABASE_URL`.

A program of its own that imports no Django and nothing of ours: a mistake in our queries must not hide itself. Prints
one JSON object with what it found of each kind, and exits with 1 if it found anything.
"""

import contextlib
import json
import sqlite3
import sys
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

# A counted answer is the last word of its rater, carries an opinion, and was given on a seat. Each statement may ask.
COUNTED = """
    WITH counted AS (
        SELECT j.id, j.task_id, j.rater_id, j.assignment_id FROM annotation_judgment j
        WHERE j.source = 'live' AND j.cant_judge = '' AND NOT j.surplus
          AND NOT EXISTS (SELECT 1 FROM annotation_judgment later WHERE later.supersedes_id = j.id)
    ), wanted AS (
        SELECT t.id AS task_id, CASE WHEN b.overlap + t.extra < 100 THEN b.overlap + t.extra ELSE 100 END AS k
        FROM annotation_task t JOIN annotation_batch b ON b.id = t.batch_id WHERE b.origin <> 'history'
    )
"""
FINDINGS = {
    # The same person's opinion twice.
    "doubled_rater": "SELECT task_id, rater_id, COUNT(*) FROM counted GROUP BY task_id, rater_id HAVING COUNT(*) > 1",
    # One key, two rows.
    "doubled_submission": """
        SELECT submission, COUNT(*) FROM annotation_judgment WHERE submission IS NOT NULL
        GROUP BY submission HAVING COUNT(*) > 1
    """,
    # A counted answer under no lease, somebody else's, another item's, or one that did not end with it.
    "foreign_lease": """
        SELECT c.id, c.assignment_id FROM counted c LEFT JOIN annotation_assignment a ON a.id = c.assignment_id
        WHERE a.id IS NULL OR a.rater_id <> c.rater_id OR a.task_id <> c.task_id OR a.state <> 'submitted'
    """,
    # Counted answers that have not a seat each. One keeps its seat when k is lowered: only seats without one go.
    "without_seat": """
        SELECT task_id, SUM(answer), SUM(seat) FROM (
            SELECT task_id, 1 AS answer, 0 AS seat FROM counted
            UNION ALL SELECT task_id, 0, 1 FROM annotation_slot WHERE state = 'done'
        ) both_sides GROUP BY task_id HAVING SUM(answer) <> SUM(seat)
    """,
    # Seats beyond what is wanted now that might still be answered.
    "seats_over_k": """
        SELECT w.task_id, w.k, COUNT(*) FROM wanted w
        JOIN annotation_slot s ON s.task_id = w.task_id AND s.state <> 'retired' GROUP BY w.task_id, w.k
        HAVING COUNT(*) > w.k AND SUM(CASE WHEN s.state = 'done' THEN 0 ELSE 1 END) > 0
    """,
    # A link of the audit log that does not hold on to the one before it.
    "torn_chain": """
        SELECT stream, sequence FROM (
            SELECT stream, sequence, previous_hash, LAG(sequence) OVER chain AS before, LAG(hash) OVER chain AS held
            FROM workforce_auditevent WINDOW chain AS (PARTITION BY stream ORDER BY sequence)
        ) links WHERE sequence <> COALESCE(before, 0) + 1 OR (before IS NOT NULL AND previous_hash <> held)
    """,
}
ANSWERS = """
    SELECT t.id, t.batch_id, t.extra, COUNT(*) FROM counted c JOIN annotation_task t ON t.id = c.task_id
    GROUP BY t.id, t.batch_id, t.extra
"""
TOLD = "SELECT target FROM workforce_auditevent WHERE verb IN ('judge', 'revise_judgment')"
MOST = 100


def run(database: Any, statement: str) -> list[tuple[Any, ...]]:
    cursor = database.cursor()
    cursor.execute(COUNTED + statement)
    return list(cursor.fetchall())


def highest_k(database: Any) -> dict[int, int]:
    """The highest k that each batch ever had: what was answered under it stays when k is lowered."""
    highest = dict(run(database, "SELECT id, overlap FROM annotation_batch"))
    changes = run(database, "SELECT target, detail FROM workforce_auditevent WHERE verb = 'change_overlap'")
    for target, told in changes:
        detail = json.loads(told) if isinstance(told, str) else told
        batch = int(target.removeprefix("batch:"))
        highest[batch] = max(highest.get(batch, 0), detail["from"], detail["to"])
    return highest


def over_k(database: Any) -> list[tuple[Any, ...]]:
    """Items with more counted answers than were ever wanted of them."""
    highest = highest_k(database)
    found = []
    for task, batch, extra, counted in run(database, ANSWERS):
        wanted = min(highest[batch] + extra, MOST)
        if counted > wanted:
            found.append((task, wanted, counted))
    return found


def untold(database: Any) -> list[str]:
    """Answers that the audit log does not tell of, or tells of twice."""
    told = Counter(target for (target,) in run(database, TOLD))
    answers = [_hex(uid) for (uid,) in run(database, "SELECT uid FROM annotation_judgment WHERE source = 'live'")]
    return [uid for uid in answers if told[f"judgment:{uuid.UUID(uid)}"] != 1]


def told_and_there(database: Any, ledger: Path) -> dict[str, list[Any]]:
    """Answers of the ledger's raters: acknowledged and missing, there in another form, and there unasked."""
    asked, acknowledged = read(ledger)
    batches = {line["batch"] for line in asked.values()}
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    statement = """
        SELECT j.submission, j.uid, t.uid, u.username, j.raw_value, t.batch_id
        FROM annotation_judgment j JOIN workforce_user u ON u.id = j.rater_id
        JOIN annotation_task t ON t.id = j.task_id WHERE j.source = 'live'
    """
    for submission, uid, task, rater, value, batch in run(database, statement):
        if batch in batches:
            rows[_hex(submission)].append((_hex(uid), _hex(task), rater, value))
    lost, altered = [], []
    for number, judgment in acknowledged.items():
        line = asked[number]
        mine = rows.get(_hex(line["submission"]), [])
        if not mine:
            lost.append(line["submission"])
        elif (_hex(judgment), _hex(line["task"]), line["rater"], line["value"]) not in mine:
            altered.append(line["submission"])
    sent = {_hex(line["submission"]) for line in asked.values()}
    return {"lost": lost, "altered": altered, "unasked": sorted(set(rows) - sent)}


def read(ledger: Path) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """What was asked of answers, by number, and the judgments named to those who were acknowledged.

    A line that was being written when its rater was killed has no end; it was not acknowledged.
    """
    asked: dict[str, dict[str, Any]] = {}
    acknowledged: dict[str, str] = {}
    with ledger.open(encoding="utf-8") as lines:
        for text in lines:
            if not text.endswith("\n"):
                break
            line = json.loads(text)
            if line.get("verb") in ("submit", "revise"):
                asked[line["asked"]] = line
            elif line.get("outcome") == "acknowledged" and "judgment" in line:
                acknowledged[line["told"]] = line["judgment"]
    return asked, acknowledged


@contextlib.contextmanager
def connect(url: str) -> Iterator[Any]:
    """A connection that only reads."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        database: Any = sqlite3.connect(f"{Path(unquote(parts.path)).as_uri()}?mode=ro", uri=True)
    else:
        import psycopg2

        database = psycopg2.connect(url)
        database.set_session(readonly=True, isolation_level="REPEATABLE READ")
    try:
        yield database
    finally:
        database.close()


def findings(database: Any, ledger: Path) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: run(database, statement) for name, statement in FINDINGS.items()}
    return {"over_k": over_k(database), **found, "untold": untold(database), **told_and_there(database, ledger)}


def _hex(value: Any) -> str:
    """One spelling of a key: SQLite keeps them without dashes."""
    return uuid.UUID(str(value)).hex if value else ""


def main() -> int:
    ledger, url = Path(sys.argv[1]), sys.argv[2]
    _, acknowledged = read(ledger)
    with connect(url) as database:
        found = findings(database, ledger)
    broken = {name: rows[:20] for name, rows in found.items() if rows}
    counts = {name: len(rows) for name, rows in found.items()}
    print(json.dumps({"acknowledged": len(acknowledged), **counts, "found": broken}, default=str))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
