"""A check taken out of the running code and put back: the functions that hold it get the code of a changed source.

The tree is not touched. A login decorator is a wrapper that asks a question of its own: there the question is answered.
"""

import ast
import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any

from tests.access.checks import ROOT, Check, all_checks, saying, sources, without

Place = tuple[str, str, int]  # file, qualified name, first line
Holder = tuple[str, str]  # file and qualified name of a function that holds a check
_reached: set[Holder] = set()


@contextmanager
def removed(check: Check) -> Iterator[None]:
    """The program without this check."""
    undo: list[Callable[[], None]] = []
    if check.kind == "login":
        undo.append(_answer_the_question(check, lambda user: True))
    else:
        undo += _swap(check.path, check.function, without(check.path, (check,)))
    assert undo, f"nothing runs {check}"
    forget_statements()
    try:
        yield
    finally:
        forget_statements()
        for put_back in reversed(undo):
            put_back()


def forget_statements() -> None:
    """Queries that were put together once are put together anew, by what the functions are now."""
    from workforce.compiled import Compiled  # not before Django is set up

    ours = [module for name, module in list(sys.modules.items()) if name.startswith(("annotation.", "workforce."))]
    for query in [thing for module in ours for thing in vars(module).values() if isinstance(thing, Compiled)]:
        query.statements.clear()


def watch(checks: Iterable[Check]) -> set[Holder]:
    """Have the functions that hold these checks say from now on that they are run; gives where they say it.

    A login is asked before the function that holds it, so there the question says it.
    """
    by_path: dict[str, set[str]] = {}
    for check in checks:
        if check.kind == "login":
            asked = _question(check).cell_contents
            _answer_the_question(
                check, lambda user, holder=(check.path, check.function), asked=asked: says(*holder) or asked(user)
            )
        else:
            by_path.setdefault(check.path, set()).add(check.function)
    for path, functions in by_path.items():
        tree = saying(path, functions)
        for function in functions:
            _swap(path, function, tree)
    return _reached


def says(path: str, function: str) -> None:
    """What a watched function does first."""
    _reached.add((path, function))


@cache
def unguarded(gate: FunctionType) -> FunctionType:
    """The gate without its checks, but for what says which row is meant.

    It is called from the source that has lost the gate.
    """
    path = gate.__code__.co_filename.removeprefix(f"{ROOT}/")
    inside = tuple(
        check
        for check in all_checks()
        if (check.path, check.function) == (path, gate.__qualname__) and not check.kind.startswith(("owner:", "rows "))
    )
    changed = _codes(compile(without(path, inside), str(ROOT / path), "exec"))
    place = (gate.__code__.co_filename, gate.__qualname__, gate.__code__.co_firstlineno)
    return FunctionType(changed[place], gate.__globals__, gate.__name__, gate.__defaults__)


@cache
def live() -> dict[Place, list[FunctionType]]:
    """All functions of ours, once every file of ours is imported."""
    for path in sources():
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        if module not in sys.modules and not module.startswith(("training.rlhf", "config.")):
            import_module(module)
    found: dict[Place, list[FunctionType]] = {}
    for thing in gc.get_objects():
        if type(thing) is FunctionType and thing.__code__.co_filename.startswith(str(ROOT)):
            code = thing.__code__
            found.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(thing)
    return found


def _swap(path: str, name: str, tree: ast.Module) -> list[Callable[[], None]]:
    """Give the live functions of this name, and those inside them, the code of the tree; what puts theirs back."""
    changed = _codes(compile(tree, str(ROOT / path), "exec"))
    places = [place for place in changed if place[1] == name or place[1].startswith(f"{name}.<locals>")]
    return [_swapped(function, changed[place]) for place in places for function in live().get(place, ())]


def _codes(code: CodeType) -> dict[Place, CodeType]:
    found = {(code.co_filename, code.co_qualname, code.co_firstlineno): code}
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found |= _codes(inner)
    return found


def _swapped(function: FunctionType, code: CodeType) -> Callable[[], None]:
    original = function.__code__

    def put_back() -> None:
        function.__code__ = original

    function.__code__ = code
    return put_back


def _answer_the_question(check: Check, answer: Callable[[Any], bool]) -> Callable[[], None]:
    cell = _question(check)
    original = cell.cell_contents

    def put_back() -> None:
        cell.cell_contents = original

    cell.cell_contents = answer
    return put_back


def _question(check: Check) -> Any:
    """Where the decorator keeps what it asks of the person."""
    view = getattr(import_module(check.path.removesuffix(".py").replace("/", ".")), check.function)
    while view is not None:
        cells = dict(zip(view.__code__.co_freevars, view.__closure__ or (), strict=True))
        if "test_func" in cells:
            return cells["test_func"]
        view = getattr(view, "__wrapped__", None)
    raise AssertionError(f"{check} is not asked")
