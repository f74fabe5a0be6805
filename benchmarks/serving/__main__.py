"""How fast raters are served: the real web process under simulated raters, over loopback, on the same machine.

Run as `python -m benchmarks.serving [--database postgresql] [PART …]`. The database is its own, made beside the one
that DATABASE_URL names and dropped at the end; SQLite is a file in a folder that goes too. The peer is bare SQL in
that database (peer.py), a smaller batch, or a newcomer. Afterwards the raters' ledger is compared with the rows.
The last line is one JSON object.
"""

import argparse
import json
import sys

from benchmarks.serving import site

PARTS = {
    "postgresql": ["sequential", "raters", "saturated", "growth", "veteran"],
    "sqlite": ["sequential", "raters", "saturated"],
}
SHORT = {"raters": 20, "seconds": 10.0, "ramp": 5.0, "rush": 5.0, "pairs": 20}
SHORT_SIZES = {"items": 4_000, "slots": (2_000, 8_000), "veteran": 2_000}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.serving")
    parser.add_argument("parts", nargs="*", metavar="PART", help="sequential, raters, saturated, growth, veteran")
    parser.add_argument("--database", choices=PARTS, default="sqlite")
    parser.add_argument("--raters", type=int, help="who think; 200 on PostgreSQL, 20 on SQLite")
    parser.add_argument("--think", type=float, default=10.0, help="their mean thinking time in seconds")
    parser.add_argument("--ramp", type=float, default=60.0, help="seconds in which they come")
    parser.add_argument("--seconds", type=float, default=540.0, help="how long all of them are watched")
    parser.add_argument("--rush", type=float, default=60.0, help="seconds of those who do not think")
    parser.add_argument("--pairs", type=int, default=300, help="claims and answers of one alone")
    parser.add_argument("--items", type=int, help="of the batch they work in; 500,000 on PostgreSQL, 50,000 on SQLite")
    parser.add_argument("--slots", type=int, nargs=2, default=(10_000, 1_000_000), metavar=("FEW", "MANY"))
    parser.add_argument("--veteran", type=int, default=20_000, help="items of a batch that some have nearly done")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="everything small, to see that it works")
    given = parser.parse_args()
    if given.short:
        vars(given).update(SHORT | SHORT_SIZES)
    given.parts = given.parts or PARTS[given.database]
    return given


def measure(given: argparse.Namespace, url: str) -> list[dict[str, object]]:
    """The rows of all parts, and those of what must not have happened."""
    from benchmarks.serving import figures, filling, integrity, parts, peer
    from benchmarks.serving.raters import Ledger

    ledger = Ledger()
    raters = given.raters or parts.GOALS[given.database].raters
    place = filling.make_place(raters=raters + parts.OTHERS)
    peer.make(slots=1_000_000 if not given.short else 100_000)
    setting = parts.Setting(
        url=url,
        place=place,
        newcomers=iter(place.raters),
        ledger=ledger,
        seed=given.seed,
        raters=raters,
        items=given.items or parts.GOALS[given.database].items,
        seconds=given.seconds,
        ramp=given.ramp,
        think=given.think,
        rush=given.rush,
        pairs=given.pairs,
        slots=tuple(given.slots),
        veteran=given.veteran,
    )
    results = []
    for name in given.parts:
        for row in getattr(parts, name)(setting):
            print(f"{row['name']:64} {row['value']:9} {row['unit']:4} (goal {row['goal']}; peer {row['peer_value']})")
            results.append(row)
    told = len(ledger.acknowledged)
    counts = integrity.faults(acknowledged=ledger.acknowledged)
    counts["requests refused"] = ledger.refused.total()
    print(f"{told} answers acknowledged; refused {dict(ledger.refused)}; {counts}")
    for name, count in counts.items():
        results.append(figures.at_most(name, count, "", 0, peer="answers acknowledged", peer_value=told))
    return results


def main() -> None:
    given = arguments()
    with site.own_database(vendor=given.database) as var, site.web(var=var) as url:
        results = measure(given, url)
    print(json.dumps({"results": results}))
    sys.exit(0 if all(row["met"] for row in results) else 1)


if __name__ == "__main__":
    main()
