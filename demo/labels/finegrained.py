"""Fine-grained feedback on answers to questions: all pairs of four answers, and the errors found in the first.

Who judged is not known: one name stands for all, so nothing can be said of how far people agree. Errors mark spans of
the text; here each kind of error is a point of a checklist, and the spans with their words are the reason.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from demo.labels.reading import ImportFile, LabelSet, Row, Tally, asked_of_pair, point, read_lines

UNNAMED = "annotators"
LABELS = {"i": "a", "tie": "tie", "j": "b"}
ERRORS = ("Irrelevant", "Redundant", "Incoherent", "Unverifiable", "Wrong-Grounding")
MISSING = ("Missing-Answer", "Missing-Major-Auxiliary", "Missing-Minor-Auxiliary")
NOTHING = "No errors were marked."


def _questions(folder: Path) -> Iterator[Row]:
    return read_lines(folder / "dev_4way_a.jsonl")


def _asked(row: Row) -> str:
    """The question, and the passages that it is to be answered from."""
    passages = [" ".join(one["sentences"]) for one in row["passages"]]
    return "\n\n".join([row["question"], *passages])


def pairs(folder: Path) -> Iterator[Row]:
    """A comparison per pair of answers to a question."""
    for row in _questions(folder):
        for pair in row["pairwise"]:
            texts = [{"text": row["responses"][pair[side]]} for side in "ij"]
            name = f"{row['id']}-{pair['i']}{pair['j']}"
            yield {"id": name, "prompt": _asked(row), "responses": texts, "source": "finegrained-pairs"}


def preferences(folder: Path) -> Iterator[Row]:
    """Which of two answers is better, or neither."""
    for row in _questions(folder):
        for pair in row["pairwise"]:
            item = f"{row['id']}-{pair['i']}{pair['j']}"
            yield {"item": item, "rater": UNNAMED, "label": LABELS[pair["winner"]]}


def firsts(folder: Path) -> Iterator[Row]:
    """The first answer of each question alone, to be rated."""
    for row in _questions(folder):
        answer = [{"text": row["responses"][0]}]
        yield {"id": f"{row['id']}-0", "prompt": _asked(row), "responses": answer, "source": "finegrained-errors"}


def errors(folder: Path) -> Iterator[Row]:
    """Which kinds of errors the first answer has and which kinds of facts it lacks; the reason says where."""
    for row in _questions(folder):
        found = row["span_feedback_on_response_0"]
        kinds = {error["error type"] for error in found["errors"]}
        lacks = {fact["error type"] for fact in found["missing-info"]}
        scores = {
            "errors": [[value for value, kind in enumerate(ERRORS, start=1) if kind in kinds]],
            "missing": [[value for value, kind in enumerate(MISSING, start=1) if kind in lacks]],
        }
        yield {"item": f"{row['id']}-0", "rater": UNNAMED, "scores": scores, "reason": _where(row, found)}


def _where(row: Row, found: dict[str, Any]) -> str:
    text = row["responses"][0]
    said = [
        f"{error['error type']}, characters {error['start']} to {error['end']}: “{text[error['start'] : error['end']]}”"
        + (f" — {error['explanation'].strip()}" if error["explanation"].strip() else "")
        for error in sorted(found["errors"], key=lambda error: error["start"])
    ]
    said += [f"{fact['error type']}: {_source(row, fact)}" for fact in found["missing-info"]]
    return "\n".join(said) or NOTHING


def _source(row: Row, fact: dict[str, Any]) -> str:
    """The sentences that the answer should have used. This copy holds the beginning of the passages alone."""
    number, places = fact["passage_id"], fact["sentence_id"]
    sentences = row["passages"][number]["sentences"] if number < len(row["passages"]) else []
    if max(places) < len(sentences):
        return "“" + " ".join(sentences[place] for place in places).strip() + "”"
    return f"passage {number + 1}, sentence {', '.join(str(place + 1) for place in places)}, not in this copy"


def corrections(folder: Path, tally: Tally) -> Iterator[Row]:
    """The first answer as somebody corrected it, where they did."""
    for row in _questions(folder):
        text = row["span_feedback_on_response_0"]["corrected-prediction"]
        if text.strip():
            yield {"id": f"{row['id']}-corrected", "prompt": _asked(row), "response": text, "author": UNNAMED}
        else:
            tally.leave_out("corrected answers that are empty", 1)


def read(folder: Path, tally: Tally) -> Iterator[ImportFile]:
    """Pairs and their labels, first answers and their errors, corrected answers."""
    yield ImportFile("comparisons", "dev_4way_a.jsonl, pairs", tally.counted("pairs", pairs(folder)))
    yield ImportFile("judgments", "dev_4way_a.jsonl, pairs", tally.counted("labels", preferences(folder)))
    yield ImportFile("comparisons", "dev_4way_a.jsonl, errors", tally.counted("first answers", firsts(folder)))
    yield ImportFile("judgments", "dev_4way_a.jsonl, errors", tally.counted("ratings of errors", errors(folder)))
    corrected = corrections(folder, tally)
    yield ImportFile("demonstrations", "dev_4way_a.jsonl, corrected", tally.counted("corrected answers", corrected))
    tally.leave_out("reference answers, which no rater wrote", sum(1 for row in _questions(folder) if row["reference"]))


FINEGRAINED = LabelSet(
    folder="finegrained_qa_feedback",
    title="Fine-grained QA feedback",
    guidance="Answer from the passages. Mark what is wrong, and what is missing.",
    criteria=[
        asked_of_pair(name="Better answer", question="Which answer is better?"),
        {
            "slug": "errors",
            "name": "Errors",
            "question": "Which kinds of errors does the answer have?",
            "kind": "checklist",
            "points": [point(value, kind, weight=-1) for value, kind in enumerate(ERRORS, start=1)],
        },
        {
            "slug": "missing",
            "name": "Missing",
            "question": "What does the answer lack?",
            "kind": "checklist",
            "points": [point(value, kind, weight=-1) for value, kind in enumerate(MISSING, start=1)],
        },
    ],
    read=read,
)
