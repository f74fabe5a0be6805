"""Queries that are put together once in a process and filled in at each use.

To put the claim's queries together takes longer than to ask them. What is built with blanks is compiled once for a kind
of database; after that only the values are new. The same objects come back, with all that they were joined with and
annotated by.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BigIntegerField, DateTimeField, Field, Model, QuerySet, TextField, UUIDField
from django.db.models.query import ModelIterable
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

from workforce.models import User
from workforce.planned import Planned, plan, plans_once

Row = TypeVar("Row", bound=Model)

LOWEST = 2**62  # keys from here on, which no row has, are blanks
LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


class Blank(NamedTuple):
    """A parameter not known yet. Values of the field are put as the database wants them, others go as they are."""

    name: str
    field: Field[Any, Any] | None

    @property
    def type(self) -> str:
        """What the database calls its kind."""
        return (self.field or BigIntegerField()).db_type(connection) or ""


class Blanks:
    """What stands in a query for values to come: each is a value that occurs nowhere else."""

    def __init__(self) -> None:
        self.known: dict[Hashable, Blank] = {}

    def key(self, name: str) -> int:
        """A whole number, as primary keys and counts are."""
        number = LOWEST + len(self.known)
        self.known[number] = Blank(name, None)
        return number

    def user(self, name: str) -> User:
        """A person, of whom only the key is known."""
        return User(pk=self.key(name))

    def moment(self, name: str) -> datetime:
        """A moment in time."""
        moment = LONG_AGO.replace(microsecond=len(self.known))
        self._note(name, moment, DateTimeField())
        return moment

    def uuid(self, name: str) -> UUID:
        """A token, or a client's key."""
        uuid = UUID(int=len(self.known))
        self._note(name, uuid, UUIDField())
        return uuid

    def text(self, name: str) -> str:
        """Words, as keys of sessions are."""
        text = f"\u2039blank {len(self.known)}\u203a"
        self._note(name, text, TextField())
        return text

    def found_in(self, parameters: tuple[Any, ...]) -> list[Any]:
        """The parameters of the statement, with blanks where they are to be filled in. Raises TypeError if a blank was
        put where the database wants something of another kind.
        """
        found = [self.known.get(one, one) if isinstance(one, Hashable) else one for one in parameters]
        lost = {blank.name for blank in self.known.values()} - {one.name for one in found if isinstance(one, Blank)}
        if lost:
            raise TypeError(f"not to be found in the statement: {', '.join(sorted(lost))}")
        return found

    def _note(self, name: str, value: Any, field: Field[Any, Any]) -> None:
        self.known[field.get_db_prep_value(value, connection)] = Blank(name, field)


@dataclass(frozen=True, slots=True)
class Statement:
    """A query as one kind of database takes it."""

    sql: str
    parameters: list[Any]
    compiler: SQLCompiler
    planned: Planned | None = None

    def filled(self, values: dict[str, Any], lock: Statement | None = None) -> SQLCompiler:
        """What runs it on this thread's connection with these values, once the rows of `lock` are locked."""
        sql, parameters = self._asked(values)
        if lock is not None:
            locking, first = lock._asked(values)
            sql, parameters = f"{locking}; {sql}", [*first, *parameters]
        ready = copy.copy(self.compiler)
        ready.connection = connection
        ready.as_sql = lambda *_args, **_options: (sql, parameters)  # type: ignore[method-assign, assignment]  # made already
        return ready

    def _asked(self, values: dict[str, Any]) -> tuple[str, list[Any]]:
        if self.planned is not None:
            parameters = [_fill(one, values) for one in self.parameters if isinstance(one, Blank)]
            return self.planned.execution(), parameters
        return self.sql, [_fill(one, values) if isinstance(one, Blank) else one for one in self.parameters]


class Compiled(Generic[Row]):
    """A query with blanks; called with values for them by name, it is asked and returns its rows.

    `build` puts it together. Nothing in it may depend on anything else that changes. Behind a `lock` it sees what was
    committed by whoever held that before: two statements, each of which looks anew, sent at once. SQLite has no locks
    on rows, and whoever writes there has waited when the transaction began.
    """

    def __init__(self, build: Callable[[Blanks], QuerySet[Row]], lock: Compiled[Any] | None = None) -> None:
        self.build, self.lock = build, lock
        self.statements: dict[str, Statement] = {}

    def __call__(self, **values: Any) -> list[Row]:
        ready = self._filled(values)
        query = SimpleNamespace(get_compiler=lambda **_using: ready)
        asked: Any = SimpleNamespace(db=DEFAULT_DB_ALIAS, query=query, _known_related_objects={})
        return list(ModelIterable(asked))

    def tuples(self, **values: Any) -> list[Any]:
        """The rows as they are, of a query for single columns; many of them are not worth an object each."""
        ready: Any = self._filled(values)
        return list(ready.results_iter(ready.execute_sql(), tuple_expected=True))

    def first(self, **values: Any) -> Row | None:
        """The first row, if there is one."""
        return next(iter(self(**values)), None)

    def _filled(self, values: dict[str, Any]) -> SQLCompiler:
        locks = self.lock is not None and connection.features.has_select_for_update
        return self._statement().filled(values, self.lock._statement() if self.lock and locks else None)

    def _statement(self) -> Statement:
        if connection.vendor not in self.statements:
            self.statements[connection.vendor] = self._compile()
        return self.statements[connection.vendor]

    def _compile(self) -> Statement:
        blanks = Blanks()
        sql, parameters, compiler = self._put_together(blanks)
        found = blanks.found_in(parameters)
        if not plans_once():
            return Statement(sql, found, compiler)
        types = [one.type if isinstance(one, Blank) else "" for one in found]
        return Statement(sql, found, compiler, plan(sql=sql, parameters=parameters, types=types))

    def _put_together(self, blanks: Blanks) -> tuple[str, tuple[Any, ...], SQLCompiler]:
        """The statement, its parameters, and what reads its rows."""
        compiler = self.build(blanks).query.get_compiler(connection=connection)
        return *compiler.as_sql(), compiler


def behind(lock: Compiled[Any]) -> Callable[[Callable[[Blanks], QuerySet[Row]]], Compiled[Row]]:
    """As a decorator: the query, once the rows that `lock` finds are locked. It is given the values of both."""
    return lambda build: Compiled(build, lock)


class Changed(Compiled[Row]):
    """An update with blanks; called with values for them by name, it returns the rows as they are then.

    `build` says which rows, by columns of theirs and subqueries, and what is put where.
    """

    def __init__(self, build: Callable[[Blanks], tuple[QuerySet[Row], dict[str, Any]]]) -> None:
        super().__init__(lambda blanks: build(blanks)[0])
        self.build_change = build

    def _put_together(self, blanks: Blanks) -> tuple[str, tuple[Any, ...], SQLCompiler]:
        rows, values = self.build_change(blanks)
        update: Any = rows.order_by().query.chain(UpdateQuery)
        update.add_update_values(values)
        sql, parameters = update.get_compiler(connection=connection).as_sql()
        compiler = rows.model._base_manager.order_by().query.get_compiler(connection=connection)
        compiler.as_sql()  # which says what its columns are
        columns = ", ".join(column for _, (column, _), _ in compiler.select)
        return f"{sql} RETURNING {columns}", parameters, compiler


def _fill(blank: Blank, values: dict[str, Any]) -> Any:
    value = values[blank.name]
    return value if blank.field is None else blank.field.get_db_prep_value(value, connection)
