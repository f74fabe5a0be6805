"""What an alpha says against a criterion's threshold, without pretending to more than its interval holds."""

from typing import Literal

from annotation.agreement.alpha import Alpha

Verdict = Literal["undefined", "insufficient", "pass", "fail", "inconclusive"]


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


def units_to_conclude(alpha: Alpha, *, width: float) -> int | None:
    """About how many more units would narrow the interval to `width`; None without an interval.

    An interval shrinks with the square root of the units: n (now / width)^2 in all.
    """
    if alpha.low is None or alpha.high is None:
        return None
    wanted = alpha.n_units * ((alpha.high - alpha.low) / width) ** 2
    return max(0, round(wanted) - alpha.n_units)
