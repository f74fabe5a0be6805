"""Targets of pairs: equal to the equations label by label, turned with the pair, blind to who the raters are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement.columns import columns_of
from annotation.agreement.errors import BadCounts
from annotation.agreement.targets import LEAST_WEIGHT, POOL_LABELS, targets_of, weight_of

LABELS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 4), st.integers(0, 2)), min_size=2, unique_by=lambda row: row[:2]
)


def columns(rows):
    return columns_of(*zip(*rows, strict=True), domain=[0, 1, 2])


def slow_coins(rows, gold, smoothing=1.0):
    """One-coin EM over the pairs and their mirror images as the equations stand, until nothing moves."""
    units, raters = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    values = [0, 1, 2] if any(v == 1 for *_, v in rows) or 1 in gold.values() else [0, 2]
    both = [(u, r, v, False) for u, r, v in rows] + [(u, r, 2 - v, True) for u, r, v in rows]
    known = {(u, False): k for u, k in gold.items()} | {(u, True): 2 - k for u, k in gold.items()}
    sides = [(u, turned) for turned in (False, True) for u in units]
    post = {}
    for u, turned in sides:
        said = [v for w, _, v, t in both if (w, t) == (u, turned)]
        post[u, turned] = {k: said.count(k) / len(said) for k in values}

    def fixed():
        for side, value in known.items():
            post[side] = {k: float(k == value) for k in values}

    fixed()
    before = None
    for _ in range(200):
        mix = {k: sum(post[side][k] for side in sides) / len(sides) for k in values}
        accuracy = {}
        for rater in raters:
            given = [(u, t, v) for u, r, v, t in both if r == rater]
            right = sum(post[u, t][v] for u, t, v in given)
            accuracy[rater] = (right + smoothing) / (len(given) + 2 * smoothing)
        seen = 0.0
        for u, turned in sides:
            joint = {}
            for k in values:
                joint[k] = mix[k]
                for w, r, v, t in both:
                    if (w, t) == (u, turned):
                        joint[k] *= accuracy[r] if v == k else (1 - accuracy[r]) / (len(values) - 1)
            whole = joint[known[u, turned]] if (u, turned) in known else sum(joint.values())
            seen += np.log(max(whole, 1e-300))
            post[u, turned] = {k: joint[k] / sum(joint.values()) for k in values}
        fixed()
        if before is not None and abs(seen - before) < 1e-5 * len(both):
            break
        before = seen
    posterior = np.array([[post[u, False].get(k, 0.0) for k in (0, 1, 2)] for u in units])
    return posterior, [accuracy[rater] for rater in raters], len(values)


@given(LABELS, st.lists(st.integers(-1, 2), min_size=8, max_size=8))
def test_equals_the_equations_label_by_label(rows, gold):
    labels = columns(rows)
    found = targets_of(labels, gold=np.array(gold)[labels.unit_names])
    if found.posterior is None:
        assert found.reason and np.allclose(found.reliable, found.shares)
        return
    units = [int(unit) for unit in labels.unit_names]
    posterior, accuracies, n_values = slow_coins(rows, {unit: gold[unit] for unit in units if gold[unit] >= 0})
    assert found.posterior == pytest.approx(posterior, abs=1e-9)
    assert [one.accuracy for one in found.reliabilities] == pytest.approx(accuracies, abs=1e-5)
    # Louis' missing information, a label at a time.
    worths = dict.fromkeys(labels.rater_names.tolist(), 0.0)
    for unit, rater, value in rows:
        p, a = posterior[units.index(unit)][value], accuracies[list(worths).index(rater)]
        worths[rater] += 1 - p * (1 - p) / (a * (1 - a))
    worths = {rater: max(0.0, worth) for rater, worth in worths.items()}
    assert [one.n_checked for one in found.reliabilities] == pytest.approx(list(worths.values()), abs=1e-4)
    pool = sum(w * a for w, a in zip(worths.values(), accuracies, strict=True)) / max(sum(worths.values()), 1e-9)
    for one, worth, accuracy in zip(found.reliabilities, worths.values(), accuracies, strict=True):
        if sum(worths.values()) > 1e-3:
            drawn = (worth * accuracy + POOL_LABELS * pool) / (worth + POOL_LABELS)
            assert one.weight == pytest.approx(weight_of(drawn, n_values=n_values), abs=1e-3)
    for row, unit in enumerate(units):
        said = [(value, found.reliabilities[list(worths).index(rater)].weight) for u, rater, value in rows if u == unit]
        whole = sum(weight for _, weight in said)
        by_hand = [sum(weight for value, weight in said if value == k) / whole for k in (0, 1, 2)]
        assert found.reliable[row] == pytest.approx(by_hand) and found.weights[row] == pytest.approx(whole)
        assert found.shares[row] == pytest.approx([sum(v == k for v, _ in said) / len(said) for k in (0, 1, 2)])


@given(LABELS, st.permutations(range(5)))
def test_who_the_raters_are_changes_nothing(rows, order):
    found = targets_of(columns(rows))
    renamed = targets_of(columns([(unit, order[rater], value) for unit, rater, value in rows]))
    assert renamed.reliable == pytest.approx(found.reliable, abs=1e-9)
    assert (renamed.posterior is None) == (found.posterior is None)
    if found.posterior is not None:
        assert renamed.posterior == pytest.approx(found.posterior, abs=1e-9)


@given(LABELS, st.sets(st.integers(0, 7)))
def test_turning_a_pair_round_turns_its_targets_round(rows, turned):
    """Which response is first is an accident of the import: no target may learn from it."""
    labels = columns(rows)
    found = targets_of(labels)
    other = targets_of(columns([(u, r, 2 - v if u in turned else v) for u, r, v in rows]))
    for row, unit in enumerate(labels.unit_names.tolist()):
        step = -1 if unit in turned else 1
        assert other.reliable[row] == pytest.approx(found.reliable[row][::step], abs=1e-9)
        if found.posterior is not None:
            assert other.posterior[row] == pytest.approx(found.posterior[row][::step], abs=1e-9)


def simulated(accuracies, n_units, seed, per_unit=3):
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 2, n_units) * 2
    rows = []
    for unit in range(n_units):
        for rater in draw.choice(len(accuracies), size=per_unit, replace=False):
            right = draw.random() < accuracies[rater]
            rows.append((unit, int(rater), int(truth[unit] if right else 2 - truth[unit])))
    return rows, truth


def test_the_posterior_is_right_more_often_than_the_majority_and_says_how_often():
    rows, truth = simulated([0.95, 0.95, 0.55, 0.55, 0.6], 1500, 4)
    found = targets_of(columns(rows))
    assert (found.posterior.argmax(axis=1) == truth).mean() > (found.majority == truth).mean() + 0.05
    sure = found.posterior.max(axis=1)
    # Calibrated: as often right as it says, within three standard errors.
    right = (found.posterior.argmax(axis=1) == truth).mean()
    assert sure.mean() == pytest.approx(right, abs=3 * (0.25 / 1500) ** 0.5)
    weights = [one.weight for one in found.reliabilities]
    assert min(weights[:2]) > 0.8 and max(weights[2:]) < 0.4
    assert found.model == "tables_and_coins" or found.model == "tables"


def test_intervals_of_reliability_cover_the_truth():
    accuracies, covered, asked = [0.9, 0.8, 0.7, 0.85, 0.75, 0.65], 0, 0
    for seed in range(40):
        rows, _ = simulated(accuracies, 150, seed)
        for accuracy, one in zip(accuracies, targets_of(columns(rows)).reliabilities, strict=True):
            covered += one.low <= accuracy <= one.high
            asked += 1
    assert 0.90 <= covered / asked <= 0.995


def test_gold_is_a_fixed_posterior_and_tells_of_raters_whom_nobody_else_checks():
    rows = [(unit, unit % 2, 0) for unit in range(400)]  # one rater each: 0 is always right, 1 always wrong
    gold = np.array([0 if unit % 2 == 0 else 2 for unit in range(200)] + [-1] * 200)
    found = targets_of(columns(rows), gold=gold)
    assert found.posterior[:200].argmax(axis=1).tolist() == gold[:200].tolist() and found.posterior[:200].max() == 1
    good, bad = found.reliabilities
    assert (good.weight, bad.weight) == (pytest.approx(0.9, abs=0.1), LEAST_WEIGHT)
    assert good.n_checked == pytest.approx(100, abs=1) and good.n_labels == 200
    alone = targets_of(columns(rows))
    assert alone.posterior is None and alone.reason and [one.weight for one in alone.reliabilities] == [1, 1]
    assert alone.reliabilities[0].low is None


def test_no_tie_ever_said_is_no_tie_ever_expected():
    rows, _ = simulated([0.8, 0.8, 0.8], 60, 1)
    assert targets_of(columns(rows)).posterior[:, 1].max() == 0
    assert targets_of(columns([*rows, (60, 0, 1), (60, 1, 1)])).posterior[60].argmax() == 1


def test_what_is_no_pair_is_refused():
    with pytest.raises(BadCounts):
        targets_of(columns_of([0], [0], [0], domain=[0, 1]))
    with pytest.raises(BadCounts):
        targets_of(columns([(0, 0, 0), (0, 1, 0)]), information=[1.0, 1.0])
