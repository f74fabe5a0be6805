"""Removes every permission check in turn and reports which removal no test notices. Run by `make mutants-access`.

First the refused cells of the matrix and the calls of verbs by the wrong people are asked once, noting which functions
of ours each of them runs. Then a check is taken out of the running program and only what runs its function is asked
again, until one answer is wrong. What survives this is shown to the tests that name its function, in a process of
their own. Last line: one JSON object.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from tests.access.checks import ROOT, Check, all_checks

Function = tuple[str, str]  # file, qualified name
SAME_AS_OTHERS = ("dismissed", "stranger", "rolf")  # who are refused as somebody else is, by the same code
ENOUGH = 300  # questions that run the function and all go well; in random order, so that they are of many kinds
NOT_FOR_THIS = ("e2e", "faults", "access", "rlhf", "agreement", "architecture")


@dataclass
class Question:
    """Something that is refused, and the functions that run meanwhile. `wrong` asks it and says what went wrong."""

    name: str
    wrong: Callable[[], str]
    asker: str = ""
    runs: set[Function] = field(default_factory=set)


def questions(routes: Iterable[str], *, verbs: bool) -> list[Question]:
    """The refused cells of these routes, and every verb called by the wrong people; each has been asked once."""
    from tests.access import matrix as cells
    from tests.access import verbs as second_line

    matrix = cells.Matrix()
    found = []
    for route in routes:
        api = route.startswith("api-") and route != "api-schema"
        for cell in cells.cells_of(matrix, route):
            should = cells.expected(matrix, cell, api=api)
            near = cell.place is matrix.here if cell.there_is else cell.place is matrix.there
            if near and should in ("sign in", "403", "404") and cell.asker not in SAME_AS_OTHERS:
                wrong = _asked(cells.judged, matrix, cell, api)
                found.append(Question(str(cell), wrong, cell.asker, {_view(cell.path)}))
    if verbs:
        given = second_line.arguments(matrix.here)
        for verb in second_line.verbs():
            found.append(Question(str(verb), _called(second_line.let_in, verb, matrix, given)))
    for question in found:
        with _noting(question.runs):
            complaint = question.wrong()
        assert not complaint, complaint
    Random(0).shuffle(found)  # so that the first few asked are of many kinds
    return found


def _asked(judged: Callable[..., Any], matrix: Any, cell: Any, api: bool) -> Callable[[], str]:
    return lambda: str(judged(matrix, cell, api=api)[1])


def _called(let_in: Callable[..., list[str]], verb: Any, matrix: Any, given: dict[str, Any]) -> Callable[[], str]:
    return lambda: "; ".join(let_in(verb, matrix.here, matrix.there, given))


def _view(path: str) -> Function:
    from django.urls import resolve

    view = resolve(path).func
    while hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    return view.__code__.co_filename, view.__code__.co_qualname


@contextmanager
def _noting(runs: set[Function]) -> Iterator[None]:
    ours = str(ROOT)

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(ours):
            runs.add((frame.f_code.co_filename, frame.f_code.co_qualname))

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)


def noticed(check: Check, asked: list[Question]) -> str:
    """What shows that the check is gone, or nothing."""
    from tests.access.removing import removed

    function = (str(ROOT / check.path), check.function)
    told = [question for question in asked if function in question.runs]
    if check.kind == "login":
        told = [question for question in told if question.asker in ("nobody signed in", "disabled")]
    with removed(check):
        return next((wrong for question in told[:ENOUGH] if (wrong := question.wrong())), "")


def noticed_by_tests(checks: list[Check]) -> dict[str, str]:
    """The first test that fails without the check, among those that name its function, its module or its kind."""
    from tests.access.showing import CHECKS, NOTICED

    told = {str(check): naming(check) for check in checks}
    files = sorted({file for those in told.values() for file in those})
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "checks.json"
        asked.write_text(json.dumps(told), encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-s", "--tb=no", "-p", "tests.access.showing", *files],
            cwd=ROOT,
            env={**os.environ, CHECKS: str(asked)},
            check=False,
        )
        found = asked.with_suffix(NOTICED)
        return dict(json.loads(found.read_text(encoding="utf-8"))) if found.exists() else {}


def naming(check: Check) -> list[str]:
    names = {check.function.rpartition(".")[2], check.kind.rpartition(" ")[2], Path(check.path).stem}
    names -= {"models", "views", "api", "visible_to", "require", "me"}  # which most files name
    word = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
    return [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if not set(NOT_FOR_THIS) & set(path.relative_to(ROOT).parts) and word.search(path.read_text(encoding="utf-8"))
    ]


def main() -> int:
    import logging

    import django
    from django.db import connection, transaction
    from django.test.utils import override_settings, setup_databases, setup_test_environment, teardown_databases

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    setup_test_environment()
    from tests.access.matrix import SETTINGS
    from tests.access.table import ROUTES

    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    databases = setup_databases(verbosity=0, interactive=False)
    began = time.monotonic()
    survived, count = [], 0
    with override_settings(**SETTINGS), transaction.atomic():
        asked = questions(ROUTES, verbs=True)
        print(f"{len(asked)} refusals asked in {time.monotonic() - began:.0f} s", flush=True)
        for check in all_checks():
            count += 1
            if shown := noticed(check, asked):
                print(f"{check} <- {shown}", flush=True)
            else:
                survived.append(check)
        transaction.set_rollback(True)
    teardown_databases(databases, verbosity=0)
    connection.close()
    print(f"{len(survived)} survive this and are shown to the tests that name them", flush=True)
    by_tests = noticed_by_tests(survived) if survived else {}
    unseen = [str(check) for check in survived if str(check) not in by_tests]
    print(f"{time.monotonic() - began:.0f} s")
    print(json.dumps({"mutants": count, "noticed": count - len(unseen), "survived": unseen}))
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
