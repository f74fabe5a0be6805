"""What signals found, in sentences for leads: the numbers, their intervals, and the test by its name."""

from collections.abc import Mapping
from typing import Any

from annotation.agreement.intervals import wilson
from annotation.models import RaterAlarm

Detector = RaterAlarm.Detector


def sentence_of(alarm: RaterAlarm) -> str:
    """What the alarm rests on, with n, the interval and the test."""
    seen, test = alarm.evidence, TESTS[alarm.detector]
    return f"{_measured(alarm.detector, seen)} Test: {test}{_p(seen)}."


TESTS: dict[str, str] = {
    Detector.ONE_SIDE.value: "exact binomial against ½ after 25, 50, 100 … labels",
    Detector.SIDE.value: "exact binomial against ½, 5 % false discoveries among all raters",
    Detector.ALTERNATING.value: "changes of side, exact binomial against ½",
    Detector.FEW_CHANGES.value: "changes of side, exact binomial against ½",
    Detector.HASTE.value: "ten of the last twenty below a quarter of reading time",
    Detector.CHANCE.value: "likelihood of a coin against a judge, with Wald’s sequential test on gold",
    Detector.GOLD_KNOWN.value: "likelihood of a coin against a judge among the others alone",
    Detector.FADING.value: "CUSUM against the rater’s own beginning; two-proportion",
    Detector.COPYING.value: "likelihood of a copy where the source goes against the rest",
    Detector.LENGTH.value: "mean difference from the others on the same items",
    Detector.TIES.value: "mean difference from the others on the same items",
    Detector.BOTH_BAD.value: "mean difference from the others on the same items",
}


def _measured(detector: str, seen: Mapping[str, Any]) -> str:
    if detector in (Detector.ONE_SIDE, Detector.SIDE):
        return f"Left in {_share(seen['left'], seen['of'])} of {seen['of']} decisive labels."
    if detector in (Detector.ALTERNATING, Detector.FEW_CHANGES):
        steps = seen["of"] - 1
        return f"The side changed {seen['changes']} of {steps} times: {_share(seen['changes'], steps)}."
    if detector == Detector.HASTE:
        return (
            f"{seen['quick']} of the last {seen['of']} answers came below the reading floor: "
            f"{seen['seconds']:.1f} s, where {seen['floor']:.1f} s is a quarter of reading."
        )
    if detector in (Detector.CHANCE, Detector.GOLD_KNOWN):
        return (
            f"Followed the others in {_share(seen['followed'], seen['faced'])} of {seen['faced']} items on which they "
            f"have a majority, where {seen['expected']:.0f} were expected; right on {seen['gold_right']} of "
            f"{seen['gold']} gold items."
        )
    if detector == Detector.FADING:
        return (
            f"As expected in {_share(seen['before'], seen['of_before'])} of the first {seen['of_before']} items, "
            f"{_share(seen['after'], seen['of_after'])} of the last {seen['of_after']}."
        )
    if detector == Detector.COPYING:
        source = seen["source_name"]
        either = " It may be the other way round." if seen["either"] else ""
        return (
            f"The same answer as {source} on {seen['alike']} of {seen['shared']} shared items, later on "
            f"{seen['later']}; {source} went against the rest on {seen['against']}, and so did this rater on "
            f"{seen['alike_against']} of these.{either}"
        )
    what = {
        Detector.LENGTH.value: "Prefers the longer answer in",
        Detector.TIES.value: "Says “about the same” in",
        Detector.BOTH_BAD.value: "Finds both bad in",
    }[detector]
    return f"{what} {_round(seen['own'])} of {seen['n']} items, where the others do in {_round(seen['others'])}."


def _share(part: int, whole: int) -> str:
    """88 % [78–94]."""
    found = wilson(part, whole)
    if found is None:
        return "–"
    return f"{_round(part / whole)} [{100 * found.low:.0f}–{100 * found.high:.0f}]"


def _round(share: float) -> str:
    return f"{100 * share:.0f} %"


def _p(seen: Mapping[str, Any]) -> str:
    if "p" not in seen:
        return ""
    p = float(seen["p"])
    return ", p < .0001" if p < 1e-4 else f", p = {p:.4f}".replace("0.", ".")
