"""The interval over units: the same spread as resampling units one by one, still for a scope, and covering."""

import krippendorff
import numpy as np
import pytest
from scipy.stats import kurtosis, norm
from scipy.stats import t as student

from annotation.agreement.alpha import measure_alpha
from annotation.agreement.coincidence import coincidences_by_pattern, scale_of
from annotation.agreement.errors import BadCounts
from annotation.agreement.patterns import fold
from annotation.agreement.resampling import bootstrap_alphas, jackknife, seed_of
from annotation.agreement.sufficiency import why_insufficient

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
    found = jackknife(added, patterns.units, scale=scale_of(DOMAIN, "ordinal"), level="ordinal")
    assert found.error == pytest.approx(np.sqrt(39 * np.var(left_out)), rel=1e-9)
    assert found.degrees == min(39, int(80 / (kurtosis(left_out, fisher=False) - 1)))


def test_where_few_units_hold_the_variation_the_interval_is_wider():
    """Nine in ten units agree on the middle: the percentiles that t asks for lie further out than 2.5 and 97.5 %."""
    counts = np.array([[0, 0, 3, 0, 0]] * 90 + [[1, 0, 2, 0, 0]] * 6 + [[0, 0, 0, 0, 3]] * 4)
    patterns, scale = fold(counts), scale_of(DOMAIN, "interval")
    added = coincidences_by_pattern(patterns.counts)
    found = jackknife(added, patterns.units, scale=scale, level="interval")
    assert 2 <= found.degrees < 20
    drawn = bootstrap_alphas(added, patterns.units, scale=scale, level="interval", resamples=1000, seed=seed_of("s"))
    alpha = measure_alpha(counts, level="interval", domain=DOMAIN, scope="s")
    tail = norm.cdf(-student.ppf(0.975, found.degrees) * np.sqrt(100 / 99))
    assert (alpha.low, alpha.high) == pytest.approx(np.quantile(drawn, [tail, 1 - tail]), abs=1e-9)
    plain = np.quantile(drawn, [0.025, 0.975])
    assert alpha.low < plain[0] and plain[1] < alpha.high


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


def skewed(n_units, generator):
    """Counts of three labels per unit; 90 % of the answers are the middle one, as flags and grades often are."""
    mix = [0.025, 0.025, 0.9, 0.025, 0.025]
    truth, slips = generator.choice(5, n_units, p=mix), generator.choice(5, (n_units, 3), p=mix)
    labels = np.where(generator.random((n_units, 3)) < 0.7, truth[:, None], slips)
    return (labels[:, :, None] == np.arange(5)).sum(axis=1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("simulate", "n_units", "level"),
    [
        *((simulated, 100, level) for level in ("nominal", "ordinal", "interval")),
        *((skewed, 100, level) for level in ("nominal", "ordinal", "interval")),
        (skewed, 150, "interval"),
        *((skewed, 300, level) for level in ("nominal", "ordinal", "interval")),
    ],
)
def test_intervals_cover_the_long_run_value(simulate, n_units, level):
    """3,000 sufficient samples of each kind: from 100 units, 93 to 97 of 100 intervals at 95 % hold the true value."""
    generator = np.random.default_rng([n_units, len(level)])
    truth = measure_alpha(simulate(200_000, generator), level=level, domain=DOMAIN, scope="t", resamples=0).value
    covered, sufficient = 0, 0
    while sufficient < 3000:
        counts = simulate(n_units, generator)
        if why_insufficient(n_units, counts.sum(axis=0).astype(float)):
            continue
        alpha = measure_alpha(counts, level=level, domain=DOMAIN, scope=str(sufficient), resamples=400)
        covered += alpha.low <= truth <= alpha.high
        sufficient += 1
    assert 2790 <= covered <= 2910


def pairs_of_rankings(n_prompts, generator):
    """Counts (pairs, 2) of two raters who rank the same five answers, and the prompt of each of its ten pairs."""
    quality = generator.normal(size=(n_prompts, 1, 5))
    seen = quality + generator.normal(0, 1, (n_prompts, 2, 5))
    first, second = np.triu_indices(5, k=1)
    wins = (seen[:, :, first] > seen[:, :, second]).sum(axis=1).reshape(-1)
    return np.stack([wins, 2 - wins], axis=1), np.repeat(np.arange(n_prompts), 10)


@pytest.mark.slow
def test_pairs_of_a_ranking_need_their_prompts_as_clusters():
    """Sixty prompts, 500 samples: taken as independent pairs the interval is far too narrow."""
    generator, options = np.random.default_rng(17), {"level": "nominal", "domain": [0, 1], "resamples": 400}
    counts, prompts = pairs_of_rankings(30_000, generator)
    truth = measure_alpha(counts, scope="t", **(options | {"resamples": 0})).value
    apart, together = 0, 0
    for sample in range(500):
        counts, prompts = pairs_of_rankings(60, generator)
        clustered = measure_alpha(counts, clusters=prompts, scope=str(sample), **options)
        plain = measure_alpha(counts, scope=str(sample), **options)
        together += clustered.low <= truth <= clustered.high
        apart += plain.low <= truth <= plain.high
    assert 0.93 <= together / 500 <= 0.97
    assert apart / 500 < 0.90


def test_clusters_of_one_unit_are_units_and_copies_of_a_unit_add_nothing():
    counts = simulated(200, np.random.default_rng(12))
    options = {"level": "ordinal", "domain": DOMAIN, "scope": "s", "resamples": 4000}
    plain, single = (measure_alpha(counts, clusters=clusters, **options) for clusters in (None, np.arange(200)))
    assert single.standard_error == pytest.approx(plain.standard_error, rel=1e-9)
    assert (single.low, single.high) == pytest.approx((plain.low, plain.high), abs=0.01)
    assert (plain.n_clusters, single.n_clusters) == (None, 200)
    copied = measure_alpha(np.repeat(counts, 5, axis=0), clusters=np.repeat(np.arange(200), 5), **options)
    assert copied.standard_error == pytest.approx(plain.standard_error, rel=0.02)


def test_few_clusters_are_not_enough_and_every_unit_needs_its_own():
    counts = simulated(200, np.random.default_rng(13))
    options = {"level": "ordinal", "domain": DOMAIN, "scope": "s", "resamples": 10}
    found = measure_alpha(counts, clusters=np.arange(200) % 29, **options)
    assert not found.sufficient
    assert "29 of the 30 clusters needed" in found.insufficiency
    assert measure_alpha(counts, clusters=np.arange(200) % 30, **options).sufficient
    with pytest.raises(BadCounts):
        measure_alpha(counts, clusters=np.arange(199), **options)


def test_many_distinct_patterns_are_drawn_in_chunks():
    counts = np.random.default_rng(8).integers(0, 40, (9000, 5))
    alpha = measure_alpha(counts, level="nominal", domain=DOMAIN, scope="s", resamples=1000)
    assert alpha.low <= alpha.value <= alpha.high
    assert (alpha.high - alpha.low) / 3.92 == pytest.approx(alpha.standard_error, rel=0.1)
