"""Writing and verifying the audit log. A verb calls `record` last, inside its own transaction."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from workforce.models import AuditEvent, User

FIRST_HASH = "0" * 64


def record(
    *,
    stream: str,
    actor: User | None,
    verb: str,
    target: str,
    detail: dict[str, Any] | None = None,
    before_digest: str = "",
    after_digest: str = "",
) -> AuditEvent:
    """Append one event to the chain `stream`. Must run inside the transaction of the change it records.

    The chain is locked until that transaction ends: by an advisory lock on PostgreSQL, by the write
    lock that BEGIN IMMEDIATE has already taken on SQLite.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("auditing.record needs the transaction of the change it records.")
    last = _last_event(stream=stream)
    sequence, previous_hash = (last[0] + 1, last[1]) if last else (1, FIRST_HASH)
    event = AuditEvent(
        stream=stream,
        sequence=sequence,
        actor=actor,
        verb=verb,
        target=target,
        detail=detail or {},
        before_digest=before_digest,
        after_digest=after_digest,
        previous_hash=previous_hash,
        at=timezone.now(),
    )
    event.hash = event_hash(event)
    event.save(force_insert=True)
    return event


def _last_event(*, stream: str) -> tuple[int, str] | None:
    """Number and hash of the chain's end, locked; on PostgreSQL by a function that looks once it has the lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT sequence, hash FROM end_of_audit_chain(%s)", [stream])
            return cursor.fetchone()
    events = AuditEvent.objects.filter(stream=stream).order_by("-sequence")
    return events.values_list("sequence", "hash").first()


def event_hash(event: AuditEvent) -> str:
    """SHA-256 over the canonical JSON of everything in the event but its own hash."""
    at: datetime = event.at
    body = {
        "stream": event.stream,
        "sequence": event.sequence,
        "actor": event.actor_id,
        "verb": event.verb,
        "target": event.target,
        "detail": event.detail,
        "before": event.before_digest,
        "after": event.after_digest,
        "previous": event.previous_hash,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def verify_chain(*, stream: str) -> int | None:
    """The sequence number of the first event that does not fit its chain, or None if all do."""
    previous, expected = FIRST_HASH, 1
    for event in AuditEvent.objects.filter(stream=stream).order_by("sequence").iterator():
        if event.sequence != expected or event.previous_hash != previous or event.hash != event_hash(event):
            return expected
        previous, expected = event.hash, expected + 1
    return None
