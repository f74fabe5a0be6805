"""Statements that PostgreSQL plans once for a connection: to plan what a claim asks takes longer than to answer it.

Not behind a pooler that hands a connection to somebody else after each transaction (settings.PLAN_ONCE).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection


def plans_once() -> bool:
    """Whether statements are planned once for a connection here."""
    return connection.vendor == "postgresql" and settings.PLAN_ONCE


@dataclass(frozen=True, slots=True)
class Planned:
    """A statement with places for values, under a name by which each connection knows it."""

    name: str
    text: str
    places: int

    def execution(self) -> str:
        """The statement that runs it with as many parameters as there are places; it is planned here by then."""
        if self.name not in (known := _known_here()):
            with connection.wrap_database_errors, connection.connection.cursor() as cursor:
                cursor.execute(f"PREPARE {self.name} AS {self.text}")
            known.add(self.name)
        return f"EXECUTE {self.name} ({', '.join(['%s'] * self.places)})"


def plan(*, sql: str, parameters: Sequence[Any], types: Sequence[str]) -> Planned:
    """What runs `sql`, which has %s for each of the parameters. Those vary that have a type of the database's; the
    others are part of it.
    """
    connection.ensure_connection()
    first, *rest = (part.replace("%%", "%") for part in sql.split("%s"))
    text, places = [first], 0
    with connection.connection.cursor() as cursor:
        for value, kind, part in zip(parameters, types, rest, strict=True):
            places += bool(kind)
            text += [f"${places}::{kind}" if kind else cursor.mogrify("%s", [value]).decode(), part]
    whole = "".join(text)
    return Planned(f"assay_{hashlib.sha256(whole.encode()).hexdigest()[:24]}", whole, places)


def _known_here() -> set[str]:
    """The names that this thread's connection to the database knows, until it is lost."""
    connection.ensure_connection()
    of, known = getattr(connection, "planned", (None, set()))
    if of is not connection.connection:
        known = set()
        connection.planned = (connection.connection, known)  # type: ignore[attr-defined]  # kept with what it is of
    return known
