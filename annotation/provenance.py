"""Where the answer of a pair in a frozen set comes from: one class for each pair, by a lead's ruling or by the votes.

voided: a lead ruled that the item is broken; such a pair is counted and stays out. adjudicated: a lead ruled which
answer is right. split: a lead ruled that people legitimately differ and they do, or no side has most of the votes.
Else by the votes alone: single, unanimous, majority (one side or the tie has more than each other). A ruling that the
request is ambiguous or the rubric has a gap says nothing of which answer is better, so the votes decide.
"""

from collections.abc import Collection
from dataclasses import dataclass

from annotation.models import Adjudication
from annotation.models.sets import Provenance

Outcome = Adjudication.Outcome
Votes = tuple[int, int, int]
"""How many preferred the first, neither, the second."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A ruling in force: its key, its outcome, and the right answer where it names one."""

    pk: int
    outcome: str
    strength: int | None
    ranks: tuple[int, ...]

    def on(self, *, i: int, j: int) -> int | None:
        """What it says of the responses at canonical positions i < j: a signed strength, negative prefers i.

        A ranking's is one, a tie's is 0. None: it does not say.
        """
        if self.outcome != Outcome.RIGHT:
            return None
        if self.strength is not None:
            return self.strength if (i, j) == (0, 1) else None
        if max(i, j) >= len(self.ranks):
            return None
        return (self.ranks[i] > self.ranks[j]) - (self.ranks[i] < self.ranks[j])


def rulings_on(*, tasks: Collection[int], broken_only: bool = False) -> dict[int, Ruling]:
    """The rulings in force on these tasks, by task; one query."""
    found = Adjudication.objects.in_force().filter(task__in=tasks)
    if broken_only:
        found = found.filter(outcome=Outcome.BROKEN)
    rulings = {}
    for task, pk, outcome, answer in found.values_list("task", "pk", "outcome", "answer"):
        said = answer or {}
        rulings[task] = Ruling(pk, outcome, said.get("strength"), tuple(said.get("ranks", ())))
    return rulings


def class_of(*, votes: Votes, outcome: str = "", ruled: int | None = None) -> Provenance:
    """The one class of a pair with at least one vote. `ruled` is what the ruling says of it, `outcome` the ruling's."""
    cast = [n for n in votes if n]
    if outcome == Outcome.BROKEN:
        return Provenance.VOIDED
    if ruled is not None:
        return Provenance.ADJUDICATED
    if sum(cast) == 1:
        return Provenance.SINGLE
    if len(cast) == 1:
        return Provenance.UNANIMOUS
    if outcome == Outcome.SPLIT or sorted(votes)[-1] == sorted(votes)[-2]:
        return Provenance.SPLIT
    return Provenance.MAJORITY
