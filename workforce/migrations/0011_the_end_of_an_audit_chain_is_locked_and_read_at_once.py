"""Locks a chain of the audit log and reads its end in one call, where the database has functions.

A statement sees the rows of when it began. Asked in the statement that waits for the lock, the end would be the one of
before the wait; each statement within a function looks anew.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FUNCTION = """
CREATE FUNCTION end_of_audit_chain(chain text) RETURNS TABLE (sequence bigint, hash varchar)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit:' || chain, 0));
    RETURN QUERY SELECT event.sequence, event.hash FROM workforce_auditevent event
        WHERE event.stream = chain ORDER BY event.sequence DESC LIMIT 1;
END $$
"""


def make(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FUNCTION, params=None)


def drop(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION end_of_audit_chain(text)", params=None)


class Migration(migrations.Migration):
    dependencies = [("workforce", "0010_second_step")]

    operations = [migrations.RunPython(make, drop)]
