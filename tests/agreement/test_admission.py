"""Gold, withdrawn labels and a rater's own repeats stay out of agreement, are counted, and nothing else is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.agreement.admission import admit, self_consistency
from annotation.agreement.alpha import measure_alpha
from annotation.agreement.columns import columns_of
from annotation.agreement.errors import BadCounts, RepeatedLabel
from annotation.agreement.patterns import count_labels

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans(), st.booleans()), max_size=25)


@given(ROWS)
def test_every_label_is_kept_or_left_out_for_one_reason(rows):
    units, raters, gold, withdrawn = zip(*rows, strict=True) if rows else ((), (), (), ())
    found = admit(units, raters, gold=gold, withdrawn=withdrawn)
    seen, kept, again = set(), [], []
    for row, (unit, rater, is_gold, is_withdrawn) in enumerate(rows):
        if is_gold or is_withdrawn:
            continue
        (again if (unit, rater) in seen else kept).append(row)
        seen.add((unit, rater))
    assert (found.rows.tolist(), found.again.tolist()) == (kept, again)
    assert len(kept) + found.n_repeats + found.n_gold + found.n_withdrawn == len(rows)
    assert all(rows[a][:2] == rows[b][:2] and a < b for a, b in zip(found.first, found.again, strict=True))


def test_repeats_and_gold_would_raise_alpha():
    generator = np.random.default_rng(1)
    units, raters = np.repeat(np.arange(100), 2), np.tile([0, 1], 100)
    values = generator.integers(0, 2, 200)
    mixed = [np.concatenate(parts) for parts in ((units, units, [900] * 2), (raters, raters, [0, 1]))]
    answers = np.concatenate([values, values, [1, 1]])
    gold = np.arange(402) >= 400
    with pytest.raises(RepeatedLabel):
        columns_of(*mixed, answers, domain=[0, 1])
    rows = admit(*mixed, gold=gold).rows
    clean, dirty = (
        measure_alpha(count_labels(u, v, domain=[0, 1]), level="nominal", domain=[0, 1], scope="s", resamples=0).value
        for u, v in ((mixed[0][rows], answers[rows]), (mixed[0], answers))
    )
    assert rows.tolist() == list(range(200))
    assert dirty > clean + 0.2


def test_self_consistency_rests_on_repeats_alone():
    admitted = admit(["u", "u", "u", "v"], ["ada", "ada", "ada", "ada"])
    found = self_consistency(["a", "a", "b", "a"], admitted)
    assert (found.value, found.n_repeats) == (0.5, 2)
    assert found.interval.low < 0.5 < found.interval.high
    nothing = self_consistency(["a"], admit(["u"], ["ada"]))
    assert (nothing.value, nothing.n_repeats) == (None, 0)
    assert "nobody labelled a unit twice" in nothing.reason


def test_unequal_columns_are_refused():
    with pytest.raises(BadCounts):
        admit([1, 2], [1])
    with pytest.raises(BadCounts):
        admit([1, 2], [1, 2], gold=[True])
