"""At which of their items a rater is given one with a known answer, or one they have seen."""

from itertools import combinations, groupby

from hypothesis import given
from hypothesis import strategies as st

from annotation.models import Task
from annotation.queueing.lane_order import turn_at, turns_to_come

GOLD, WORK, REPEAT = Task.Lane.GOLD, Task.Lane.WORK, Task.Lane.REPEAT
keys = st.integers(1, 10**6)
gold_rates = st.integers(1, 50)
repeat_rates = st.integers(0, 20)


def _first(count: int, **of: int) -> list[Task.Lane]:
    return [turn_at(n=n, **of) for n in range(1, count + 1)]


@given(project=keys, rater=keys, gold_rate=gold_rates, repeat_rate=repeat_rates)
def test_five_of_the_first_ten_are_gold_and_none_is_a_repeat(**of):
    lanes = _first(10, **of)
    assert (lanes.count(GOLD), lanes.count(REPEAT)) == (5, 0)


@given(project=keys, rater=keys, gold_rate=gold_rates, repeat_rate=repeat_rates, blocks=st.integers(1, 30))
def test_after_them_the_quota_is_exact_at_the_end_of_every_block(blocks, **of):
    lanes = _first(10 + 20 * blocks, **of)[10:]
    assert lanes.count(GOLD) == 20 * blocks * of["gold_rate"] // 100
    assert lanes.count(REPEAT) == 20 * blocks * of["repeat_rate"] // 100


@given(project=keys, rater=keys, gold_rate=gold_rates, repeat_rate=repeat_rates)
def test_never_more_than_two_golds_in_a_row(**of):
    runs = [len(list(run)) for lane, run in groupby(_first(210, **of)) if lane == GOLD]
    assert max(runs) <= 2


@given(project=keys, rater=keys, gold_rate=st.integers(0, 50), repeat_rate=st.integers(1, 20))
def test_no_repeat_before_something_lies_fifteen_items_back(**of):
    assert REPEAT not in _first(16, **of)


@given(project=keys, rater=keys)
def test_without_rates_everything_is_work(project, rater):
    assert set(_first(60, project=project, rater=rater, gold_rate=0, repeat_rate=0)) == {WORK}


def test_where_the_golds_are_differs_from_rater_to_rater():
    of = {"project": 1, "gold_rate": 10, "repeat_rate": 0}
    orders = {tuple(_first(30, rater=rater, **of)) for rater in range(1, 41)}
    assert len(orders) > 35
    places = [sum(turn_at(rater=rater, n=n, **of) == GOLD for rater in range(1, 401)) for n in range(1, 11)]
    # Five of ten seats: before the first, two between each two others, after the last. Five deviations leave no room
    # for chance, whatever the key.
    seats = list(combinations([0, 1, 1, 2, 2, 3, 3, 4, 4, 5], 5))
    rows = [[before.count(0) * "g"] + ["w" + before.count(gap) * "g" for gap in range(1, 6)] for before in seats]
    for place, found in enumerate(places):
        share = sum("".join(row)[place] == "g" for row in rows) / len(rows)
        assert abs(found - 400 * share) < 5 * (400 * share * (1 - share)) ** 0.5


@given(
    project=keys,
    rater=keys,
    n=st.integers(1, 100),
    work=st.integers(0, 80),
    gold_rate=st.integers(0, 50),
    repeat_rate=repeat_rates,
)
def test_what_is_to_come_beside_the_work_is_counted_to_its_last_item(n, work, **of):
    lanes, others = [], 0
    while lanes.count(WORK) < work:
        lanes.append(turn_at(n=n + len(lanes), **of))
        others += lanes[-1] != WORK
    assert turns_to_come(n=n, work=work, **of) == others
