"""Agreement on rare flags: two raters as printed, more raters as counted by hand, coverage, undefined with a reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement.flags import measure_flags

COUNTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=15)


def test_the_kappa_paradox(reference):
    table = reference("kappa_paradox")
    for cells, answer in zip(table["data"]["tables"], ("first", "second"), strict=True):
        (both, first), (second, neither) = cells
        found = measure_flags([[0, 2]] * both + [[1, 1]] * (first + second) + [[2, 0]] * neither, scope="s")
        expected = table["computed_here"][answer]
        assert found.positive.value == pytest.approx(expected["pos_agreement"], abs=5e-5)
        assert found.negative.value == pytest.approx(expected["neg_agreement"], abs=5e-5)
        assert found.ac1.value == pytest.approx(expected["AC1"], abs=5e-5)
        assert found.prevalence == pytest.approx((2 * both + first + second) / 200)


@given(COUNTS)
def test_equals_asking_every_other_rater_of_everyone_who_said_so(counts):
    """Slow: each label that says yes meets each other label of its unit, a label weighing the same in all."""
    agreed, said = 0.0, 0
    for no, yes in counts:
        labels = [0] * no + [1] * yes
        for at, label in enumerate(labels):
            others = labels[:at] + labels[at + 1 :]
            if label and others:
                said += 1
                agreed += np.mean(others)
    found = measure_flags(counts, scope="s", resamples=10)
    if found.positive.value is None:
        assert not said or found.n_units == 1
    else:
        assert found.positive.value == pytest.approx(agreed / said, abs=1e-12)
        assert 0 <= found.positive.low <= found.positive.value + 1e-12
        assert found.positive.value - 1e-12 <= found.positive.high <= 1


@given(COUNTS)
def test_calling_yes_no_swaps_the_two(counts):
    found = measure_flags(counts, scope="s", resamples=10)
    turned = measure_flags(np.array(counts)[:, ::-1], scope="s", resamples=10)
    assert (found.positive.value, found.positive.high) == (turned.negative.value, turned.negative.high)


def test_what_rarity_does_to_each_figure():
    """Two raters, sensitivity .85, specificity .99: alpha falls, AC1 rises, positive agreement says what happened."""
    generator, found = np.random.default_rng(5), {}
    for prevalence in (0.5, 0.02):
        truth = generator.random(100_000) < prevalence
        labels = generator.random((100_000, 2)) < np.where(truth, 0.85, 0.01)[:, None]
        yes = labels.sum(axis=1)
        found[prevalence] = measure_flags(np.stack([2 - yes, yes], axis=1), scope="s", resamples=0)
    assert [round(found[p].alpha.value, 2) for p in (0.5, 0.02)] == pytest.approx([0.72, 0.53], abs=0.02)
    assert [round(found[p].ac1.value, 2) for p in (0.5, 0.02)] == pytest.approx([0.73, 0.97], abs=0.02)
    assert [round(found[p].positive.value, 2) for p in (0.5, 0.02)] == pytest.approx([0.84, 0.55], abs=0.02)


def test_the_interval_covers_the_long_run_value():
    """Three raters, 12 % flagged, 300 units: 1,000 samples."""
    generator = np.random.default_rng(8)

    def sample(n_units):
        truth = generator.random(n_units) < 0.12
        yes = (generator.random((n_units, 3)) < np.where(truth, 0.8, 0.03)[:, None]).sum(axis=1)
        return measure_flags(np.stack([3 - yes, yes], axis=1), scope="s", resamples=0).positive

    truth = sample(1_000_000).value
    covered = sum(found.low <= truth <= found.high for found in (sample(300) for _ in range(1000)))
    assert 930 <= covered <= 970


@pytest.mark.parametrize(
    ("counts", "words"),
    [([], "no unit has labels"), ([[1, 0], [0, 1]], "no unit has labels"), ([[2, 0]] * 40, "nobody said it")],
)
def test_undefined_says_why(counts, words):
    found = measure_flags(counts, scope="s").positive
    assert (found.value, found.low, found.high, found.sufficient) == (None, None, None, False)
    assert words in found.reason


def test_fewer_than_thirty_flags_are_not_enough():
    few = measure_flags([[2, 0]] * 500 + [[0, 2]] * 14 + [[1, 1]], scope="s").positive
    assert few.value == pytest.approx(28 / 29)
    assert "29 of the 30 labels needed say “yes”" in few.insufficiency
    assert measure_flags([[2, 0]] * 500 + [[0, 2]] * 15, scope="s").positive.sufficient
