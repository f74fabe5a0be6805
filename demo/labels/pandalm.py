"""PandaLM's test set: 999 pairs of answers by named models, each judged by the same three people."""

from collections.abc import Iterator
from pathlib import Path

from demo.labels.reading import ImportFile, LabelSet, Row, Tally, asked_of_pair, read_lines, read_table


def pairs(folder: Path) -> Iterator[Row]:
    """A comparison per pair; the application that motivated the request is its domain."""
    for pair in read_lines(folder / "pairs.jsonl"):
        asked = f"{pair['prompt']}\n\n{pair['input']}" if pair["input"] else pair["prompt"]
        answers = [{"text": pair[f"response_{side}"], "model": pair[f"model_{side}"]} for side in "ab"]
        row = {"id": pair["id"], "prompt": asked, "responses": answers, "source": "pandalm"}
        yield row | ({"domain": pair["motivation_app"][:80]} if pair["motivation_app"] else {})


def labels(folder: Path) -> Iterator[Row]:
    """A label per person and pair."""
    for label in read_table(folder / "labels_long.csv"):
        yield {"item": label["item"], "rater": label["rater"], "label": label["label"]}


def read(folder: Path, tally: Tally) -> Iterator[ImportFile]:
    """Pairs, then labels. Nothing is left out."""
    yield ImportFile("comparisons", "pairs.jsonl", tally.counted("pairs", pairs(folder)))
    yield ImportFile("judgments", "labels_long.csv", tally.counted("labels", labels(folder)))


PANDALM = LabelSet(
    folder="pandalm_testset",
    title="PandaLM test set",
    guidance="Which of two responses to an instruction is better, or neither.",
    criteria=[asked_of_pair(name="Better response", question="Which response is better?")],
    read=read,
)
