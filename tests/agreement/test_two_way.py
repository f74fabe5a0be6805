"""Raters as a sample: the same as comparing label by label, and covering the value of their population."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.agreement.alpha import measure_alpha
from annotation.agreement.coincidence import coincidences_by_pattern
from annotation.agreement.columns import columns_of
from annotation.agreement.patterns import fold
from annotation.agreement.two_way import two_way_interval, weighted_coincidences

LABELS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 2)), min_size=1, unique_by=lambda row: row[:2]
)


def coded(rows):
    return columns_of(*zip(*rows, strict=True), domain=[0, 1, 2])


@given(LABELS, st.lists(st.integers(0, 3), min_size=11, max_size=11))
def test_equals_comparing_every_copy_of_a_rater_with_every_copy_of_another(rows, times):
    labels = coded(rows)
    of_rater, of_unit = np.array(times[:5])[: len(labels.rater_names)], np.array(times[5:])[: len(labels.unit_names)]
    slow = np.zeros((3, 3))
    for unit, of in enumerate(of_unit):
        rows_of = np.flatnonzero(labels.units == unit)
        copies = [(labels.raters[r], labels.values[r]) for r in rows_of for _ in range(of_rater[labels.raters[r]])]
        meetings = [(a, b) for a, b in itertools.permutations(range(len(copies)), 2) if copies[a][0] != copies[b][0]]
        for a, b in meetings:
            slow[copies[a][1], copies[b][1]] += of * len(copies) / len(meetings)
    assert weighted_coincidences(labels, of_rater, of_unit) == pytest.approx(slow, abs=1e-9)


@given(LABELS)
def test_everybody_once_is_the_plain_coincidence_matrix(rows):
    labels = coded(rows)
    patterns = fold(labels.counts)
    plain = np.tensordot(patterns.units.astype(float), coincidences_by_pattern(patterns.counts), axes=1)
    everybody, everything = np.ones(len(labels.rater_names), int), np.ones(len(labels.unit_names), int)
    once = weighted_coincidences(labels, everybody, everything)
    assert once == pytest.approx(plain, abs=1e-9)


@settings(max_examples=20)
@given(LABELS)
def test_few_raters_are_no_sample_and_are_told_so(rows):
    found = two_way_interval(coded(rows), level="nominal", domain=[0, 1, 2], scope="s", resamples=5)
    assert (found.low, found.high) == (None, None)
    assert "raters like these takes 10" in found.reason


def biased_panel(generator, n_raters, n_units, overlap=3):
    """Labels 0 to 4 of raters whose severity differs: every rater shifts all their grades."""
    severity, truth = generator.normal(0, 0.9, n_raters), generator.normal(2, 1.2, n_units)
    raters = generator.permuted(np.tile(np.arange(n_raters), (n_units, 1)), axis=1)[:, :overlap].reshape(-1)
    units = np.repeat(np.arange(n_units), overlap)
    noise = generator.normal(0, 0.5, len(units))
    return units, raters, np.rint(truth[units] + severity[raters] + noise).clip(0, 4).astype(int)


def test_an_interval_over_raters_is_wider_and_still_for_a_scope():
    units, raters, values = biased_panel(np.random.default_rng(4), 12, 400)
    labels = columns_of(units, raters, values, domain=range(5))
    options = {"level": "interval", "domain": range(5), "scope": "s", "resamples": 300}
    over_units, found = measure_alpha(labels.counts, **options), two_way_interval(labels, **options)
    assert found == two_way_interval(labels, **options)
    assert found.high - found.low > 2 * (over_units.high - over_units.low)
    assert found.low < over_units.value < found.high


@pytest.mark.slow
@pytest.mark.parametrize(("n_raters", "least"), [(10, 0.85), (30, 0.92)])
def test_covers_the_value_of_the_population_of_raters(n_raters, least):
    """The interval over units misses it in most samples; the two-way one does not. 150 samples of 300 units."""
    generator = np.random.default_rng(n_raters)
    units, _, values = biased_panel(generator, 3000, 20_000)
    everybody = columns_of(units, np.arange(len(units)), values, domain=range(5)).counts
    truth = measure_alpha(everybody, level="interval", domain=range(5), scope="t", resamples=0).value
    both, over_units = 0, 0
    for sample in range(150):
        labels = columns_of(*biased_panel(generator, n_raters, 300), domain=range(5))
        options = {"level": "interval", "domain": range(5), "scope": str(sample), "resamples": 300}
        wide, narrow = two_way_interval(labels, **options), measure_alpha(labels.counts, **options)
        both += wide.low <= truth <= wide.high
        over_units += narrow.low <= truth <= narrow.high
    assert both / 150 >= least
    assert over_units / 150 < 0.75
