"""Which of a rater's items in a project have a known answer, and which they have seen before.

Pure: the same project, rater and number give the same lane, and nobody can tell who lacks the server's key. Of the
first ten items five are gold, because the first few tell most about how somebody will work (Hata et al. 2017). After
that every block of twenty holds its share, drawn at random, so that up to the end of any block no gold is missing and
none is too many. Never more than two golds follow one another.
"""

import random
from functools import lru_cache

from django.utils.crypto import salted_hmac

from annotation.models import Task

Lane = Task.Lane
FIRST = 10
FIRST_GOLDS = 5
BLOCK = 20
REPEATS_FROM = 21  # from here on work enough lies fifteen items back for four repeats, however the first ten fell
REPEATS_EARLIEST = 17  # where later turns are taken up by gold; here one item of work at least does
KEY = "annotation.queueing.turns"


def turn_at(*, project: int, rater: int, n: int, gold_rate: int, repeat_rate: int) -> Task.Lane:
    """The lane of the rater's n-th item (from 1) in the project; the rates are percent, at most 50 and 20."""
    block, place = _where(n)
    return _block(project, rater, block, gold_rate, repeat_rate)[place]


def turns_to_come(*, project: int, rater: int, n: int, work: int, gold_rate: int, repeat_rate: int) -> int:
    """How many golds and repeats come, from the n-th item on, before the last of so many items of work."""
    came = others = 0
    while came < work:
        block, place = _where(n)
        lanes = _block(project, rater, block, gold_rate, repeat_rate)[place:]
        for lane in lanes:
            if came == work:
                break
            came += lane == Lane.WORK
            others += lane != Lane.WORK
        n += len(lanes)
    return others


def _where(n: int) -> tuple[int, int]:
    """Number of the block, the first ten being 0, and the place in it from 0."""
    if n <= FIRST:
        return 0, n - 1
    block, place = divmod(n - FIRST - 1, BLOCK)
    return block + 1, place


@lru_cache(maxsize=4096)
def _block(project: int, rater: int, block: int, gold_rate: int, repeat_rate: int) -> tuple[Task.Lane, ...]:
    seed = salted_hmac(KEY, f"{project}:{rater}:{block}", algorithm="sha256").digest()
    draw = random.Random(seed)  # noqa: S311 (seeded with a keyed digest, which is what nobody can guess)
    if block == 0:
        return _lanes(draw, size=FIRST, golds=FIRST_GOLDS if gold_rate else 0, repeats=0, ever=0, best=0)
    golds, repeats = (_quota(rate, block - 1) for rate in (gold_rate, repeat_rate))
    ever, best = (REPEATS_EARLIEST - FIRST - 1, REPEATS_FROM - FIRST - 1) if block == 1 else (0, 0)
    return _lanes(draw, size=BLOCK, golds=golds, repeats=repeats, ever=ever, best=best)


def _quota(rate: int, block: int) -> int:
    return (block + 1) * BLOCK * rate // 100 - block * BLOCK * rate // 100


def _lanes(draw: random.Random, *, size: int, golds: int, repeats: int, ever: int, best: int) -> tuple[Task.Lane, ...]:
    """Golds go between the others: two at most in each gap, one before the first and one after the last.

    So no three follow one another, over the edge of two blocks neither. Repeats stand from the `best` place on, and
    what finds no room there from the first place that is `ever` one.
    """
    others = size - golds
    seats = [0, *(gap for gap in range(1, others) for _ in range(2)), others]
    taken = draw.sample(seats, golds)
    lanes = [Lane.GOLD] * taken.count(0)
    for gap in range(1, others + 1):
        lanes += [Lane.WORK, *[Lane.GOLD] * taken.count(gap)]
    free = [place for place, lane in enumerate(lanes) if lane == Lane.WORK and place >= ever]
    draw.shuffle(free)
    for place in sorted(free, key=lambda place: place < best)[:repeats]:
        lanes[place] = Lane.REPEAT
    return tuple(lanes)
