"""What an alpha says against a criterion's threshold, without pretending to more than its interval holds."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

from annotation.agreement.alpha import Alpha
from annotation.agreement.sufficiency import MIN_LABELS_OFF_MODE, MIN_UNITS

Verdict = Literal["undefined", "insufficient", "pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A verdict, about how many more units would settle it, and both as a sentence.

    more_units: units with two labels or more, 0 for pass and fail; None where no number of units like these would do.
    """

    verdict: Verdict
    more_units: int | None
    sentence: str


def verdict_of(alpha: Alpha, *, threshold: float) -> Verdict:
    """Pass when the whole interval reaches the threshold, fail when none of it does, else inconclusive.

    An undefined or insufficient alpha is neither passed nor failed.
    """
    if alpha.value is None:
        return "undefined"
    if not alpha.sufficient or alpha.low is None or alpha.high is None:
        return "insufficient"
    if alpha.low >= threshold:
        return "pass"
    return "fail" if alpha.high < threshold else "inconclusive"


def conclude(alpha: Alpha, *, threshold: float) -> Conclusion:
    """The verdict with the extra units needed.

    Insufficient: until 30 units and 30 labels off the most frequent answer, at the rate seen so far. Inconclusive:
    until the end of the interval that lies beyond the threshold reaches it, if the value stays where it is: an interval
    shrinks with the square root of the units, so n (now / wanted)^2 in all.
    """
    verdict = verdict_of(alpha, threshold=threshold)
    if verdict == "undefined":
        missing = max(0, MIN_UNITS - alpha.n_units) or None
        return Conclusion(verdict, missing, alpha.reason or "")
    if verdict == "insufficient":
        short = _units_to_suffice(alpha)
        sentence = alpha.insufficiency or "Not enough to judge by: too few resamples of these units have an alpha."
        return Conclusion(verdict, short, sentence + _about(short))
    value, low, high = f"{alpha.value:.3f}", f"{alpha.low:.3f}", f"{alpha.high:.3f}"
    found = f"Alpha is {value}, between {low} and {high} at {alpha.confidence:.0%}"
    if verdict == "pass":
        return Conclusion(verdict, 0, f"{found}: all of it reaches {threshold:g}.")
    if verdict == "fail":
        return Conclusion(verdict, 0, f"{found}: none of it reaches {threshold:g}.")
    more = _units_to_leave(alpha, threshold)
    return Conclusion(verdict, more, f"{found}: {threshold:g} lies inside.{_about(more)}")


def units_to_conclude(alpha: Alpha, *, width: float) -> int | None:
    """About how many more units would narrow the interval to `width`; None without an interval.

    An interval shrinks with the square root of the units: n (now / width)^2 in all.
    """
    if alpha.low is None or alpha.high is None:
        return None
    wanted = alpha.n_units * ((alpha.high - alpha.low) / width) ** 2
    return max(0, round(wanted) - alpha.n_units)


def _units_to_suffice(alpha: Alpha) -> int | None:
    if not alpha.n_off_mode or not alpha.n_units:
        return None
    of_labels = ceil(MIN_LABELS_OFF_MODE * alpha.n_units / alpha.n_off_mode)
    return max(MIN_UNITS, of_labels) - alpha.n_units or None


def _units_to_leave(alpha: Alpha, threshold: float) -> int | None:
    if alpha.value is None or alpha.low is None or alpha.high is None:
        return None
    apart = abs(alpha.value - threshold)
    reach = alpha.value - alpha.low if alpha.value >= threshold else alpha.high - alpha.value
    if not apart or not reach:
        return None
    return max(1, ceil(alpha.n_units * (reach / apart) ** 2) - alpha.n_units)


def _about(more: int | None) -> str:
    if more is None:
        return " No number of further units like these would settle it."
    return f" About {more:,} more units with two labels would settle it."
