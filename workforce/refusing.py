"""A migration operation that makes the database itself refuse a change, on SQLite and PostgreSQL alike."""

from importlib import import_module
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation


class Refuse(Operation):
    """A trigger that refuses `on` (INSERT, UPDATE or DELETE) of rows of `table` where `when` holds.

    `when` is SQL over OLD and NEW that both databases understand; `name` says the rule in words and is
    the text of the error, so that a refused statement explains itself.
    """

    reversible = True

    def __init__(self, *, name: str, table: str, on: str, when: str = "1=1") -> None:
        self.name, self.table, self.on, self.when = name, table, on, when

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor == "sqlite":
            when = self.when.replace("IS DISTINCT FROM", "IS NOT")  # SQLite's older spelling of the same
            schema_editor.execute(
                f"CREATE TRIGGER {self.name} BEFORE {self.on} ON {self.table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{self.name}'); END",
                params=None,
            )
            return
        row = "OLD" if self.on == "DELETE" else "NEW"
        schema_editor.execute(
            f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {self.when} THEN RAISE EXCEPTION '{self.name}' USING ERRCODE = 'integrity_constraint_violation'; "
            f"END IF; RETURN {row}; END $$",
            params=None,
        )
        schema_editor.execute(
            f"CREATE TRIGGER {self.name} BEFORE {self.on} ON {self.table} FOR EACH ROW EXECUTE FUNCTION {self.name}()",
            params=None,
        )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER {self.name}", params=None)
        else:
            schema_editor.execute(f"DROP TRIGGER {self.name} ON {self.table}", params=None)
            schema_editor.execute(f"DROP FUNCTION {self.name}()", params=None)

    def describe(self) -> str:
        return f"The database refuses: {self.name.replace('_', ' ')}"


class Lift(Operation):
    """Takes rules off their tables until they are stated again further down in the same migration.

    Django alters a table of SQLite by making it anew: the copy has no triggers, and those of other tables that
    look into it hold up the renaming.
    """

    reversible = True

    def __init__(self, *rules: Refuse) -> None:
        self.rules = rules

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        for rule in self.rules:
            rule.database_backwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        for rule in self.rules:
            rule.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"{len(self.rules)} rules are lifted while their tables are made anew"


def rules_in(*modules: str) -> list[Refuse]:
    """The rules that these migrations stated, by the full name of their modules."""
    operations = [operation for name in modules for operation in import_module(name).Migration.operations]
    return [operation for operation in operations if isinstance(operation, Refuse)]
