"""The audit log is a chain that cannot be rewritten, and tampering shows."""

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
