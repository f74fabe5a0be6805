"""The tables of the R package irr: psychiatric diagnoses (Fleiss 1971), anxiety, and videos.

Only the numbers are known. In diagnoses the six columns are not the same six people for every patient.
"""

from collections.abc import Iterator
from pathlib import Path

from demo.labels.reading import ImportFile, LabelSet, Row, Tally, point, read_table
from rubrics.content import CriterionContent

DIAGNOSES = ("Depression", "Personality Disorder", "Schizophrenia", "Neurosis", "Other")
TABLES = ("diagnoses", "anxiety", "video")
NO_TEXT = "Only the ratings are in this copy of the data."


def subjects(folder: Path, table: str) -> Iterator[Row]:
    """A comparison of one response per row of the table."""
    for number, _ in enumerate(read_table(folder / f"{table}.csv"), start=1):
        asked = f"irr, {table}, subject {number}"
        yield {"id": f"{table}-{number:02}", "prompt": asked, "source": table, "responses": [{"text": NO_TEXT}]}


def ratings(folder: Path, table: str) -> Iterator[Row]:
    """A rating per cell. A diagnosis stands as "4. Neurosis": its number is its point."""
    for number, row in enumerate(read_table(folder / f"{table}.csv"), start=1):
        for rater, value in row.items():
            yield {
                "item": f"{table}-{number:02}",
                "rater": f"{table}-{rater}",
                "scores": {table: [int(value.split(".")[0])]},
            }


def read(folder: Path, tally: Tally) -> Iterator[ImportFile]:
    """Each table's subjects, then its ratings. Nothing is left out."""
    for table in TABLES:
        yield ImportFile("comparisons", f"{table}.csv", tally.counted(f"subjects of {table}", subjects(folder, table)))
        yield ImportFile("judgments", f"{table}.csv", tally.counted(f"ratings of {table}", ratings(folder, table)))


def _scale(slug: str, name: str, points: int) -> CriterionContent:
    anchors = ["least", *[""] * (points - 2), "most"]
    said = [point(value, anchor or f"of {points}") for value, anchor in enumerate(anchors, start=1)]
    return {"slug": slug, "name": name, "question": f"{name}, 1 to {points}", "points": said}


IRR = LabelSet(
    folder="r_irr",
    title="R irr: diagnoses, anxiety, videos",
    guidance="Diagnoses are names; anxiety and videos are scales.",
    criteria=[
        {
            "slug": "diagnoses",
            "name": "Diagnosis",
            "question": "Which diagnosis fits the patient?",
            "points": [point(value, anchor) for value, anchor in enumerate(DIAGNOSES, start=1)],
        },
        _scale("anxiety", "Anxiety", 6),
        _scale("video", "Video", 5),
    ],
    read=read,
)
