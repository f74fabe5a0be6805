"""The permission matrix: every address × method × person × (a row of their own project, of another, one that is not
there), asked for and judged by table.py. Pages and API are tests of their own, so that two processes share the work.
"""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from tests.access.rows import Place, make_place
from tests.access.table import HOLDERS, ROUTES
from workforce import accounts, managing, people, vendors
from workforce.models import Membership, Role, User

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ANSWERED_BEFORE_A_LOOK = ("nobody signed in", "rosa", "ada", "stranger")  # a method that is not allowed: to all alike
NO_DATA_OF_PEOPLE = re.compile(r'(?:INTO|UPDATE|FROM) "(?:django_session|workforce_allowance)"')
FORM_TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")[^"]*')


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

    def role(self, asker: str, place: Place) -> str | None:
        """What the asker is in the project now."""
        if asker == "demoted":
            return "other rater" if place is self.here else None
        return next((role for role, user in place.people.items() if user.username == asker), None)

    def ask(
        self, asker: str, method: str, path: str, body: dict[str, Any], *, api: bool
    ) -> tuple[HttpResponse, list[str]]:
        """The answer, which is then undone, and what was written for it."""
        client = Client(raise_request_exception=False)
        if self.sessions[asker]:
            client.cookies["sessionid"] = self.sessions[asker]
        text = (json.dumps(body) if api else urlencode(body)) if body else ""
        kind = "application/json" if api else "application/x-www-form-urlencoded"
        with _undone() as written:
            answer = client.generic(method, path, text, content_type=kind)
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
def _undone() -> Iterator[list[str]]:
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
    """How many cells the routes have, and a line for each that is not as the table says.

    A refused request writes nothing, except that a rater whose answer is refused is handed their own next item.
    """
    settings.WELLBEING_CONTACT = "lena"
    settings.RATES = dict.fromkeys(settings.RATES)
    caplog.set_level(logging.CRITICAL, logger="django.request")
    matrix, size, wrong = Matrix(), 0, []
    for route in routes:
        not_there: dict[tuple[str, str], set[bytes]] = {}
        for method, asker, place, path, there_is in _cells(matrix, route):
            body = (place or matrix.here).bodies.get(route, {}) if method in ("POST", "PUT") else {}
            answer, written = matrix.ask(asker, method, path, body, api=api)
            role = matrix.role(asker, place) if place else None
            expected = wanted(route, method, asker, role, there_is=there_is, api=api)
            found, size, cell = said(answer, api=api), size + 1, f"{method} {path} by {asker}"
            if found != expected:
                wrong.append(f"{cell}: wanted {expected}, not {found} ({answer.status_code})")
            elif written and expected != "in" and role not in (HOLDERS[ROUTES[route].who] or ()):
                wrong.append(f"{cell}: wrote {written}")
            if role is None and expected == "404":
                not_there.setdefault((method, asker), set()).add(FORM_TOKEN.sub(rb"\1", answer.content))
        wrong += [
            f"{' '.join(who)}: learns what is there at {route}" for who, seen in not_there.items() if len(seen) > 1
        ]
    return size, wrong


def _cells(matrix: Matrix, route: str) -> Iterator[tuple[str, str, Place | None, str, bool]]:
    """Method, asker, whose row, its path and whether there is such a row."""
    targets: list[tuple[Place | None, str, bool]] = [(matrix.here, matrix.here.path(route), True)]
    if HOLDERS[ROUTES[route].who] is not None and matrix.here.at[route]:
        row, project = matrix.here.paths_to_nothing(route)
        targets.append((matrix.there, matrix.there.path(route), True))
        targets += ([(matrix.here, row, False)] if row else []) + ([(None, project, False)] if project else [])
    for method in METHODS:
        allowed = method in ROUTES[route].methods
        # HEAD is answered by the code of GET: that it is guarded at all is seen on one row.
        for place, path, there_is in targets if allowed and method != "HEAD" else targets[:1]:
            for asker in matrix.askers if allowed else ANSWERED_BEFORE_A_LOOK:
                yield method, asker, place, path, there_is
