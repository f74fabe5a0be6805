"""What one judgment says of a group, and what a pair of it may teach, as they stand in a set's file.

Shares and weights are whole millionths: canonical JSON holds no fractions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from annotation.models import Judgment

MILLION = 1_000_000
FIRST, TIE, SECOND = 0, 1, 2
SIDES = ("i", "tie", "j")
Shares = tuple[int, int, int]


@dataclass
class Opinion:
    """A judgment as places over a group's members: 1 is best, equal places tie, None was not seen.

    `partial`: equal places were not compared. `rater` is who gave it, `number` their number in the set, `weight` what
    a vote of theirs counts there, in millionths.
    """

    judgment: str
    judgment_pk: int
    rater: int
    places: list[int | None]
    partial: bool = False
    strength: int | None = None
    number: int = 0
    weight: int = MILLION

    def on(self, i: int, j: int) -> int | None:
        """FIRST, TIE or SECOND for two positions; None where they were not compared."""
        first, second = self.places[i], self.places[j]
        if first is None or second is None or (self.partial and first == second):
            return None
        return FIRST if first < second else SECOND if first > second else TIE

    def record(self) -> dict[str, Any]:
        """The opinion in the group's line."""
        known = {"judgment": self.judgment, "rater": f"r{self.number}", "places": self.places}
        graded = {} if self.strength is None else {"strength": self.strength}
        return known | {"reliability": self.weight} | graded | ({"partial": True} if self.partial else {})


@dataclass(frozen=True)
class Target:
    """What a pair may teach: a posterior (first, tie, second), or None, and shares that weigh its raters."""

    posterior: Shares | None
    reliable: Shares
    raters: int
    weight: int
    gold: bool = False

    def record(self, *, wins_i: int, ties: int, wins_j: int) -> dict[str, Any]:
        """The target in the pair's record, with what the votes alone say."""
        votes = (wins_i, ties, wins_j)
        ahead = [side for side, n in zip(SIDES, votes, strict=True) if n == max(votes)]
        return {
            "shares": list(in_millionths(votes)),
            "majority": ahead[0] if len(ahead) == 1 else None,
            "posterior": list(self.posterior) if self.posterior else None,
            "reliable": list(self.reliable),
            "raters": self.raters,
            "weight": self.weight,
            "gold": self.gold,
        }


def opinion_of(*, judgment: Judgment, ranks: Sequence[int], members: dict[int, int]) -> Opinion:
    """The opinion over `members` (position by response): the task's own, then what raters improved.

    Who improved an answer puts it above all they saw; nobody else has seen it.
    """
    places: list[int | None] = [None] * len(members)
    above = 0
    if judgment.improved_id is not None and members.get(judgment.improved_id, -1) >= len(ranks):
        places[members[judgment.improved_id]] = above = 1
    for position, rank in enumerate(ranks):
        places[position] = rank + above
    return Opinion(
        judgment=str(judgment.uid),
        judgment_pk=judgment.pk,
        rater=judgment.rater_id,
        places=places,
        partial=judgment.best_worst,
        strength=judgment.strength,
    )


def in_millionths(parts: Sequence[float]) -> Shares:
    """Three parts as millionths of their sum that add up to one million, by largest remainders, the tie's first."""
    whole = sum(parts)
    exact = [part * MILLION / whole for part in parts]
    given = [int(share) for share in exact]
    order = sorted((TIE, FIRST, SECOND), key=lambda side: given[side] - exact[side])
    for side in order[: MILLION - sum(given)]:
        given[side] += 1
    return given[FIRST], given[TIE], given[SECOND]
