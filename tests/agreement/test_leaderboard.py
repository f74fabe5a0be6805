"""The board from counts equals the comparisons one by one; groups apart, never NaN, and the n that would tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement.davidson import davidson
from annotation.agreement.errors import BadComparisons
from annotation.agreement.leaderboard import board_of, to_separate
from annotation.agreement.paired import clustered_comparisons, pair_cells

ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2), st.integers(0, 6), st.integers(1, 4)).filter(
        lambda row: row[0] != row[1]
    ),
    max_size=25,
)


def board(rows, n_items=6):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 5)
    return board_of(*columns.T, n_items=n_items)


def linked(rows, n_items=6):
    """Groups by walking from each item, the slow way."""
    left, groups = set(range(n_items)), []
    while left:
        group = {min(left)}
        while more := {b for a, b in ((r[0], r[1]) for r in rows) if a in group and b not in group} | {
            a for a, b in ((r[0], r[1]) for r in rows) if b in group and a not in group
        }:
            group |= more
        groups.append(sorted(group))
        left -= group
    return groups


@given(ROWS)
def test_nothing_is_ever_not_a_number(rows):
    found = board(rows)
    assert sorted(sorted(group.items) for group in found.groups) == sorted(linked(rows))
    for group in found.groups:
        assert bool(group.standings) != bool(group.reason)
        values = [one.strength for one in group.standings]
        assert values == sorted(values, reverse=True) and sum(values) == pytest.approx(0, abs=1e-6)
        for one in group.standings:
            figures = (one.strength, one.low, one.high)
            assert np.isfinite(figures).all() and one.low <= one.strength <= one.high
            assert 1 <= one.best <= one.worst <= len(group.items)
            assert one.n == sum(row[4] for row in rows if one.item in row[:2])
    assert found.met.sum() == 2 * sum(row[4] for row in rows)
    assert found.earned.sum() == pytest.approx(sum(row[4] for row in rows))


@given(ROWS)
def test_counted_rows_are_the_comparisons_one_by_one(rows):
    one_by_one = [(*row[:4], 1) for row in rows for _ in range(row[4])]
    counted, spelled = board(rows), board(one_by_one)
    for group, other in zip(counted.groups, spelled.groups, strict=True):
        assert group.items == other.items and group.reason == other.reason
        for one, same in zip(group.standings, other.standings, strict=True):
            assert (one.strength, one.low, one.high) == pytest.approx((same.strength, same.low, same.high), abs=1e-6)


def simulated(n, seed, strengths, nu=0.7):
    draw = np.random.default_rng(seed)
    rows = []
    for prompt in range(n):
        i, j = draw.choice(len(strengths), size=2, replace=False)
        weights = np.exp([strengths[i] / 2 - strengths[j] / 2, 0, strengths[j] / 2 - strengths[i] / 2]) * [1, nu, 1]
        rows.append((i, j, draw.choice(3, p=weights / weights.sum()), prompt // 2, 1))
    return rows


def test_one_group_is_davidsons_model_with_clustered_errors():
    rows = simulated(600, 3, [1.0, 0.3, 0.0, -0.6])
    [group] = board(rows, n_items=4).groups
    columns = np.array(rows).T
    direct = davidson(pair_cells(*columns[:3], n_items=4), clustered=clustered_comparisons(*columns[:4], n_items=4))
    for one in group.standings:
        assert one.strength == pytest.approx(direct.values[one.item])
        assert one.high - one.strength == pytest.approx(1.959964 * direct.standard_errors[one.item], rel=1e-5)
    assert group.tie == pytest.approx(direct.tie) and group.n_clusters == 300
    assert [one.item for one in group.standings] == [0, 1, 2, 3]


def test_groups_that_never_met_have_boards_of_their_own():
    rows = [(0, 1, 0, 1, 5), (0, 1, 2, 2, 3), (2, 3, 0, 3, 4), (3, 2, 0, 4, 4), (2, 3, 1, 5, 1)]
    first, second, alone = board(rows, n_items=5).groups
    assert (sorted(first.items), sorted(second.items), alone.items) == ([0, 1], [2, 3], (4,))
    assert first.standings and second.standings and "not compared" in alone.reason
    assert sum(one.strength for one in first.standings) == pytest.approx(0)


@pytest.mark.parametrize(
    ("rows", "words"),
    [([(0, 1, 0, 1, 9)], "one cluster"), ([(0, 1, 1, 1, 4), (0, 1, 1, 2, 4)], "every comparison was a tie")],
)
def test_what_gives_no_strengths_says_why(rows, words):
    [group] = board(rows, n_items=2).groups
    assert group.standings == () and words in group.reason


def test_who_only_ever_won_is_kept_finite_and_said_so():
    [group] = board([(0, 1, 0, 1, 6), (0, 1, 0, 2, 6)], n_items=2).groups
    assert "only ever won" in group.caution and len(group.standings) == 2


def test_so_many_more_comparisons_do_tell_two_apart():
    """Adding that many comparisons with the shares the model expects brings the difference just out of the interval."""
    rows = simulated(160, 8, [0.25, 0.0, -1.5])
    columns = np.array(rows).T
    before = davidson(pair_cells(*columns[:3], n_items=3))
    order = np.argsort(-before.values)
    first, second = int(order[0]), int(order[1])
    needed = to_separate(before, first, second)
    assert needed and needed > 20
    gap = before.values[first] - before.values[second]
    weights = np.array([np.exp(gap / 2), before.tie, np.exp(-gap / 2)])

    def apart(n):
        cells = pair_cells(*columns[:3], n_items=3)
        cells[first, second] += np.round(n * weights / weights.sum()).astype(np.int64)
        return to_separate(davidson(cells), first, second)

    assert apart(round(1.1 * needed)) == 0
    assert apart(round(0.8 * needed)) > 0


def test_twins_would_take_for_ever():
    [group] = board([(0, 1, 0, n, 5) for n in range(4)] + [(0, 1, 2, n, 5) for n in range(4)], n_items=2).groups
    assert [one.to_separate for one in group.standings] == [None, None]
    assert "too narrow" in group.caution


def test_what_is_no_count_is_refused():
    with pytest.raises(BadComparisons):
        board([(0, 1, 0, 0, 0)])
    with pytest.raises(BadComparisons):
        board([(0, 0, 0, 0, 1)])
