"""Generated calls of the API: each operation as its own schema describes it, at rows that are there, by one person.

Chance alone finds no row, and no body that a verb would look at. So an address mostly names a row of the project, and
a body is often one that is accepted, with some of its fields replaced by generated ones.
"""

import json
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import schemathesis
from django.core.signals import got_request_exception, request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.schemas import APIOperation
from schemathesis.transport.serialization import Binary, serialize_binary

from tests.access.matrix import undone
from tests.access.rows import Place

CSRF = "c" * 32
SAME_EACH_TIME = 100  # fewer examples than this are the same in every run, so that `make test` says the same twice
SOMEWHERE = {"slug": "nowhere", "uid": "7b89b1e8-f20c-432b-83b3-9fcfffe1ca3e"}
SOMEWHERE["token"] = SOMEWHERE["uid"]


@schemathesis.serializer("application/x-ndjson")
def _as_lines(context: Any, value: Any) -> bytes:
    """An import is a file: bytes as they are, anything else as one line of JSON."""
    return serialize_binary(value) if isinstance(value, Binary | bytes | str) else json.dumps(value).encode()


@cache
def operations() -> list[APIOperation]:
    """All operations of the schema, called in this process. Who asks is ours to say, so it is not generated."""
    raw = SchemaGenerator().get_schema(request=None, public=True)
    raw["components"].pop("securitySchemes", None)
    for methods in raw["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(raw)
    schema.app = get_wsgi_application()
    return [found.ok() for found in schema.get_all_operations()]


def faults(operation: APIOperation, place: Place, *, examples: int, session: str = "", token: str = "") -> list[str]:
    """Call the operation so many times; the calls that ended in an error of ours, with its traceback."""
    found: list[str] = []
    headers = {"X-CSRFToken": CSRF} | ({"Authorization": f"Bearer {token}"} if token else {})
    cookies = {"csrftoken": CSRF} | ({"sessionid": session} if session else {})

    @settings(
        max_examples=examples,
        derandomize=examples < SAME_EACH_TIME,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_calls(operation, place))
    def ask(case: Case) -> None:
        with undone(), _tracebacks() as traces:
            answer = case.call(headers=headers, cookies=cookies)
        if answer.status_code >= 500 or traces:
            found.append(f"{case.method} {case.formatted_path} {case.query} {case.body!r}\n{''.join(traces)}")

    ask()
    return found


def _calls(operation: APIOperation, place: Place) -> st.SearchStrategy[Case]:
    names = [parameter.name for parameter in operation.path_parameters]
    address = str(operation.path).format(**{name: SOMEWHERE.get(name, 1) for name in names})
    route = resolve(address).url_name or ""
    rows = {name: str(value) for name, value in place.at[route].items()}
    accepted = place.bodies.get(route, {})

    @st.composite
    def aimed(draw: st.DrawFn) -> Case:
        case: Case = draw(operation.as_strategy())
        if draw(st.integers(0, 3)):
            case.path_parameters = {**case.path_parameters, **rows}
        if accepted and isinstance(case.body, dict) and case.body and draw(st.booleans()):
            replaced = draw(st.sets(st.sampled_from(sorted(case.body))))
            case.body = {**accepted, **{name: case.body[name] for name in replaced}}
        return case

    return aimed()


@contextmanager
def _tracebacks() -> Iterator[list[str]]:
    """Of what goes wrong in a request meanwhile, where the answer says no more than that something did."""
    found: list[str] = []

    def note(**_: Any) -> None:
        found.append(traceback.format_exc())

    # Between two requests a process lets go of a connection that is in a transaction: here it is the test's own.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    got_request_exception.connect(note)
    try:
        yield found
    finally:
        got_request_exception.disconnect(note)
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
