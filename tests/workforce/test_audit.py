"""The audit log is a chain that cannot be rewritten, and tampering shows."""

import hashlib
import json

import pytest
from django.db import DatabaseError, connection, transaction

from workforce import auditing
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db


def _three_events() -> list[AuditEvent]:
    with transaction.atomic():
        return [
            auditing.record(stream="s", actor=None, verb="do", target=f"thing:{n}", detail={"n": n}) for n in range(3)
        ]


def test_an_untouched_chain_verifies() -> None:
    _three_events()
    assert auditing.verify_chain(stream="s") is None


@pytest.mark.parametrize(
    "statement", ["UPDATE workforce_auditevent SET verb = 'x'", "DELETE FROM workforce_auditevent"]
)
def test_the_database_refuses_to_rewrite_it(statement: str) -> None:
    _three_events()
    with pytest.raises(DatabaseError, match="audit_events_are_never"), transaction.atomic():
        connection.cursor().execute(statement)


def test_a_forged_event_is_found() -> None:
    first, second, _ = _three_events()
    forged = AuditEvent(
        stream="s", sequence=4, verb="do", target="thing:9", previous_hash=second.hash, at=first.at, hash="f" * 64
    )
    forged.save()
    assert auditing.verify_chain(stream="s") == 4


def test_an_event_says_its_place_as_it_stands_in_the_database(rosa) -> None:
    with transaction.atomic():
        told = auditing.record(
            stream="s", actor=rosa, verb="do", target="thing:ü'%s", detail={"ä": [1, None, 'a "word"'], "b": 0.1}
        )
    [kept] = AuditEvent.objects.filter(stream="s")
    for field in AuditEvent._meta.fields:
        assert getattr(told, field.attname) == getattr(kept, field.attname)
    assert (kept.sequence, auditing.verify_chain(stream="s")) == (1, None)


def test_the_hash_is_of_the_canonical_json() -> None:
    for event in _three_events():
        body = {
            "stream": "s",
            "sequence": event.sequence,
            "actor": None,
            "verb": "do",
            "target": event.target,
            "detail": event.detail,
            "before": "",
            "after": "",
            "previous": event.previous_hash,
            "at": event.at.isoformat(timespec="microseconds"),
        }
        text = json.dumps(body, sort_keys=True, separators=(",", ":"))
        assert event.hash == hashlib.sha256(text.encode()).hexdigest()


def test_an_event_takes_one_statement(django_assert_num_queries) -> None:
    with transaction.atomic(), django_assert_num_queries(1):
        auditing.record(stream="s", actor=None, verb="do", target="thing")
