"""Dawid and Skene's anaesthetists as published, slow loops beside the fast sums, gold, and undefined as a value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement.columns import Columns, columns_of
from annotation.agreement.dawid_skene import dawid_skene, has_own_table, one_coin
from annotation.agreement.errors import BadGold

LABELS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 3), st.integers(0, 2)), min_size=4, unique_by=lambda row: row[:2]
)


@pytest.fixture
def anaesthetists(reference):
    """Observer 1 saw every patient three times, so the columns hold repeats, as in the paper."""
    table = reference("dawid_skene_1979")
    rows = np.array(table["data"]["rows_patients"])
    patients, observers = np.repeat(np.arange(45), 7), np.tile([0, 0, 0, 1, 2, 3, 4], 45)
    labels = Columns(patients, observers, rows.reshape(-1) - 1, np.arange(45), np.arange(5), 4)
    return labels, table


def test_dawid_and_skene_1979(anaesthetists):
    labels, table = anaesthetists
    found = dawid_skene(labels, smoothing=0, tolerance=1e-12, max_steps=500)
    computed = table["computed_here"]
    assert found.mix == pytest.approx(np.array(table["expected_published"]["class_marginals"]), abs=table["tolerance"])
    assert found.mix == pytest.approx(np.array(computed["class_marginals"]), abs=5e-5)
    for observer, name in enumerate(["obs1_confusion_rows_true", "obs2", "obs3", "obs4", "obs5"]):
        assert found.confusions[observer] == pytest.approx(np.array(computed[name]), abs=6e-4), name
    assert (found.values + 1).tolist() == computed["map_class"]
    for patient, posterior in computed["uncertain"].items():
        assert found.posteriors[int(patient) - 1] == pytest.approx(np.array(posterior), abs=6e-4)
    assert found.converged


def slow_em(rows, n_values, gold, smoothing, steps, coin):
    """The equations as they stand in the paper, one label at a time."""
    units, raters = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    post = {}
    for unit in units:
        votes = [sum(u == unit and v == k for u, _, v in rows) for k in range(n_values)]
        post[unit] = [vote / sum(votes) for vote in votes]
    for _ in range(steps):
        for unit, known in zip(units, gold, strict=False):
            if known >= 0:
                post[unit] = [float(k == known) for k in range(n_values)]
        mix = [sum(post[unit][k] for unit in units) / len(units) for k in range(n_values)]
        tables = {}
        for rater in raters:
            n = [
                [sum(post[u][k] for u, r, v in rows if (r, v) == (rater, said)) for said in range(n_values)]
                for k in range(n_values)
            ]
            if coin:
                right = sum(n[k][k] for k in range(n_values)) + smoothing
                p = right / (sum(map(sum, n)) + 2 * smoothing)
                tables[rater] = [
                    [p if k == s else (1 - p) / (n_values - 1) for s in range(n_values)] for k in range(n_values)
                ]
            else:
                tables[rater] = [[(cell + smoothing) / (sum(row) + n_values * smoothing) for cell in row] for row in n]
        for unit in units:
            joint = [mix[k] * np.prod([tables[r][k][v] for u, r, v in rows if u == unit]) for k in range(n_values)]
            post[unit] = [share / sum(joint) for share in joint]
    for unit, known in zip(units, gold, strict=False):
        if known >= 0:
            post[unit] = [float(k == known) for k in range(n_values)]
    return np.array([post[unit] for unit in units]), np.array(mix), np.array([tables[rater] for rater in raters])


@given(LABELS, st.lists(st.integers(-1, 2), min_size=7, max_size=7), st.booleans())
def test_equals_the_equations_label_by_label(rows, gold, coin):
    labels = columns_of(*zip(*rows, strict=True), domain=[0, 1, 2])
    gold = np.array(gold)[: len(labels.unit_names)]
    found = (one_coin if coin else dawid_skene)(labels, gold=gold, smoothing=0.5, tolerance=0, max_steps=4)
    if found.posteriors is None:
        assert found.reason
        return
    posteriors, mix, confusions = slow_em(rows, 3, gold, 0.5, found.n_steps, coin)
    assert found.posteriors == pytest.approx(posteriors, abs=1e-9)
    assert found.mix == pytest.approx(mix, abs=1e-9)
    assert found.confusions == pytest.approx(confusions, abs=1e-9)


@given(LABELS, st.booleans(), st.sampled_from([0.0, 0.01, 1.0]))
def test_every_number_is_a_probability(rows, coin, smoothing):
    labels = columns_of(*zip(*rows, strict=True), domain=[0, 1, 2])
    found = (one_coin if coin else dawid_skene)(labels, smoothing=smoothing)
    if found.posteriors is not None:
        assert np.isfinite(found.log_likelihood)
        assert found.posteriors.sum(axis=1) == pytest.approx(np.ones(len(labels.unit_names)))
        assert found.confusions.sum(axis=2) == pytest.approx(np.ones((len(labels.rater_names), 3)))
        assert ((found.accuracies >= 0) & (found.accuracies <= 1 + 1e-12)).all()


@given(LABELS)
def test_em_never_makes_the_labels_less_likely(rows):
    labels = columns_of(*zip(*rows, strict=True), domain=[0, 1, 2])
    seen = [dawid_skene(labels, smoothing=0, tolerance=0, max_steps=steps).log_likelihood for steps in range(1, 8)]
    if seen[0] is not None:
        assert (np.diff(seen) >= -1e-9).all()


def crowd(generator, n_units=400, n_raters=20, overlap=5):
    """Labels 0 to 2 of a crowd where one in three answers by lot and one always errs the same way."""
    truth = generator.choice(3, n_units, p=[0.5, 0.3, 0.2])
    units = np.repeat(np.arange(n_units), overlap)
    raters = generator.permuted(np.tile(np.arange(n_raters), (n_units, 1)), axis=1)[:, :overlap].reshape(-1)
    right = np.where(raters % 3 == 0, 0.0, 0.8)
    values = np.where(generator.random(len(units)) < right, truth[units], generator.integers(0, 3, len(units)))
    values = np.where(raters == 1, (truth[units] + 1) % 3, values)
    return truth, columns_of(units, raters, values, domain=[0, 1, 2])


def test_beats_the_majority_and_tells_who_errs():
    truth, labels = crowd(np.random.default_rng(4))
    found = dawid_skene(labels)
    majority = labels.counts.argmax(axis=1)
    assert (found.values == truth).mean() > (majority == truth).mean() + 0.05
    assert found.accuracies[np.arange(20) % 3 == 0].max() < found.accuracies[[2, 4, 5, 7, 8]].min()
    # The one who always errs the same way is as good as right, once known.
    assert found.accuracies[1] < 0.1
    assert found.confusions[1, 0, 1] > 0.9


def test_gold_is_never_changed_and_teaches_who_errs():
    truth, labels = crowd(np.random.default_rng(6))
    liars = columns_of(labels.units, labels.raters, (labels.values + 1) % 3, domain=[0, 1, 2])
    gold = np.where(np.arange(400) < 80, truth, -1)
    found = dawid_skene(liars, gold=gold)
    assert (found.values[:80] == truth[:80]).all()
    assert (found.values[80:] == truth[80:]).mean() > 0.85
    # Without gold nothing says that everybody errs alike.
    assert (dawid_skene(liars).values == truth).mean() < 0.2


def test_one_coin_is_for_raters_with_few_labels():
    labels = columns_of([*range(90), 0], ["ada"] * 90 + ["bo"], [0, 1, 2] * 30 + [0], domain=[0, 1, 2])
    assert has_own_table(labels).tolist() == [True, False]
    truth, labels = crowd(np.random.default_rng(9), n_units=60, n_raters=40)
    assert (one_coin(labels).values == truth).mean() >= (labels.counts.argmax(axis=1) == truth).mean()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "there are no labels"),
        ([(0, 0, 1), (1, 0, 0)], "one rater labelled everything"),
        ([(0, 0, 1), (1, 1, 0)], "no unit has labels from two raters"),
        ([(0, 0, 1), (0, 1, 1)], "all 2 labels are the same"),
    ],
)
def test_undefined_says_why(rows, words):
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    for fit in (dawid_skene, one_coin):
        found = fit(columns_of(*columns, domain=[0, 1]))
        assert (found.posteriors, found.mix, found.log_likelihood, len(found.values)) == (None, None, None, 0)
        assert words in found.reason


def test_gold_makes_one_rater_enough_and_must_be_in_the_domain():
    labels = columns_of([0, 1, 2], [0, 0, 0], [0, 1, 1], domain=[0, 1])
    assert dawid_skene(labels, gold=[0, 1, -1]).values.tolist() == [0, 1, 1]
    for gold in ([0, 1], [0, 2, -1], [0.5, 0, 0], [-2, 0, 0]):
        with pytest.raises(BadGold):
            dawid_skene(labels, gold=gold)
