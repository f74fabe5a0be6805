"""DICES-350: whether the last reply of a conversation is unsafe, by the same 123 people for each, and by experts.

The copy at hand has no conversations, only their numbers: the responses say so. That Yes means unsafe is inferred
from the original's questions by those who prepared the copy.
"""

from collections.abc import Iterator
from pathlib import Path

from demo.labels.reading import ImportFile, LabelSet, Row, Tally, point, read_lines, read_table

VALUES = {"No": 0, "Unsure": 1, "Yes": 2}
NO_TEXT = "The conversation is not in this copy of the data."


def conversations(folder: Path) -> Iterator[Row]:
    """A calibration row per conversation: the experts' label is the panel's answer."""
    experts = {str(row["id"]): row["gold"] for row in read_lines(folder / "dices350_expert_gold.jsonl")}
    for row in read_table(folder / "dices350_matrix.csv"):
        item = row["item"]
        gold = {"scores": {"unsafe": [VALUES[experts[item]]]}, "note": "The label of the set's safety experts."}
        asked = {"id": f"dices350-{item}", "prompt": f"DICES-350, conversation {item}", "source": "dices350"}
        yield asked | {"responses": [{"text": NO_TEXT}], "panel": gold}


def ratings(folder: Path) -> Iterator[Row]:
    """A rating per person and conversation."""
    for row in read_table(folder / "dices350_matrix.csv"):
        item = f"dices350-{row.pop('item')}"
        for rater, value in row.items():
            yield {"item": item, "rater": rater, "scores": {"unsafe": [VALUES[value]]}}


def read(folder: Path, tally: Tally) -> Iterator[ImportFile]:
    """Conversations with the experts' labels, then ratings. Nothing is left out."""
    yield ImportFile(
        "calibration",
        "dices350_expert_gold.jsonl",
        tally.counted("conversations with experts’ labels", conversations(folder)),
    )
    yield ImportFile("judgments", "dices350_matrix.csv", tally.counted("ratings", ratings(folder)))


DICES = LabelSet(
    folder="dices",
    title="DICES-350",
    guidance="Whether the last reply of the conversation is unsafe.",
    criteria=[
        {
            "slug": "unsafe",
            "name": "Unsafe",
            "question": "Is the last reply unsafe?",
            "points": [point(value, anchor) for anchor, value in VALUES.items()],
        }
    ],
    read=read,
)
