"""PrefLib's rankings: figure skating by judges, dots by crowd workers, aspects of teaching by professors and students.

A ballot is a ranking of what it names, with its ties; nothing is said for it of what it does not name. A ranking holds
nine responses here: a longer ballot is cut, by the alphabet, into groups of at most nine, and what it says between
groups is left out. Who gave a ballot is not known beyond its contest.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from demo.labels.reading import ImportFile, LabelSet, Row, Tally, asked_of_pair, read_lines

SETS = {"00006_skate": "Skating", "00024_dots": "Dots, fewest first", "00032_education": "Education"}
MOST = 9


@dataclass(frozen=True)
class Ballot:
    """One voter's ranking of the alternatives that they named: place by alternative, 1 is best, equal places tie."""

    contest: str
    title: str
    voter: str
    places: dict[str, int]

    @cached_property
    def groups(self) -> list[list[str]]:
        """What they named, in groups of at most nine that are as large as each other."""
        names = sorted(self.places)
        parts = -(-len(names) // MOST)
        ends = [len(names) * part // parts for part in range(parts + 1)]
        return [names[first:last] for first, last in pairwise(ends)]

    def item_of(self, group: list[str]) -> str:
        """The id of the comparison of these alternatives in this contest."""
        return f"{self.contest}-{hashlib.sha256('|'.join(group).encode()).hexdigest()[:8]}"


def ballots(folder: Path, name: str, tally: Tally) -> Iterator[Ballot]:
    """The ballots that people cast, one per voter; counts those that are left out."""
    voters: dict[str, int] = {}
    for row in read_lines(folder / f"{name}.jsonl"):
        contest, votes = row["file"], row["count"]
        tally.read[f"ballots of {name}"] += votes
        places = {one: place for place, tied in enumerate(row["ranking"], start=1) for one in tied}
        if _is_imbued(folder / name / contest):
            tally.leave_out(f"{name}: completed by PrefLib from ballots that are here as they were cast", votes)
        elif row["title"].startswith("Combined"):
            tally.leave_out(f"{name}: the same ballots as in the contests it combines", votes)
        elif len(places) < 2:
            tally.leave_out(f"{name}: names one alternative, compares nothing", votes)
        else:
            for _ in range(votes):
                voters[contest] = voters.get(contest, 0) + 1
                number = int(re.findall(r"\d+", contest)[-1])
                voter = f"{name[6:]}-{number}-{voters[contest]:03}"
                yield Ballot(contest, row["title"], voter, places)


def comparisons(folder: Path, name: str) -> Iterator[Row]:
    """A comparison per set of alternatives that somebody ranked."""
    seen: set[str] = set()
    for ballot in ballots(folder, name, Tally()):
        for group in ballot.groups:
            item = ballot.item_of(group)
            if item not in seen:
                seen.add(item)
                asked = f"{SETS[name]}: {ballot.title}" if ballot.title.strip("- ") else SETS[name]
                row = {"id": item, "prompt": f"{asked} ({ballot.contest})", "source": name, "domain": SETS[name]}
                yield row | {"responses": [{"text": one, "model": one} for one in group]}


def rankings(folder: Path, name: str, tally: Tally) -> Iterator[Row]:
    """A ranking per ballot and group, and counts of the pairs of alternatives between groups."""
    for ballot in ballots(folder, name, tally):
        size = len(ballot.places)
        kept = sum(len(group) * (len(group) - 1) // 2 for group in ballot.groups)
        tally.leave_out(f"{name}: pairs of alternatives between groups of nine", size * (size - 1) // 2 - kept)
        for group in ballot.groups:
            ranks = [ballot.places[one] for one in group]
            order = sorted(set(ranks))
            yield {
                "item": ballot.item_of(group),
                "rater": ballot.voter,
                "ranking": [order.index(rank) + 1 for rank in ranks],
            }


def read(folder: Path, tally: Tally) -> Iterator[ImportFile]:
    """Each set's comparisons, then its rankings."""
    for name in SETS:
        yield ImportFile("comparisons", f"{name}.jsonl", tally.counted(f"items of {name}", comparisons(folder, name)))
        yield ImportFile(
            "judgments", f"{name}.jsonl", tally.counted(f"rankings of {name}", rankings(folder, name, tally))
        )


def _is_imbued(path: Path) -> bool:
    """Whether PrefLib filled in what the voters left open; its own file says so."""
    with path.open(encoding="utf-8") as lines:
        return any(line.startswith("# MODIFICATION TYPE: imbued") for line in lines)


PREFLIB = LabelSet(
    folder="preflib",
    title="PrefLib: skating, dots, education",
    guidance="Put the alternatives in order, the best first. Ties are allowed.",
    criteria=[asked_of_pair(name="Better", question="Which comes first?")],
    read=read,
)
