"""Writing and verifying the audit log. A verb calls `record` last, inside its own transaction."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from workforce.chaining import FIRST_HASH, append
from workforce.models import AuditEvent, User

WRITTEN = ("stream", "actor", "verb", "target", "detail", "before_digest", "after_digest", "at")


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
    lock that BEGIN IMMEDIATE has already taken on SQLite. One statement (workforce/chaining.py).
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("auditing.record needs the transaction of the change it records.")
    at = timezone.now()
    event = AuditEvent(
        stream=stream,
        actor=actor,
        verb=verb,
        target=target,
        detail=detail or {},
        before_digest=before_digest,
        after_digest=after_digest,
        at=at,
    )
    head, tail = _parts(event)
    written = append(event=[_stored(event, name) for name in WRITTEN], head=head, tail=tail)
    event.pk, event.sequence, event.previous_hash, event.hash = written
    event._state.adding = False
    return event


def lock_chain(*, stream: str) -> None:
    """Let nobody else append to the chain until this transaction ends, and wait for whoever is about to.

    Whatever follows sees all that was committed under the chain before, and nothing is under way.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("auditing.lock_chain needs the transaction that it is held for.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM end_of_audit_chain(%s)", [stream])


def event_hash(event: AuditEvent) -> str:
    """SHA-256 over the canonical JSON of everything in the event but its own hash."""
    head, tail = _parts(event)
    whole = f'{head}{event.previous_hash}","sequence":{event.sequence},{tail}'
    return hashlib.sha256(whole.encode()).hexdigest()


def _parts(event: AuditEvent) -> tuple[str, str]:
    """The canonical JSON of an event, keys in order, as far as the previous hash, and from behind the sequence number:
    those two are known to the statement that appends.
    """
    at: datetime = event.at
    head = {
        "actor": event.actor_id,
        "after": event.after_digest,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "before": event.before_digest,
        "detail": event.detail,
    }
    tail = {"stream": event.stream, "target": event.target, "verb": event.verb}
    return f'{_canonical(head)[:-1]},"previous":"', _canonical(tail)[1:]


def _canonical(body: dict[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def _stored(event: AuditEvent, name: str) -> Any:
    field = AuditEvent._meta.get_field(name)
    return field.get_db_prep_save(getattr(event, field.attname), connection)  # type: ignore[union-attr]  # a field of its own


def verify_chain(*, stream: str) -> int | None:
    """The sequence number of the first event that does not fit its chain, or None if all do."""
    previous, expected = FIRST_HASH, 1
    for event in AuditEvent.objects.filter(stream=stream).order_by("sequence").iterator():
        if event.sequence != expected or event.previous_hash != previous or event.hash != event_hash(event):
            return expected
        previous, expected = event.hash, expected + 1
    return None
