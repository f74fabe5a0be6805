"""UKPConvArg1: which of two arguments is more convincing, by five crowd workers a pair, with their reasons."""

from collections.abc import Iterator
from pathlib import Path

from demo.labels.reading import ImportFile, LabelSet, Row, Tally, asked_of_pair, read_lines, read_table


def pairs(folder: Path) -> Iterator[Row]:
    """A comparison per pair of arguments; each argument stands as a model of its own, so that a board can rank them."""
    arguments = {row["id"]: row for row in read_lines(folder / "arguments.jsonl")}
    for pair in read_table(folder / "pairs.csv"):
        sides = [arguments[pair[side]] for side in "ab"]
        asked = f"{sides[0]['debate']}\n\nWhich argument for “{sides[0]['stance']}” is more convincing?"
        row = {"id": pair["id"], "prompt": asked, "source": "ukpconvarg1", "domain": sides[0]["debate"]}
        yield row | {"responses": [{"text": side["text"], "model": side["id"]} for side in sides]}


def votes(folder: Path) -> Iterator[Row]:
    """A label per vote, with its reason and the seconds it took."""
    for vote in read_table(folder / "votes_long.csv"):
        row = {"item": vote["pair"], "rater": vote["rater"], "label": vote["label"], "reason": vote["reason"]}
        yield row | ({"seconds": float(vote["seconds"])} if vote["seconds"] else {})


def read(folder: Path, tally: Tally) -> Iterator[ImportFile]:
    """Pairs, then votes. What MACE made of the votes is computed, not said by anybody: it is left out."""
    yield ImportFile("comparisons", "pairs.csv", tally.counted("pairs", pairs(folder)))
    yield ImportFile("judgments", "votes_long.csv", tally.counted("votes", votes(folder)))
    computed = sum(1 for pair in read_table(folder / "pairs.csv") if pair["mace_gold"])
    tally.leave_out("MACE labels of pairs: computed from the votes, said by nobody", computed)


UKPCONVARG = LabelSet(
    folder="ukpconvarg1",
    title="UKPConvArg1",
    guidance="Which of two arguments for the same stance is more convincing, or whether they are equally convincing.",
    criteria=[asked_of_pair(name="More convincing", question="Which argument is more convincing?")],
    read=read,
)
