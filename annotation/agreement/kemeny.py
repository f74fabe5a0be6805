"""One order for many: the order with the fewest disagreements with all the raters' rankings, found exactly.

Kemeny (1959), Daedalus 88:577-591; by dynamic programming over sets of answers (Held and Karp's way), which for eight
answers looks at 256 sets and not at 40,320 orders. A rater who ties two answers disagrees with neither order of them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from annotation.agreement.errors import BadRankings
from annotation.agreement.ranking import Floats, checked_rankings

MOST_ANSWERS = 12


@dataclass(frozen=True, slots=True)
class KemenyOrder:
    """The order of answers from best to worst, or None with the reason.

    disagreements: answer pairs, over raters, that the order turns round; of n_stated pairs that raters did not tie.
    n_orders: how many orders are as good; `order` is the first of them by answer number.
    """

    order: tuple[int, ...] | None
    disagreements: int
    n_stated: int
    n_orders: int
    reason: str | None


def kemeny(rankings: npt.ArrayLike) -> KemenyOrder:
    """Kemeny's order of rankings (raters, answers), rank 1 the best, ties allowed, up to twelve answers.

    Raises BadRankings.
    """
    table = checked_rankings(rankings)
    n = table.shape[1]
    if n > MOST_ANSWERS:
        raise BadRankings(f"An exact order is found for up to {MOST_ANSWERS} answers; these are {n}.")
    prefers = _prefers(table)
    stated = int(prefers.sum())
    if n < 2 or not stated:
        return KemenyOrder(None, 0, 0, 0, "An order is undefined here: nobody put one answer before another.")
    whole = (1 << n) - 1
    # Cheapest way, and in how many ways, to order what is not in a set behind it; sets by falling size of the rest.
    cost, ways = np.zeros(whole + 1), np.ones(whole + 1, dtype=np.int64)
    best_next = np.zeros(whole + 1, dtype=np.int64)
    for placed in range(whole - 1, -1, -1):
        rest = [answer for answer in range(n) if not placed >> answer & 1]
        against = {a: cost[placed | 1 << a] + prefers[rest, a].sum() for a in rest}
        cheapest = min(against.values())
        best = [answer for answer in rest if against[answer] == cheapest]
        cost[placed], best_next[placed] = cheapest, best[0]
        ways[placed] = sum(int(ways[placed | 1 << answer]) for answer in best)
    order: list[int] = []
    placed = 0
    while placed != whole:
        order.append(int(best_next[placed]))
        placed |= 1 << order[-1]
    return KemenyOrder(tuple(order), int(cost[0]), stated, int(ways[0]), None)


def _prefers(table: Floats) -> Floats:
    """Raters who put answer i before answer j, (answers, answers)."""
    ahead: Floats = (table[:, :, None] < table[:, None, :]).sum(axis=0).astype(np.float64)
    return ahead
