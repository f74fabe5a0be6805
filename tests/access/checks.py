"""Every permission check of the code, found in its source, and the source without it.

A check is: a call of `require` or `require_scope`; a login decorator; a question to `holds`; a query narrowed to what
somebody may see (the methods of our query sets that take a user, `teams_of`, `in_force`) or to an owner beside the key
of a row; a refusal that is raised; a call of a gate, which is a function that is handed the request and gives back only
what the caller may have.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("config", "workforce", "rubrics", "annotation", "training")
# `unread_by` takes a user and says what they have read, not what they may; `me` says who asks.
NOT_PERMISSIONS = {"unread_by", "me"}
REFUSALS = {"NotAllowed", "PermissionDenied", "BadToken", "NotAuthenticated", "Http404"}
ASKS = {"filter", "get", "get_object_or_404"}
KEYS = {"pk", "uid", "token", "number", "slug", "name"}
OWNERS = {"rater", "user", "author", "to", "shared_with", "team", "project", "batch", "rubric", "actor"}
ALL_TEAMS = "__import__('workforce.models', fromlist=['Team']).Team.objects.values('pk')"
SAYS = "__import__('tests.access.removing', fromlist=['says']).says"
UNGUARDED = "__import__('tests.access.removing', fromlist=['unguarded']).unguarded"


@dataclass(frozen=True)
class Check:
    """Where it stands: the file, the function, the place in it and what it is ("require", "owner:rater" …)."""

    path: str
    function: str
    line: int
    column: int
    kind: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.function}: {self.kind}"


@cache
def all_checks() -> tuple[Check, ...]:
    found: list[Check] = []
    for path in sources():
        finder = _Finder(path)
        finder.visit(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        found += finder.found
    return tuple(found)


@cache
def sources() -> tuple[str, ...]:
    paths = (path.relative_to(ROOT) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))
    return tuple(str(path) for path in paths if not {"migrations", "management"} & set(path.parts))


@cache
def narrowing() -> frozenset[str]:
    """The names of the methods of our query sets that take a user, and `in_force`."""
    names = {"in_force"}
    for path in sources():
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name.endswith("QuerySet"):
                names |= {
                    method.name
                    for method in node.body
                    if isinstance(method, ast.FunctionDef) and "user" in {arg.arg for arg in method.args.args}
                }
    return frozenset(names - NOT_PERMISSIONS)


@cache
def gates() -> frozenset[str]:
    """Functions that are handed the request, hold a check or call a gate, and give back something else than an answer.

    A gate is known by its name, and by its file as well if the name is private to it.
    """
    names = set[str]()
    while True:
        before = len(names)
        for path in sources():
            for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and _may_be_a_gate(node):
                    finder = _Finder(path, frozenset(names))
                    finder.visit(node)
                    names |= {gate_name(path, node.name)} if finder.found else set()
        if len(names) == before:
            return frozenset(names - NOT_PERMISSIONS)


def gate_name(path: str, name: str) -> str:
    return f"{path}:{name}" if name.startswith("_") else name


def _may_be_a_gate(node: ast.FunctionDef) -> bool:
    given = [arg.arg for arg in node.args.args]
    answer = ast.unparse(node.returns) if node.returns else "None"
    return given[:1] == ["request"] and answer not in ("None", "bool") and "Response" not in answer


def without(path: str, removed: tuple[Check, ...]) -> ast.Module:
    """The source of the file without these checks of it."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    _Remover(path, {(check.line, check.column, check.kind) for check in removed}).visit(tree)
    return ast.fix_missing_locations(tree)


def saying(path: str, functions: set[str]) -> ast.Module:
    """The source of the file, in which these functions first of all say that they are run."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for name, node in _functions(tree):
        if name in functions:
            said = ast.parse(f"{SAYS}({path!r}, {name!r})").body[0]
            node.body.insert(0, ast.copy_location(said, node.body[0]))
    return ast.fix_missing_locations(tree)


def _functions(node: ast.AST, inside: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            if isinstance(child, ast.FunctionDef):
                yield f"{inside}{child.name}", child
            yield from _functions(child, f"{inside}{child.name}.")


def name_of(call: ast.expr) -> str:
    if isinstance(call, ast.Call):
        call = call.func
    return call.id if isinstance(call, ast.Name) else call.attr if isinstance(call, ast.Attribute) else ""


def kinds_of(node: ast.AST, path: str, gate_names: frozenset[str]) -> list[str]:
    """What checks the node is, if any."""
    if isinstance(node, ast.Expr) and name_of(node.value) in ("require", "require_scope"):
        return [name_of(node.value)]
    if isinstance(node, ast.If) and len(node.body) == 1 and isinstance(node.body[0], ast.Raise):
        raised = name_of(node.body[0].exc) if node.body[0].exc else ""
        return [f"raise {raised}"] if raised in REFUSALS else []
    if not isinstance(node, ast.Call):
        return []
    name, keywords = name_of(node), {keyword.arg for keyword in node.keywords}
    if name == "holds":
        return ["holds"] if keywords == {"user", "team", "role"} else []
    if name == "teams_of":
        return ["teams_of"] + (["the role of teams_of"] if "role" in keywords else [])
    if name in narrowing() and isinstance(node.func, ast.Attribute):
        return [name]
    if gate_name(path, name) in gate_names and isinstance(node.func, ast.Name):
        return [f"gate {name}"]
    found = []
    if name in ASKS and keywords & KEYS:
        found += [f"owner:{owner}" for owner in sorted((keywords & OWNERS) - {None} - KEYS)]
    if name == "get_object_or_404" and _rows_of(node.args[0]):
        found.append("rows of one owner")
    return found


def _rows_of(rows: ast.expr) -> bool:
    """Whether the rows are somebody's, as `team.vendors` is."""
    while isinstance(rows, ast.Call) and isinstance(rows.func, ast.Attribute):
        rows = rows.func.value
    return isinstance(rows, ast.Attribute) and rows.attr != "objects"


class _Finder(ast.NodeVisitor):
    def __init__(self, path: str, gate_names: frozenset[str] | None = None) -> None:
        self.path, self.names, self.found = path, list[str](), list[Check]()
        self.gate_names = gates() if gate_names is None else gate_names

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for decorator in node.decorator_list:
            if name_of(decorator) == "login_required":
                self._note(node, decorator, "login")
        self._inside(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside(node)

    def _inside(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        self.names.append(node.name)
        super().generic_visit(node)
        self.names.pop()

    def generic_visit(self, node: ast.AST) -> None:
        for kind in kinds_of(node, self.path, self.gate_names) if self.names else ():
            self._note(node, node, kind)
        super().generic_visit(node)

    def _note(self, node: ast.AST, at: ast.AST, kind: str) -> None:
        name = ".".join(self.names + ([node.name] if kind == "login" and isinstance(node, ast.FunctionDef) else []))
        self.found.append(Check(self.path, name, at.lineno, at.col_offset, kind))  # type: ignore[attr-defined]  # every node that is found has a place


class _Remover(ast.NodeTransformer):
    def __init__(self, path: str, removed: set[tuple[int, int, str]]) -> None:
        self.path, self.removed = path, removed

    def visit(self, node: ast.AST) -> ast.AST:
        kinds = kinds_of(node, self.path, gates())
        gone = [kind for kind in kinds if (node.lineno, node.col_offset, kind) in self.removed]  # type: ignore[attr-defined]  # every node that is visited here has a place
        self.generic_visit(node)
        for kind in gone:
            node = ast.copy_location(_removed(node, kind), node)
        return node


def _removed(node: ast.AST, kind: str) -> ast.AST:
    if isinstance(node, ast.Expr):
        return ast.Pass()
    if isinstance(node, ast.If):
        return ast.If(ast.Constant(False), node.body, node.orelse)
    assert isinstance(node, ast.Call)
    if kind == "holds":
        return ast.Constant(True)
    if kind == "teams_of":
        return ast.parse(ALL_TEAMS, mode="eval").body
    if kind.startswith("gate "):
        return ast.Call(ast.Call(ast.parse(UNGUARDED, mode="eval").body, [node.func], []), node.args, node.keywords)
    if kind == "rows of one owner":
        rows = ast.Attribute(ast.Attribute(node.args[0], "model", ast.Load()), "_default_manager", ast.Load())
        return ast.Call(node.func, [rows, *node.args[1:]], node.keywords)
    if kind == "the role of teams_of" or kind.startswith("owner:"):
        gone = "role" if kind == "the role of teams_of" else kind.removeprefix("owner:")
        return ast.Call(node.func, node.args, [keyword for keyword in node.keywords if keyword.arg != gone])
    assert isinstance(node.func, ast.Attribute)
    return ast.Call(ast.Attribute(node.func.value, "all", ast.Load()), [], [])
