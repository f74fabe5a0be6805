"""What a page loads, in one file: a module and all that it imports, in the order in which a browser would run them.

The modules stay as people read them and run unjoined under `runserver`. Joined, a page takes one request for its
script instead of fifty, and what the modules have in common is compressed once. Only the forms of import and export
that we use are known; any other is refused, and so is a circle of imports.
"""

from __future__ import annotations

import re
from pathlib import Path

IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"(\.{1,2}/[^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|function|async function|class) (\w+))", re.MULTILINE)
UNKNOWN = re.compile(r"^\s*(?:import|export)\b.*|\bimport\s*[(.].*", re.MULTILINE)
# Each module runs once, when it is first asked for, in a scope of its own, and gives what it exports.
HEAD = "const once = (run) => { let given; return () => (given ??= run()); };\n"


class CannotJoin(ValueError):
    """A module uses a form that this file does not know, imports what is not there, or imports itself by others."""


def join(page: Path) -> str:
    """The script of `page` with everything that it imports, as one module without imports.

    Raises CannotJoin with the file and what is wrong in it.
    """
    names: dict[Path, str] = {}
    parts: list[str] = []
    _put(page.resolve(), (), names, parts)
    return "".join([HEAD, *parts, f"{names[page.resolve()]}();\n"])


def _put(module: Path, importers: tuple[Path, ...], names: dict[Path, str], parts: list[str]) -> None:
    if module in importers:
        raise CannotJoin(f"{module.name}: imports itself, by {importers[-1].name}.")
    if module in names:
        return
    try:
        text = module.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CannotJoin(f"{importers[-1].name}: imports {module.name}, which is not there.") from None
    for _, path in IMPORT.findall(text):
        _put((module.parent / path).resolve(), (*importers, module), names, parts)

    def taken(found: re.Match[str]) -> str:
        call = f"{names[(module.parent / found[2]).resolve()]}();"
        return f"const {{{found[1].replace(' as ', ': ')}}} = {call}" if found[1] else call

    given = ", ".join(EXPORT.findall(text))
    body = EXPORT.sub("", IMPORT.sub(taken, text))
    if unknown := UNKNOWN.search(body):
        raise CannotJoin(f"{module.name}: cannot join {unknown[0].strip()!r}.")
    names[module] = f"${len(names)}"
    parts.append(f"const {names[module]} = once(() => {{\n{body}\nreturn {{ {given} }};\n}});\n")
