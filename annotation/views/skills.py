"""What a rater holds and could hold, for the home page: where they stand, and the practice that grants a skill."""

from collections.abc import Iterable
from dataclasses import dataclass

from annotation import offering
from annotation.evidence import evidence_in_words
from annotation.qualifying import Standing
from annotation.views.practice import Practice, practice_of


@dataclass(frozen=True, slots=True)
class Line:
    """One skill: where the rater stands, what it rests on, and the practice that is open for it, if any."""

    held: offering.Held
    evidence: str
    practice: Practice | None


def lines_of(*, standing: Standing, batches: Iterable[offering.Progressed]) -> list[Line]:
    """Every skill that the rater has to do with, by name."""
    return [
        Line(held, evidence_in_words(held.evidence), practice_of(held.offer) if held.offer else None)
        for held in offering.skills_of(standing=standing, batches=batches)
    ]
