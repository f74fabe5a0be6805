"""What can be counted in answers before and after a run: length, variety, refusals. Rough, and the same for both."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from training.models import RunSample
from training.numbers import percent, spoken

# As answers begin that decline; a phrase list misses polite ones, so a change means more than a level.
DECLINES = re.compile(
    r"\A\W*(i['’]?m (really |very |so )?sorry|sorry|i can(['’]?t|not)|i am (not able|unable)|i won['’]?t|as an ai)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Measure:
    label: str
    before: str
    after: str
    note: str = ""


def measures_of(samples: Sequence[RunSample]) -> list[Measure]:
    """Empty without samples."""
    if not samples:
        return []
    before, after = [sample.before for sample in samples], [sample.after for sample in samples]
    pairs = (before, after)
    words = [f"{sum(len(text.split()) for text in texts) / len(texts):.0f}" for texts in pairs]
    declined = [f"{percent(sum(bool(DECLINES.match(text)) for text in texts) / len(texts))} %" for texts in pairs]
    same = sum(old == new for old, new in zip(before, after, strict=True))
    found = [
        Measure("Words per answer", *words),
        Measure("Different word pairs (distinct-2)", distinct(before, 2), distinct(after, 2), "1: none repeats"),
        Measure("Answers that begin as a refusal", *declined),
        Measure("Empty answers", *(f"{sum(not text.strip() for text in texts)}" for texts in pairs)),
    ]
    return [*found, Measure("Answers that did not change", "", f"{same} of {len(samples)}")]


def distinct(texts: Sequence[str], n: int) -> str:
    """Share of the n-grams of words that are different ones, over all texts together; Li and others 2016."""
    grams = [tuple(words[i : i + n]) for words in (t.lower().split() for t in texts) for i in range(len(words) - n + 1)]
    return spoken(len(set(grams)) / len(grams)) if grams else "–"
