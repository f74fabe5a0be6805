"""Geometry of line charts: everything drawn lies in the plot, a gap stays a gap, nothing is NaN."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.axes import nice_ticks
from training.charts import Chart, line_chart
from training.points import Point, Series, segments, smoothed, without_replaced

ANY_VALUE = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.floats(-1e9, 1e9))
RUN = st.lists(st.tuples(ANY_VALUE, st.integers(1, 3)), min_size=1, max_size=60)


def chart(points: list[Point], **more: object) -> Chart:
    given = {"key": "k", "title": "Loss", "note": "", "unit": "nats", "x_max": 100, "series": [Series("loss", points)]}
    return line_chart(**{**given, **more})  # type: ignore[arg-type]


def rising(steps: range, epoch: int = 1) -> list[Point]:
    return [Point(step, float(step), epoch) for step in steps]


def places(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]


@given(RUN, st.sampled_from([1, 9]), st.booleans())
def test_every_place_lies_in_the_plot(values: list[tuple[float | None, int]], window: int, from_zero: bool) -> None:
    points = [Point(step, value, epoch) for step, (value, epoch) in enumerate(values, start=1)]
    drawn = chart(points, window=window, from_zero=from_zero)
    for line in drawn.lines:
        assert "nan" not in line.path and "inf" not in line.path
        assert all(-0.1 <= x <= 1000.1 and -0.1 <= y <= 1000.1 for x, y in places(line.path + " " + line.faint))
        assert 0 <= line.x <= 100 and -0.01 <= line.y <= 100.01 and -0.01 <= line.label_y <= 100.01
    for gap in drawn.gaps:
        assert gap.width > 0 and gap.x >= 0 and gap.x + gap.width <= 100.001
    assert all(-0.001 <= tick.at <= 100.001 for tick in [*drawn.x_ticks, *drawn.y_ticks])


def test_places_follow_step_and_value() -> None:
    line = chart([Point(0, 0.0), Point(50, 5.0), Point(100, 10.0)]).lines[0]
    assert places(line.path) == [(0, 1000), (500, 500), (1000, 0)]


def test_a_resume_breaks_the_line_and_is_marked() -> None:
    drawn = chart(rising(range(1, 41), 1) + rising(range(41, 81), 2))
    assert drawn.lines[0].path.count("M") == 2
    assert [gap.text for gap in drawn.gaps] == ["resumed from 40"]
    assert drawn.gaps[0].x < 40.5 < drawn.gaps[0].x + drawn.gaps[0].width


@pytest.mark.parametrize("missing", [None, float("nan"), float("inf")])
def test_a_missing_value_breaks_the_line(missing: float | None) -> None:
    points = [*rising(range(1, 5)), Point(5, missing, 1), *rising(range(6, 9))]
    drawn = chart(points)
    assert drawn.lines[0].path.count("M") == 2
    assert drawn.gaps == []
    assert dict(drawn.rows)["5"] == ["–"]


def test_what_a_resume_threw_away_is_not_drawn() -> None:
    """The first start reached 30, was resumed from 20 and has come to 25: 26 to 30 no longer count."""
    rows = rising(range(1, 21), 1) + rising(range(21, 26), 2) + rising(range(26, 31), 1)
    assert [p.step for p in without_replaced(rows)] == list(range(1, 26))


def test_smoothing_does_not_reach_across_a_gap() -> None:
    points = [Point(1, 0.0, 1), Point(2, 0.0, 1), Point(3, 10.0, 2), Point(4, 10.0, 2)]
    assert [p.value for p in smoothed(points, 4)] == [0.0, 0.0, 10.0, 10.0]


def test_a_chart_without_values_says_when_they_come() -> None:
    drawn = chart([Point(1, None), Point(2, float("nan"))])
    assert drawn.lines == [] and "first step" in drawn.empty


def test_one_point_is_drawn() -> None:
    drawn = chart([Point(3, 1.0)])
    assert len(places(drawn.lines[0].path)) == 2
    assert "0 to" not in drawn.lines[0].path


def test_a_constant_has_room_above_and_below() -> None:
    line = chart([Point(1, 7.0), Point(2, 7.0)]).lines[0]
    assert 0 < line.y < 100


def test_two_labels_that_end_together_go_apart() -> None:
    drawn = line_chart(
        key="k",
        title="Reward",
        note="",
        unit="reward",
        x_max=100,
        series=[Series("a", rising(range(1, 101))), Series("b", [Point(s, s - 1.0, 1) for s in range(1, 101)])],
    )
    above, below = drawn.lines
    assert above.dy < 0 < below.dy


def test_the_summary_tells_first_and_last() -> None:
    assert chart(rising(range(1, 81))).summary == "Loss, nats. loss goes from 1 at step 1 to 80 at step 80."


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_ticks_enclose_the_values(low: float, span: float) -> None:
    ticks = nice_ticks(low, low + span)
    slack = 1e-6 * max(1.0, abs(low), span)
    assert ticks[0] <= low + slack and ticks[-1] >= low + span - slack
    assert 2 <= len(ticks) <= 8 and ticks == sorted(set(ticks))


def test_segments_hold_every_drawable_point_once() -> None:
    points = [Point(1, 1.0, 1), Point(2, None, 1), Point(3, 2.0, 1), Point(4, 3.0, 2)]
    assert [[p.step for p in segment] for segment in segments(points)] == [[1], [3], [4]]
