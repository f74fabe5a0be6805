"""A hundred English conversations of OpenAssistant: replies in the order that volunteers came to, and the best ones.

The order is an aggregate: one name stands for all who ranked.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from demo.labels.reading import ImportFile, LabelSet, Row, Tally, asked_of_pair, read_lines

CONSENSUS = "consensus"
MODELS = {True: "synthetic", False: "people"}


def comparisons(folder: Path) -> Iterator[Row]:
    """A comparison per set of ranked replies, in an order that says nothing of their ranks."""
    for row in read_lines(folder / "ranked_replies.jsonl"):
        replies = [
            {"text": reply["text"], "model": "synthetic" if reply["synthetic"] else "people"}
            for reply in _laid_out(row)
        ]
        yield {"id": row["id"], "messages": row["messages"], "responses": replies, "source": "oasst"}


def rankings(folder: Path, tally: Tally) -> Iterator[Row]:
    """The consensus of each set as one ranking."""
    for row in read_lines(folder / "ranked_replies.jsonl"):
        if row["unranked_replies"]:
            tally.leave_out("replies beside ranked ones that nobody ranked", row["unranked_replies"])
        yield {"item": row["id"], "rater": CONSENSUS, "ranking": [reply["rank"] + 1 for reply in _laid_out(row)]}


def demonstrations(folder: Path) -> Iterator[Row]:
    """The best reply that a person wrote, per conversation."""
    for row in read_lines(folder / "sft_demos.jsonl"):
        yield {"id": row["id"], "messages": row["messages"], "response": row["response"], "source": "oasst"}


def _laid_out(row: Row) -> list[Row]:
    # The file has the best first. Figures of sides would then say that the first is always preferred.
    return sorted(row["replies"], key=lambda reply: hashlib.sha256(reply["text"].encode()).digest())


def read(folder: Path, tally: Tally) -> Iterator[ImportFile]:
    """Sets of replies, their order, and demonstrations. The whole trees hold the same messages once more."""
    yield ImportFile("comparisons", "ranked_replies.jsonl", tally.counted("sets of replies", comparisons(folder)))
    yield ImportFile("judgments", "ranked_replies.jsonl", tally.counted("orders", rankings(folder, tally)))
    shown = tally.counted("demonstrations", demonstrations(folder))
    yield ImportFile("demonstrations", "sft_demos.jsonl", shown)
    trees = sum(1 for _ in read_lines(folder / "trees.jsonl"))
    tally.leave_out("whole trees of conversations, whose ranked replies and best ones are in the other files", trees)


OASST = LabelSet(
    folder="oasst_en100",
    title="OpenAssistant, 100 English conversations",
    guidance="Put the replies in order, the best first.",
    criteria=[asked_of_pair(name="Better reply", question="Which reply is better?")],
    read=read,
)
