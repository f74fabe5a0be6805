"""What must not matter to alpha: who is who, in which order, units labelled once, and which answer was called A."""

import dataclasses

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from annotation.agreement.alpha import measure_alpha
from annotation.agreement.patterns import count_labels

DOMAIN = [-2, -1, 0, 1, 2]
LEVELS = st.sampled_from(("nominal", "ordinal", "interval"))
COUNTS = arrays(np.int64, st.tuples(st.integers(1, 25), st.just(5)), elements=st.integers(0, 2))


def measured(counts, level, **options):
    return measure_alpha(counts, level=level, domain=DOMAIN, scope="s", resamples=50, **options)


@given(st.data(), LEVELS)
def test_order_of_raters_and_units(data, level):
    matrix = data.draw(arrays(np.int64, (12, 4), elements=st.sampled_from(DOMAIN)))
    raters, units = data.draw(st.permutations(range(4))), data.draw(st.permutations(range(12)))
    rows = np.repeat(np.arange(12), 4)
    before = count_labels(rows, matrix.reshape(-1), domain=DOMAIN)
    after = count_labels(rows, matrix[units][:, raters].reshape(-1), domain=DOMAIN)
    first, second = measured(before, level), measured(after, level)
    assert (first.low, first.high, first.reason) == (second.low, second.high, second.reason)
    assert first.value == pytest.approx(second.value, abs=1e-12)


@given(COUNTS, LEVELS, st.integers(0, 4))
def test_units_with_one_label_change_nothing(counts, level, column):
    lone = np.zeros((3, 5), dtype=np.int64)
    lone[:, column] = 1
    before, after = measured(counts, level), measured(np.concatenate([lone, counts]), level)
    assert dataclasses.replace(before, value=None) == dataclasses.replace(after, value=None)
    assert before.value == pytest.approx(after.value, abs=1e-12)


@given(st.data(), LEVELS, COUNTS)
def test_swapping_the_two_answers_of_any_unit_leaves_the_symmetrised_alpha(data, level, counts):
    flip = data.draw(arrays(np.bool_, len(counts)))
    swapped = np.where(flip[:, None], counts[:, ::-1], counts)
    assert measured(counts, level, orientation_symmetrised=True) == measured(
        swapped, level, orientation_symmetrised=True
    )


@given(COUNTS, LEVELS)
def test_symmetrised_alpha_is_the_librarys_over_every_unit_and_its_mirror_image(counts, level):
    blind = measured(counts, level, orientation_symmetrised=True)
    if blind.value is None:
        return
    n = blind.n_labels
    both = krippendorff.alpha(
        value_counts=np.concatenate([counts, counts[:, ::-1]]),
        value_domain=DOMAIN,
        level_of_measurement=level,
    )
    # The mirror images double n, which only the small-sample term (n - 1) / n may feel.
    assert 1 - blind.value == pytest.approx((1 - both) * 2 * (n - 1) / (2 * n - 1), abs=1e-12)


def test_one_stray_label_among_ties_is_enough_to_define_it():
    # 19 ties and half a label on either side: 2 disagreements, 2 (19 / 2 + 19 / 2 + 1 / 4) expected.
    counts = np.array([[0, 0, 2, 0, 0]] * 9 + [[0, 1, 1, 0, 0]])
    assert measured(counts, "nominal", orientation_symmetrised=True).value == pytest.approx(1 - 19 * 2 / 38.5)


def test_always_agreeing_on_the_answer_stored_first_is_agreement_and_not_lack_of_variation():
    counts = np.array([[2, 0]] * 60)
    blind = measure_alpha(counts, level="nominal", domain=["a", "b"], scope="s", orientation_symmetrised=True)
    assert (blind.value, blind.sufficient) == (1.0, True)


def test_symmetrised_alpha_of_decisive_pairs_is_twice_the_raw_agreement_less_one():
    # Two raters always prefer the model stored as A at 95 %: plain alpha calls their agreement chance.
    counts = np.array([[2, 0]] * 900 + [[1, 1]] * 95 + [[0, 2]] * 5)
    plain = measure_alpha(counts, level="nominal", domain=["a", "b"], scope="s")
    blind = measure_alpha(counts, level="nominal", domain=["a", "b"], scope="s", orientation_symmetrised=True)
    n = blind.n_labels
    assert 1 - (1 - blind.value) * n / (n - 1) == pytest.approx(2 * 0.905 - 1, abs=1e-12)
    assert plain.value < 0.1


@given(COUNTS, LEVELS)
def test_reversing_the_whole_scale_changes_nothing(counts, level):
    assert measured(counts, level).value == pytest.approx(measured(counts[:, ::-1], level).value, abs=1e-12)
