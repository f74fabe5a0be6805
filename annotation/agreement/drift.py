"""Whether a rater changes over time: charts that remember, for scores and for right or wrong on gold.

What is charted is agreement less what was expected on the same units, so that a hard queue is not a fallen rater. An
alarm asks for a look; it bans nobody. Montgomery, Introduction to Statistical Quality Control, chapter 9: Roberts' EWMA
(1959) and Page's CUSUM (1954); Reynolds and Stoumbos (1999) for the CUSUM of right and wrong.
"""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
import numpy.typing as npt

from annotation.agreement.coincidence import Floats
from annotation.agreement.errors import BadSeries


@dataclass(frozen=True, slots=True)
class Ewma:
    """statistic: (n,), the moving mean; reach: (n,), how far from the target it may be. alarm: first place beyond."""

    statistic: Floats
    reach: Floats
    alarm: int | None


@dataclass(frozen=True, slots=True)
class Cusum:
    """up, down: (n,), sums of what lies above and below the target, in standard deviations, none negative.

    alarm: the first place where one is beyond the threshold; rose: whether it was `up`. began: about where the change
    came in, the place after the sum was last 0; None without an alarm.
    """

    up: Floats
    down: Floats
    alarm: int | None
    rose: bool | None
    began: int | None


def ewma(
    values: npt.ArrayLike,
    *,
    target: float,
    deviation: float,
    weight: float = 0.1,
    limit: float = 2.7,
    restarts: npt.ArrayLike | None = None,
) -> Ewma:
    """Exponentially weighted moving mean of values (n,), in the order they came.

    z_t = weight x_t + (1 - weight) z_(t-1), from the target; it may reach limit deviation
    sqrt(weight / (2 - weight) (1 - (1 - weight)^(2 t))). restarts: (n,), true where a chart begins anew, as after a
    change of the rubric. Raises BadSeries.
    """
    series, anew = _checked(values, restarts)
    _positive(deviation=deviation, limit=limit)
    if not 0 < weight <= 1:
        raise BadSeries(f"The weight {weight} is not within 0 and 1.")
    statistic, reach, alarm = np.zeros(len(series)), np.zeros(len(series)), None
    mean, age = target, 0
    for at, value in enumerate(series):
        if anew[at]:
            mean, age = target, 0
        age += 1
        mean = weight * value + (1 - weight) * mean
        statistic[at] = mean
        reach[at] = limit * deviation * sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * age)))
        if alarm is None and abs(mean - target) > reach[at]:
            alarm = at
    return Ewma(statistic, reach, alarm)


def cusum(
    values: npt.ArrayLike,
    *,
    target: float,
    deviation: float,
    slack: float = 0.5,
    threshold: float = 5.0,
    restarts: npt.ArrayLike | None = None,
) -> Cusum:
    """Two-sided CUSUM of values (n,); slack and threshold in deviations. Meant for shifts of twice the slack.

    At a slack of 1/2 it alarms without a cause every 168 values with a threshold of 4 and every 465 with 5, and a shift
    of one deviation is found after 8.4 and 10.4. Raises BadSeries.
    """
    series, anew = _checked(values, restarts)
    _positive(deviation=deviation, threshold=threshold)
    return _summed((series - target) / deviation - slack, -(series - target) / deviation - slack, threshold, anew)


def gold_cusum(
    right: npt.ArrayLike,
    *,
    usual: float,
    fallen: float,
    threshold: float = 4.0,
    restarts: npt.ArrayLike | None = None,
) -> Cusum:
    """CUSUM of right and wrong answers on gold (n,): log-likelihood ratios of an accuracy `fallen` against `usual`.

    `down` is the sum of evidence for the fall, `up` stays 0. Raises BadSeries unless 0 < fallen < usual < 1.
    """
    series, anew = _checked(right, restarts)
    _positive(threshold=threshold)
    if not 0 < fallen < usual < 1:
        raise BadSeries(f"A fall from {usual} to {fallen} is not one between 1 and 0.")
    if not np.isin(series, (0.0, 1.0)).all():
        raise BadSeries("Right and wrong must be 1 and 0.")
    evidence = np.where(series == 1, log(fallen / usual), log((1 - fallen) / (1 - usual)))
    return _summed(np.full(len(series), -1.0), evidence, threshold, anew)


def _summed(rises: Floats, falls: Floats, threshold: float, anew: npt.NDArray[np.bool_]) -> Cusum:
    up, down = np.zeros(len(rises)), np.zeros(len(rises))
    above = below = 0.0
    began_up = began_down = 0
    alarm: tuple[int, bool, int] | None = None
    for at, (rise, fall) in enumerate(zip(rises.tolist(), falls.tolist(), strict=True)):
        if anew[at]:
            above = below = 0.0
        if not above:
            began_up = at
        if not below:
            began_down = at
        above, below = max(0.0, above + rise), max(0.0, below + fall)
        up[at], down[at] = above, below
        if alarm is None and max(above, below) > threshold:
            rose = above >= below
            alarm = (at, rose, began_up if rose else began_down)
    if alarm is None:
        return Cusum(up, down, None, None, None)
    return Cusum(up, down, *alarm)


def _checked(values: npt.ArrayLike, restarts: npt.ArrayLike | None) -> tuple[Floats, npt.NDArray[np.bool_]]:
    series = np.asarray(values, dtype=np.float64)
    if series.ndim != 1 or not np.isfinite(series).all():
        raise BadSeries("A series must be finite numbers in the order they came.")
    anew = np.zeros(len(series), dtype=np.bool_) if restarts is None else np.asarray(restarts, dtype=np.bool_)
    if anew.shape != series.shape:
        raise BadSeries("Restarts must be one true or false per value.")
    return series, anew


def _positive(**settings: float) -> None:
    for name, value in settings.items():
        if not value > 0:
            raise BadSeries(f"The {name} must be above 0; it is {value}.")
