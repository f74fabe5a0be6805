"""The rows of the loop: the simulated ones are the same every time, the recorded ones are whole."""

import pytest

from demo.rows import RATERS, real_rows, simulated_rows
from tests.conftest import REAL_DATA


def test_simulated_rows_are_the_same_every_time_and_complete() -> None:
    rows, again = simulated_rows(), simulated_rows()
    assert rows == again
    items = {row["id"] for row in rows.comparisons}
    assert len(items) == len(rows.comparisons) > 60
    assert all(set(rows.labels[rater]) == items for rater in RATERS)
    assert not {row["source"] for row in rows.comparisons} & {row["source"] for row in rows.history_comparisons}
    assert {label for given in rows.labels.values() for label in given.values()} == {"a", "b", "tie"}


def test_simulated_raters_mostly_prefer_the_better_answer() -> None:
    worth = {"thorough": 3, "short": 2, "padded": 1, "wrong": 0}
    rows = simulated_rows()
    better = {
        row["id"]: "a" if worth[row["responses"][0]["model"]] > worth[row["responses"][1]["model"]] else "b"
        for row in rows.comparisons
    }
    shares = [sum(rows.labels[rater][item] == side for item, side in better.items()) / len(better) for rater in RATERS]
    assert shares[0] > shares[2] > 0.7


def test_shortening_keeps_only_the_judgments_of_the_items_that_stay() -> None:
    rows = simulated_rows().shortened(items=5, history=7, rankings=3, demonstrations=2, prompts=1)
    assert {row["item"] for row in rows.history_judgments} == {row["id"] for row in rows.history_comparisons}
    assert all(len(given) == 5 for given in rows.labels.values())
    assert (len(rows.ranking_judgments), len(rows.demonstrations), len(rows.prompts)) == (3, 2, 1)


@pytest.mark.real_data
def test_recorded_rows_are_whole() -> None:
    rows = real_rows(data=REAL_DATA)
    assert len(rows.comparisons) == 999
    assert sum(len(given) for given in rows.labels.values()) == 2997
    assert (len(rows.history_comparisons), len(rows.history_judgments)) == (4721, 23550)
    assert (len(rows.ranking_comparisons), len(rows.demonstrations)) == (132, 153)
