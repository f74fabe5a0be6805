"""The permission matrix: every address × method × person × (a row of their own project, of another, one that is not
there), asked for and judged by table.py. Pages are three files of tests and the API one, so that processes share the
work (areas.py).
"""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.access.rows import Place, make_place
from tests.access.table import HOLDERS, ROUTES
from workforce import accounts, managing, people, vendors
from workforce.models import Membership, Role, User

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ANSWERED_BEFORE_A_LOOK = ("nobody signed in", "rosa", "ada", "stranger")  # a method that is not allowed: to all alike
NO_DATA_OF_PEOPLE = re.compile(r'(?:INTO|UPDATE|FROM) "(?:workforce_session|workforce_allowance)"')
FORM_TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]*')
# The wellbeing contact is a person by name, and nobody asks so often that they are held back.
SETTINGS: dict[str, Any] = {"WELLBEING_CONTACT": "lena", "RATES": dict.fromkeys(settings.RATES)}


@dataclass(frozen=True)
class Cell:
    """One request: at which address, by whom, for whose row (nobody's if the project is not there), and is it there."""

    route: str
    method: str
    asker: str
    place: Place | None
    path: str
    there_is: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path} by {self.asker}"


class Matrix:
    """Two projects, everybody who may ask, and their open sessions."""

    def __init__(self) -> None:
        self.here = make_place("here", {"rater": "rosa", "other rater": "rafi", "lead": "lena", "admin": "ada"})
        self.there = make_place("there", {"rater": "remy", "other rater": "rolf", "lead": "leo", "admin": "vic"})
        self.askers: dict[str, User | None] = {"nobody signed in": None}
        self.askers |= {user.username: user for place in (self.here, self.there) for user in place.people.values()}
        self.askers["stranger"] = User.objects.create_user("stranger")
        self.sessions = {name: _session(user) for name, user in self.askers.items()}
        self._standings_change()
        self.client = Client(raise_request_exception=False)  # one for all: each makes its middleware, which takes long

    def _standings_change(self) -> None:
        """They held a role when their session began and hold less now; the session goes on."""
        team, ada = self.here.project.team, self.here.people["admin"]
        before = {"disabled": Role.ADMIN, "demoted": Role.ADMIN, "dismissed": Role.ADMIN, "ended": Role.RATER}
        made = {name: people.add_member(team=team, username=name, role=before[name], actor=None) for name in before}
        self.askers |= made
        self.sessions |= {name: _session(user) for name, user in made.items()}
        accounts.disable(team=team, user=made["disabled"], actor=ada)
        managing.admit(team=team, username="demoted", display_name="", role=Role.RATER, actor=ada)
        for name in ("demoted", "dismissed"):
            managing.dismiss(team=team, user=made[name], role=Role.ADMIN, actor=ada)
        vendor = vendors.make_vendor(team=team, name="Ended", actor=ada)
        vendors.move_member(membership=Membership.objects.get(user=made["ended"]), vendor=vendor, actor=ada)
        vendors.set_vendor_active(vendor=vendor, active=False, actor=ada)

    def role(self, asker: str, place: Place | None) -> str | None:
        """What the asker is in the project now."""
        if place is None:
            return None
        if asker == "demoted":
            return "other rater" if place is self.here else None
        return next((role for role, user in place.people.items() if user.username == asker), None)

    def ask(
        self, asker: str, method: str, path: str, body: dict[str, Any], *, api: bool
    ) -> tuple[HttpResponse, list[str]]:
        """The answer, which is then undone, and what was written for it."""
        self.client.cookies.clear()
        if self.sessions[asker]:
            self.client.cookies["sessionid"] = self.sessions[asker]
        text = (json.dumps(body) if api else urlencode(body)) if body else ""
        kind = "application/json" if api else "application/x-www-form-urlencoded"
        with undone() as written:
            answer = self.client.generic(method, path, text, content_type=kind)
            if answer.streaming:
                answer = HttpResponse(b"".join(answer.streaming_content), status=answer.status_code)
        return answer, written


def _session(user: User | None) -> str:
    if user is None:
        return ""
    client = Client()
    client.force_login(user)
    client.get("/account/")  # the session notes its use now and not during a cell
    return client.cookies["sessionid"].value


@contextmanager
def undone() -> Iterator[list[str]]:
    """What is done inside is undone; yields what was written."""
    written: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE")) and not NO_DATA_OF_PEOPLE.search(sql):
            written.append(sql[:60])
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(note):
            yield written
        transaction.set_rollback(True)


def said(answer: HttpResponse, *, api: bool) -> str:
    """The answer in a word: in, sign in, 403, 404, 405 or fault."""
    status = answer.status_code
    if (api and status == 401) or (status == 302 and answer.headers["Location"].startswith("/login/?next=")):
        return "sign in"
    if status >= 500:
        return "fault"
    return str(status) if status in (401, 403, 404, 405) else "in"


def wanted(route: str, method: str, asker: str, role: str | None, *, there_is: bool, api: bool) -> str:
    """What the table says of a cell."""
    rule = ROUTES[route]
    if rule.who != "anyone" and asker in ("nobody signed in", "disabled"):
        return "sign in"
    if api and method == "OPTIONS":
        return "in"  # the framework's description of the address; it looks at no row
    if method not in rule.methods:
        return "405"
    holders = HOLDERS[(rule.writers if method == "POST" else "") or rule.who]
    if holders is None:
        return "in"
    if role is None:
        return "404"
    if role not in holders:
        return str(rule.others)
    return "in" if there_is else "404"


def wrong_cells(
    routes: list[str], *, api: bool, settings: Any, caplog: pytest.LogCaptureFixture
) -> tuple[int, list[str]]:
    """How many cells the routes have, and a line for each that is not as the table says."""
    for name, value in SETTINGS.items():
        setattr(settings, name, value)
    caplog.set_level(logging.CRITICAL, logger="django.request")
    matrix, size, wrong = Matrix(), 0, []
    for route in routes:
        not_there: dict[tuple[str, str], set[bytes]] = {}
        for cell in cells_of(matrix, route):
            answer, complaint = judged(matrix, cell, api=api)
            size += 1
            wrong += [complaint] if complaint else []
            if matrix.role(cell.asker, cell.place) is None and expected(matrix, cell, api=api) == "404":
                seen = FORM_TOKEN.sub(rb"\1", answer.content)
                not_there.setdefault((cell.method, cell.asker), set()).add(seen)
        wrong += [
            f"{' '.join(who)}: learns what is there at {route}" for who, seen in not_there.items() if len(seen) > 1
        ]
    return size, wrong


def expected(matrix: Matrix, cell: Cell, *, api: bool) -> str:
    role = matrix.role(cell.asker, cell.place)
    return wanted(cell.route, cell.method, cell.asker, role, there_is=cell.there_is, api=api)


def judged(matrix: Matrix, cell: Cell, *, api: bool) -> tuple[HttpResponse, str]:
    """The answer to a cell, and what is wrong with it, if anything.

    A refused request writes nothing, except that a rater whose answer is refused is handed their own next item.
    """
    body = (cell.place or matrix.here).bodies.get(cell.route, {}) if cell.method in ("POST", "PUT") else {}
    answer, written = matrix.ask(cell.asker, cell.method, cell.path, body, api=api)
    should, found = expected(matrix, cell, api=api), said(answer, api=api)
    if found != should:
        return answer, f"{cell}: wanted {should}, not {found} ({answer.status_code})"
    role = matrix.role(cell.asker, cell.place)
    if written and should != "in" and role not in (HOLDERS[ROUTES[cell.route].who] or ()):
        return answer, f"{cell}: wrote {written}"
    return answer, ""


def cells_of(matrix: Matrix, route: str) -> Iterator[Cell]:
    targets: list[tuple[Place | None, str, bool]] = [(matrix.here, matrix.here.path(route), True)]
    if HOLDERS[ROUTES[route].who] is not None and matrix.here.at[route]:
        row, project = matrix.here.paths_to_nothing(route)
        targets.append((matrix.there, matrix.there.path(route), True))
        targets += ([(matrix.here, row, False)] if row else []) + ([(None, project, False)] if project else [])
        if {"slug", "pk"} <= set(matrix.here.at[route]):  # a row of the one, asked for in the name of the other
            strange = reverse(route, kwargs=matrix.here.at[route] | {"slug": matrix.there.project.slug})
            targets.append((matrix.there, strange, False))
    for method in METHODS:
        allowed = method in ROUTES[route].methods
        # HEAD is answered by the code of GET: that it is guarded at all is seen on one row.
        for place, path, there_is in targets if allowed and method != "HEAD" else targets[:1]:
            for asker in matrix.askers if allowed else ANSWERED_BEFORE_A_LOOK:
                yield Cell(route, method, asker, place, path, there_is)
