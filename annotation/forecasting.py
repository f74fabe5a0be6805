"""When a batch will be done, from how fast its answers came in during the last week.

Method: a bootstrap over whole blocks of observed time. The last days are cut into blocks backwards from the full hour:
of 24 hours once there are three days of answers, so that nights and quiet days are kept as they are; of one hour
before that, as if the pace went on round the clock. A future is a sequence of blocks drawn with replacement, each
with its answers hour by hour; it ends within the hour in which the answers to go have come in. P10, P50 and P90 are
quantiles over a thousand such futures. Who will be at work is thus taken to be who was.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models import Count
from django.db.models.functions import TruncHour
from numpy.typing import NDArray

from annotation.models import Assignment, Batch

FUTURES = 1000
DAYS_BACK = 7
DAYS_FOR_DAYS = 3
FEWEST_ANSWERS = 20
FEWEST_BLOCKS = 3
FURTHEST_DAYS = 365
HOUR = timedelta(hours=1)

Counts = dict[datetime, int]


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of how fast answers come: `blocks` of answers per hour, newest first, up to the full hour `at`.

    `answers` are those in the blocks. `why_not` says why nothing can be said, or is empty.
    """

    at: datetime
    blocks: NDArray[np.int64]
    why_not: str

    @property
    def answers(self) -> int:
        return int(self.blocks.sum())

    @property
    def hours(self) -> int:
        return int(self.blocks.size)

    @property
    def a_day(self) -> float:
        """Answers per 24 hours."""
        return 24 * self.answers / self.hours if self.hours else 0.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the last answer comes, as quantiles; None for one that lies more than a year away.

    `path` is the way there: at the end of each block the answers that came since `pace.at` (P10, P50, P90), at most
    those to go.
    """

    p10: datetime | None
    p50: datetime | None
    p90: datetime | None
    path: list[tuple[datetime, float, float, float]]


def hourly(*, batch: Batch) -> Counts:
    """Answers to work that count of the batch by the full hour (UTC) in which they came. One query."""
    given = Assignment.objects.filter(slot__batch=batch, slot__place__isnull=False, state=Assignment.State.SUBMITTED)
    rows = given.order_by().annotate(hour=TruncHour("ended_at", tzinfo=UTC)).values_list("hour")
    return dict(rows.annotate(n=Count("pk")))


def pace_of(*, counts: Counts, now: datetime) -> Pace:
    """The blocks of the last days from answers by hour, or why they are too few."""
    at = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    past = {hour: n for hour, n in counts.items() if hour < at}
    span = int((at - min(past)) / HOUR) if past else 0
    size = 24 if span >= 24 * DAYS_FOR_DAYS else 1
    blocks = min(span, 24 * DAYS_BACK) // size
    hours = [at - (block * size + size - place) * HOUR for block in range(blocks) for place in range(size)]
    seen = np.array([past.get(hour, 0) for hour in hours], dtype=np.int64).reshape(blocks, size)
    return Pace(at=at, blocks=seen, why_not=_why_not(seen, blocks))


def _why_not(seen: NDArray[np.int64], blocks: int) -> str:
    answers = int(seen.sum())
    if blocks < FEWEST_BLOCKS:
        return f"Too few answers to say: it takes {FEWEST_BLOCKS} full hours of work."
    if answers < FEWEST_ANSWERS:
        return f"Too few answers to say: {answers} in the last days; it takes {FEWEST_ANSWERS}."
    return ""


def forecast_of(*, pace: Pace, to_go: int, faster: float = 1.0, seed: int = 0) -> Forecast:
    """Draw the futures. `faster`: how many times as many people are at work. The same seed gives the same answer.

    `to_go` ≥ 1. The pace must not have a `why_not`.
    """
    rng = np.random.default_rng(seed)
    size = pace.blocks.shape[1]
    most = FURTHEST_DAYS * 24 // size
    a_block = max(pace.blocks.sum(axis=1).mean() * faster, 1e-9)
    steps = int(min(most, np.ceil(4 * to_go / a_block) + 20))
    drawn = rng.integers(len(pace.blocks), size=(FUTURES, steps))
    came = np.cumsum(pace.blocks.sum(axis=1)[drawn] * faster, axis=1)
    ends = _ends(pace.blocks * faster, drawn, came, to_go)
    p10, p50, p90 = (_at(pace.at, float(np.quantile(ends, q, method="higher"))) for q in (0.1, 0.5, 0.9))
    shown = min(steps, _blocks_until(p90 or p50, pace.at, size, steps))
    quantiles = np.quantile(np.minimum(came[:, :shown], to_go), (0.1, 0.5, 0.9), axis=0)
    path = [
        (pace.at + (step + 1) * size * HOUR, float(low), float(middle), float(high))
        for step, (low, middle, high) in enumerate(quantiles.T)
    ]
    return Forecast(p10=p10, p50=p50, p90=p90, path=path)


def _ends(
    blocks: NDArray[np.floating], drawn: NDArray[np.int64], came: NDArray[np.floating], to_go: int
) -> NDArray[np.floating]:
    """Hours from now at which each future has its last answer; infinite where it lies beyond the horizon."""
    size = blocks.shape[1]
    last = (came < to_go).sum(axis=1)
    done = last < drawn.shape[1]
    ends = np.full(len(drawn), np.inf)
    for row in np.flatnonzero(done):
        block = blocks[drawn[row, last[row]]]
        before = came[row, last[row] - 1] if last[row] else 0.0
        within = np.cumsum(block) + before
        hour = int((within < to_go).sum())
        start = within[hour - 1] if hour else before
        share = (to_go - start) / block[hour]
        ends[row] = last[row] * size + hour + share
    return ends


def _at(start: datetime, hours: float) -> datetime | None:
    return start + hours * HOUR if np.isfinite(hours) else None


def _blocks_until(end: datetime | None, start: datetime, size: int, most: int) -> int:
    return most if end is None else max(1, int(np.ceil((end - start) / (size * HOUR))))
