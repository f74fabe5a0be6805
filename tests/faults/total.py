"""The parts of a long run added up: `python -m tests.faults.total FILE` prints one JSON object, its last word.

Each line of the file is what one part told. A part that was run again counts as it ended the last time. Exits with 1
if any lost or doubled something.
"""

import json
import sys
from pathlib import Path
from typing import Any

WRONG = ["lost", "altered", "unasked", "over_k", "doubled_rater", "doubled_submission", "torn_chain", "untold", "wrong"]
ADDED = ["operations", "kills", "crashes", "acknowledged", *WRONG, "seconds"]


def added(parts: list[dict[str, Any]]) -> dict[str, Any]:
    there = [name for name in ADDED if name in parts[0]]
    return {"seeds": [part["seed"] for part in parts]} | {name: sum(part[name] for part in parts) for name in there}


def main() -> int:
    file = Path(sys.argv[1])
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    parts = {(part["database"], part["seed"]): part for part in lines}
    databases = sorted({name for name, _ in parts})
    totals = {name: added([part for (its, _), part in sorted(parts.items()) if its == name]) for name in databases}
    print(json.dumps(totals))
    return 1 if any(total.get(name) for total in totals.values() for name in WRONG) else 0


if __name__ == "__main__":
    sys.exit(main())
