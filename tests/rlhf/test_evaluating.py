"""Published intervals, and properties of calibration."""

import math

import pytest

from annotation.agreement.consensus import majority as consensus_majority
from training.rlhf.evaluating import (
    JudgedPair,
    calibration_error,
    clustered_interval,
    log_loss,
    majority,
    summarise,
    wilson_interval,
)


def pair(p: float, label: int, prompt: str = "p", lengths: tuple[int, int] = (1, 1)) -> JudgedPair:
    return JudgedPair(prompt, math.log(p / (1 - p)), p, label, lengths)


def test_wilson_interval_of_newcombe_1998() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81/263, 15/148, 0/20, 1/29.
    for successes, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson_interval(successes / n, n) == pytest.approx((low, high), abs=5e-5)
    assert wilson_interval(0.5, 0) == (0.0, 1.0)


def test_pairs_of_one_prompt_are_worth_about_one() -> None:
    scores = [1.0, 1.0, 0.0, 0.0, 1.0, 1.0] * 3
    alone = clustered_interval(scores, [str(n) for n in range(18)])
    tied = clustered_interval(scores, [str(n // 2) for n in range(18)])
    assert alone == pytest.approx(wilson_interval(12 / 18, 17), abs=1e-9)  # unbiased variance: n - 1
    assert tied[0] < alone[0] < alone[1] < tied[1]
    assert clustered_interval([1.0] * 30, [str(n // 10) for n in range(30)]) == wilson_interval(1.0, 3)


def test_a_calibrated_model_has_no_calibration_error() -> None:
    honest = [pair(0.75, 1)] * 3 + [pair(0.75, -1)]
    assert calibration_error(honest) == pytest.approx(0)
    assert calibration_error([pair(0.75, -1)] * 4) == pytest.approx(0.75)
    turned = [pair(1 - p.p, -p.label) for p in honest]
    assert calibration_error(turned) == pytest.approx(0)
    assert log_loss([pair(0.5, 1), pair(0.5, -1)]) == pytest.approx(math.log(2))


def test_summary_counts_ties_apart_and_knows_the_longer() -> None:
    found = summarise(
        [pair(0.8, 1, "a", (9, 3)), pair(0.8, -1, "b", (2, 9)), pair(0.6, 0, "c"), pair(0.5, 1, "a", (4, 4))]
    )
    assert (found["n"], found["ties"], found["prompts"]) == (3, 1, 2)
    assert found["accuracy"] == pytest.approx(0.5)  # right, wrong, and half for no preference
    assert found["accuracy_by_length_baseline"] == pytest.approx(2.5 / 3)
    assert summarise([pair(0.6, 0)])["accuracy"] is None


@pytest.mark.parametrize(
    ("counts", "side"),
    [((2, 1, 0), 1), ((0, 1, 2), -1), ((1, 1, 1), 0), ((1, 2, 0), 0), ((1, 1, 0), 0), ((0, 1, 1), 0), ((2, 0, 2), 0)],
)
def test_a_winner_is_what_the_human_ceiling_calls_one(counts: tuple[int, int, int], side: int) -> None:
    """An accuracy is read against the ceiling, so both must be of pairs whose winner stands alone in front."""
    assert majority(*counts) == side
    column = consensus_majority([counts], n_values=3)[0]
    assert {0: 1, 2: -1}.get(int(column), 0) == side


def test_calibration_error_weighs_bins_by_their_pairs() -> None:
    """Three pairs at 0.9, two of them right, and one at 0.6 that is: (3 |0.9 - 2/3| + |0.6 - 1|) / 4."""
    pairs = [pair(0.9, 1), pair(0.9, 1), pair(0.1, 1), pair(0.6, 1)]
    assert calibration_error(pairs) == pytest.approx((3 * (0.9 - 2 / 3) + 0.4) / 4, abs=1e-12)
