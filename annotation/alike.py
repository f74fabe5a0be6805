"""Whether two answers are so nearly the same that choosing between them says nothing.

Word by word: the share of words that both have in the same order, 2 · common / all words of both. Pairs above 0.98
are not worth a rater's time (Llama 3 filters them as well).
"""

from collections import Counter
from collections.abc import Sequence

ROOM = 50  # one word in so many may differ: 1 / 50 = 1 - 0.98
MOST = 200  # more words that differ are a difference whatever the length, and cost no more to find


def alike(first: str, second: str) -> bool:
    """Whether more than 98 % of the words are the same, and no more than 200 differ. Spaces do not count.

    Equal texts are alike. A text without spaces is one word. Costs at most MOST² steps beside counting the words.
    """
    if first == second:
        return True
    a, b = first.split(), second.split()
    room = max(0, min(MOST, (len(a) + len(b) - 1) // ROOM))  # most words that may stand in one of the two alone
    if abs(len(a) - len(b)) > room:
        return False
    if not room:
        return a == b
    counts = Counter(a)
    counts.subtract(b)
    if sum(map(abs, counts.values())) > room:
        return False
    return _differ_by_at_most(a, b, room)


def _differ_by_at_most(a: Sequence[str], b: Sequence[str], most: int) -> bool:
    """Whether so many words taken out or put in turn a into b (Myers 1986, the greedy algorithm, cut off at `most`)."""
    reach = {1: 0}  # per diagonal x - y: how far into a one gets
    for step in range(most + 1):
        for diagonal in range(-step, step + 1, 2):
            if diagonal == -step or (diagonal != step and reach[diagonal - 1] < reach[diagonal + 1]):
                x = reach[diagonal + 1]
            else:
                x = reach[diagonal - 1] + 1
            y = x - diagonal
            while x < len(a) and y < len(b) and a[x] == b[y]:
                x, y = x + 1, y + 1
            reach[diagonal] = x
            if x >= len(a) and y >= len(b):
                return True
    return False
