"""What cannot be joined is refused, with the file and what is wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.joining import CannotJoin, join

MODULES = {
    "page.js": """import { count, more, Box } from "./part.js";
import { said as heard } from "./deep/said.js";
import "./side.js";

const once = 7; // a name that the joined file uses for itself
more();
heard.push(`${count()} ${new Box().size} ${once}`);
globalThis.result = heard.join(", ");
""",
    "part.js": """import { said } from "./deep/said.js";

said.push("part");
let n = 1;
export const count = () => n;
export function more() {
  n += 1;
}
export class Box {
  size = 3;
}
export async function later() {}
""",
    "deep/said.js": 'export const said = ["import this"];\n',
    "side.js": """import { said } from "./deep/said.js";

said.push("side");
""",
}


def write(folder: Path, modules: dict[str, str]) -> Path:
    for name, text in modules.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "page.js"


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ('import * as all from "./part.js";', "cannot join 'import \\* as all"),
        ('import only from "./part.js";', "cannot join 'import only"),
        ('export { count } from "./part.js";', "cannot join 'export"),
        ("export default 1;", "cannot join 'export default"),
        ("export let n = 1;", "cannot join 'export let"),
        ('const part = await import("./part.js");', "cannot join 'import"),
        ("console.log(import.meta.url);", "cannot join 'import"),
        ('import { gone } from "./gone.js";', "imports gone.js, which is not there"),
        ('import "./page.js";', "imports itself, by page.js"),
    ],
)
def test_what_it_does_not_know_is_refused(module: str, message: str, tmp_path: Path) -> None:
    page = write(tmp_path, {**MODULES, "page.js": module + "\n"})
    with pytest.raises(CannotJoin, match=message):
        join(page)


def test_a_circle_of_imports_is_named(tmp_path: Path) -> None:
    page = write(
        tmp_path, {**MODULES, "side.js": 'import { later } from "./part.js";\n', "part.js": 'import "./side.js";\n'}
    )
    with pytest.raises(CannotJoin, match=r"part\.js: imports itself, by side\.js"):
        join(page)
