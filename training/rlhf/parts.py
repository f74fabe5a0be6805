"""Work on many records that can be killed and started again: each part's outcome is a file of its own.

For loops that only read a model. A part is done when its file is there; the files end as one, in the
records' own order.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .configs import Compute
from .failures import Stopped
from .folders import atomic_file, digest_file, write_json
from .weights import same_settings

Line = dict[str, Any]
Work = Callable[[Sequence[int]], tuple[list[Line], dict[str, float]]]
"""Record numbers to (one line for each, in that order; metrics of the part)."""


def work_in_parts(
    work: Work,
    parts: Sequence[Sequence[int]],
    target: Path,
    *,
    config: Compute,
    source: Path,
    report: Callable[[int, dict[str, float]], None],
    should_stop: Callable[[], bool],
) -> list[Line]:
    """Do the parts that are not done, write all lines to `target` in the records' order, and return them.

    Reports the number of records done so far. A folder beside `target` holds what is done until all is.
    Raises Stopped with that number, and ConfigError when the parts there were made with other settings;
    parts that were made from another `source` are thrown away.
    """
    folder = target.with_name(f"{target.stem}-parts")
    _same_work(folder, config, source)
    done = 0
    for number, part in enumerate(parts):
        path = folder / f"{number:06d}.json"
        if not path.is_file():
            if should_stop():
                raise Stopped(done)
            began = time.monotonic()
            lines, metrics = work(part)
            with atomic_file(path) as fresh:
                write_json(fresh, [{"record": record, "line": line} for record, line in zip(part, lines, strict=True)])
            report(done + len(part), metrics | {"seconds": time.monotonic() - began})
        done += len(part)
    finished = [entry for path in sorted(folder.iterdir()) if path.stem.isdigit() for entry in _read(path)]
    ordered = [entry["line"] for entry in sorted(finished, key=lambda entry: entry["record"])]
    with atomic_file(target) as fresh:
        fresh.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in ordered), encoding="utf-8")
    shutil.rmtree(folder)
    return ordered


def _same_work(folder: Path, config: Compute, source: Path) -> None:
    note, digest = folder / "work.json", digest_file(source)
    if note.is_file():
        known = json.loads(note.read_text(encoding="utf-8"))
        if known["source"] == digest:
            same_settings(config, known["config"])
            return
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_file(note) as fresh:
        write_json(fresh, {"config": config.to_dict(), "source": digest})


def _read(path: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return entries
