"""The parts of a long storm added up: `python -m tests.faults.queue.total FILE` prints one JSON object, its last word.

Each line of the file is what one part told. A part that was run again counts as it ended the last time.
"""

import json
import sys
from pathlib import Path

ADDED = ["operations", "acknowledged", "lost", "over_k", "doubled", "seconds"]


def main() -> int:
    lines = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    parts = {(part["database"], part["seed"]): part for part in lines}
    totals = []
    for database in sorted({name for name, _ in parts}):
        mine = [part for (name, _), part in sorted(parts.items()) if name == database]
        added = {name: round(sum(part[name] for part in mine), 1) for name in ADDED}
        totals.append({"database": database, "seeds": [part["seed"] for part in mine], **added})
    print(json.dumps({"results": totals}))
    return 1 if any(one["lost"] or one["over_k"] or one["doubled"] for one in totals) else 0


if __name__ == "__main__":
    sys.exit(main())
