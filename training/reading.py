"""Reading what a run wrote: JSON lines, and only those that still are what they were when the run ended."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.inputs import InputChanged, InputMissing
from training.rlhf.folders import digest_file


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, in order."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def read_lines(path: Path, *, digest: str) -> list[dict[str, Any]]:
    """All objects of a JSONL file whose SHA-256 must be `digest`. Raises InputMissing, InputChanged."""
    if not path.is_file():
        raise InputMissing(f"{path.name} of the run is not on this machine's disk. Nothing was changed; restore it.")
    if digest_file(path) != digest:
        raise InputChanged(f"{path.name} is not what the run wrote. Nothing was changed; restore it or run it again.")
    return list(json_lines(path))
