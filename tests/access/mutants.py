"""Removes every permission check in turn and reports which removal no test notices. Run by `make mutants-access`.

First the refused cells of the matrix and the calls of verbs by the wrong people are asked once, noting which functions
of ours each of them runs. Then a check is taken out of the running program and only what runs its function is asked
again, until one answer is wrong. What survives this, but for what can change no answer (equivalents.py), is shown to
tests, in a process of their own that begins none after MUTANTS_SECONDS (420). Last line: one JSON object.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from tests.access.checks import ROOT, Check, all_checks
from tests.access.equivalents import EQUIVALENT

Function = tuple[str, str]  # file, qualified name
SAME_AS_OTHERS = ("dismissed", "stranger", "rolf")  # who are refused as somebody else is, by the same code
ENOUGH = 300  # questions that run the function and all go well; in random order, so that they are of many kinds
BESIDE = tuple(
    f"tests/access/test_{name}.py" for name in ("rows_of_another_project", "rows_of_another_person", "verbs")
)
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
    from tests.access.removing import forget_statements

    ours = str(ROOT)
    forget_statements()

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


def noticed_by_tests(checks: list[Check], *, seconds: float) -> dict[str, str]:
    """The first test that fails without the check, among those that run its function; begun within so many seconds.

    Tests are taken from the files that name its function, its module or its kind; those that name most come first.
    """
    from tests.access.showing import CHECKS, NOTICED, SECONDS

    named = Counter(file for check in checks for file in naming(check))
    files = [*BESIDE, *(file for file, _ in named.most_common())]
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "checks.json"
        asked.write_text(json.dumps([str(check) for check in checks]), encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--tb=no", "-s", "-p", "tests.access.showing", *files],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
            env={**os.environ, CHECKS: str(asked), SECONDS: str(seconds)},
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
    wrong = [f"{line} is no check" for line in EQUIVALENT.keys() - {_line(check) for check in all_checks()}]
    survived = []
    with override_settings(**SETTINGS), transaction.atomic():
        asked = questions(ROUTES, verbs=True)
        print(f"{len(asked)} refusals asked in {time.monotonic() - began:.0f} s", flush=True)
        for check in all_checks():
            shown = noticed(check, asked)
            if not shown:
                survived.append(check)
            elif _line(check) in EQUIVALENT:
                wrong.append(f"{check} is noticed: {shown}")
        transaction.set_rollback(True)
    teardown_databases(databases, verbosity=0)
    connection.close()
    equivalent = [check for check in survived if _line(check) in EQUIVALENT]
    left = [check for check in survived if check not in equivalent]
    by_asking = len(all_checks()) - len(survived)
    print(f"{by_asking} noticed after {time.monotonic() - began:.0f} s; {len(left)} are shown to tests", flush=True)
    by_tests = noticed_by_tests(left, seconds=float(os.environ.get("MUTANTS_SECONDS", "420"))) if left else {}
    unseen = [str(check) for check in left if str(check) not in by_tests]
    counts = {"mutants": len(all_checks()), "noticed by asking": by_asking, "noticed by tests": len(by_tests)}
    told = counts | {"equivalent": len(equivalent), "survived": unseen, "wrong": wrong}
    print(json.dumps(told | {"seconds": round(time.monotonic() - began)}))
    return 1 if unseen or wrong else 0


def _line(check: Check) -> tuple[str, str, str]:
    return check.path, check.function, check.kind


if __name__ == "__main__":
    sys.exit(main())
