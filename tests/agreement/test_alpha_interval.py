"""The interval over units: the same spread as resampling units one by one, still for a scope, and covering."""

import krippendorff
import numpy as np
import pytest

from annotation.agreement.alpha import measure_alpha
from annotation.agreement.coincidence import coincidences_by_pattern, scale_of
from annotation.agreement.patterns import fold
from annotation.agreement.resampling import bootstrap_alphas, jackknife_error

DOMAIN = [1, 2, 3, 4, 5]


def simulated(n_units, generator, noise=1.0):
    """Counts of 3 to 5 noisy five-point labels per unit."""
    counts = np.zeros((n_units, 5), dtype=np.int64)
    truth = generator.integers(0, 5, n_units)
    for unit, overlap in enumerate(generator.integers(3, 6, n_units)):
        labels = np.rint(truth[unit] + generator.normal(0, noise, overlap)).clip(0, 4).astype(int)
        counts[unit] = np.bincount(labels, minlength=5)
    return counts


def spread_by_unit(counts, level, resamples, generator):
    """The slow way: draw whole units with replacement, and ask the library every time."""
    drawn = (generator.integers(0, len(counts), len(counts)) for _ in range(resamples))
    alphas = [
        krippendorff.alpha(value_counts=counts[units], value_domain=DOMAIN, level_of_measurement=level)
        for units in drawn
    ]
    return np.array(alphas)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_spread_and_ends_equal_those_of_resampling_units(level):
    counts, resamples = simulated(150, np.random.default_rng(1), 1.2), 4000
    patterns, scale = fold(counts), scale_of(DOMAIN, level)
    fast = bootstrap_alphas(
        coincidences_by_pattern(patterns.counts),
        patterns.units,
        scale=scale,
        level=level,
        resamples=resamples,
        seed=7,
    )
    slow = spread_by_unit(counts, level, resamples, np.random.default_rng(2))
    sd = slow.std()
    # Monte Carlo error of an SD is sd / sqrt(2 B), of a 2.5 % quantile about 2.7 sd / sqrt(B): four of them.
    assert fast.std() == pytest.approx(sd, abs=4 * np.sqrt(2) * sd / np.sqrt(2 * resamples))
    assert fast.mean() == pytest.approx(slow.mean(), abs=4 * np.sqrt(2) * sd / np.sqrt(resamples))
    ends = np.quantile(slow, [0.025, 0.975])
    assert np.quantile(fast, [0.025, 0.975]) == pytest.approx(ends, abs=4 * np.sqrt(2) * 2.7 * sd / np.sqrt(resamples))


def test_jackknife_equals_leaving_out_each_unit():
    counts = simulated(40, np.random.default_rng(4))
    left_out = [
        krippendorff.alpha(
            value_counts=np.delete(counts, unit, axis=0), value_domain=DOMAIN, level_of_measurement="ordinal"
        )
        for unit in range(40)
    ]
    patterns = fold(counts)
    added = coincidences_by_pattern(patterns.counts)
    error = jackknife_error(added, patterns.units, scale=scale_of(DOMAIN, "ordinal"), level="ordinal")
    assert error == pytest.approx(np.sqrt(39 * np.var(left_out)), rel=1e-9)


def test_no_standard_error_when_one_unit_holds_all_the_variation():
    alpha = measure_alpha([[2, 0]] * 9 + [[1, 1]], level="nominal", domain=[0, 1], scope="s")
    assert alpha.value == pytest.approx(0)
    assert alpha.standard_error is None


def test_a_scope_always_shows_the_same_interval_and_another_scope_its_own():
    counts = simulated(60, np.random.default_rng(5))
    first, again, other = (
        measure_alpha(counts, level="ordinal", domain=DOMAIN, scope=scope) for scope in ("p1/v2", "p1/v2", "p1/v3")
    )
    assert first == again
    assert (first.low, first.high) != (other.low, other.high)
    assert first.value == other.value


def test_intervals_cover_the_long_run_value():
    generator = np.random.default_rng(6)
    truth = measure_alpha(simulated(40_000, generator), level="interval", domain=DOMAIN, scope="t", resamples=0).value
    samples = (simulated(100, generator) for _ in range(400))
    measured = [measure_alpha(s, level="interval", domain=DOMAIN, scope="c", resamples=400) for s in samples]
    covered = sum(alpha.low <= truth <= alpha.high for alpha in measured)
    assert 0.91 * 400 <= covered <= 0.98 * 400


def test_many_distinct_patterns_are_drawn_in_chunks():
    counts = np.random.default_rng(8).integers(0, 40, (9000, 5))
    alpha = measure_alpha(counts, level="nominal", domain=DOMAIN, scope="s", resamples=1000)
    assert alpha.low <= alpha.value <= alpha.high
    assert (alpha.high - alpha.low) / 3.92 == pytest.approx(alpha.standard_error, rel=0.1)
