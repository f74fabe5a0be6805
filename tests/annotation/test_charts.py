"""How numbers are written and drawn: true minus signs, nothing outside its axis, no inline style."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.templatetags.charts import (
    axis_labels,
    coefficient,
    coefficient_span,
    dot_and_whisker,
    duration,
    percent,
    progress_strip,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.64, ".64"), (-0.126, "−.13"), (1.0, "1.00"), (0.0, ".00"), (-0.001, ".00"), (None, "–"), (0.996, "1.00")],
)
def test_a_coefficient_is_written_as_coefficients_are(value: float | None, text: str) -> None:
    assert coefficient(value) == text


def test_an_interval_below_zero_keeps_its_signs_apart() -> None:
    assert coefficient_span(0.52, 0.73) == ".52–.73"
    assert coefficient_span(-0.01, 0.02) == "−.01 to .02"


def test_shares_and_durations() -> None:
    assert percent(0.7841) == "78.4 %"
    assert [duration(ms) for ms in (42_000, 144_000, 6_060_000, None)] == ["42 s", "2.4 min", "1 h 41", "–"]


@given(value=st.floats(-1, 1), low=st.floats(-1, 1), high=st.floats(-1, 1), start=st.sampled_from([-1.0, -0.4, 0.0]))
def test_every_mark_lies_on_its_axis(value: float, low: float, high: float, start: float) -> None:
    drawn = dot_and_whisker(value, low, high, start, 1.0)
    assert all(0 <= float(place) <= 100 for place in re.findall(r'(?:x1|x2|cx)="([-\d.]+)', drawn))
    assert "style" not in drawn


@given(done=st.integers(0, 50), leased=st.integers(0, 50), total=st.integers(0, 100))
def test_a_bar_is_never_longer_than_its_track(done: int, leased: int, total: int) -> None:
    first, second = (
        float(width)
        for width in re.findall(r'class="bar2?"[^>]*width="([\d.]+)%"', progress_strip(done, leased, total))
    )
    assert first + second <= 100.01


def test_too_few_items_are_drawn_hollow() -> None:
    assert "lown" in dot_and_whisker(0.5, None, None, 0, 1, True)
    assert "lown" not in dot_and_whisker(0.5, None, None, 0, 1, False)


def test_an_axis_below_zero_marks_chance() -> None:
    assert ">0<" in axis_labels(-0.4, 1)
    assert "−.4" in axis_labels(-0.4, 1)
