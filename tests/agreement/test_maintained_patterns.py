"""Patterns kept label by label are those of all labels at once, after any history of adding, removing, revising."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from annotation.agreement.alpha import alpha_of_patterns, measure_alpha
from annotation.agreement.errors import BadDomain, NoSuchLabel, ValueOutsideDomain
from annotation.agreement.maintained import MaintainedPatterns
from annotation.agreement.patterns import count_labels, fold

DOMAIN = ["a", "tie", "b"]
VALUES, UNITS = st.sampled_from(DOMAIN), st.integers(0, 5)


class AnyHistory(RuleBasedStateMachine):
    """A plain list of labels beside the maintained patterns."""

    @initialize()
    def begin(self):
        self.labels, self.kept = [], MaintainedPatterns(domain=DOMAIN)

    @rule(unit=UNITS, value=VALUES)
    def add(self, unit, value):
        self.labels.append((unit, value))
        self.kept.add(unit, value)

    @precondition(lambda self: self.labels)
    @rule(data=st.data())
    def remove(self, data):
        unit, value = self.labels.pop(data.draw(st.integers(0, len(self.labels) - 1)))
        self.kept.remove(unit, value)

    @precondition(lambda self: self.labels)
    @rule(data=st.data(), after=VALUES)
    def revise(self, data, after):
        at = data.draw(st.integers(0, len(self.labels) - 1))
        unit, before = self.labels[at]
        self.labels[at] = (unit, after)
        self.kept.revise(unit, before, after)

    @rule(unit=UNITS, value=VALUES)
    def refuse_what_is_not_there(self, unit, value):
        if (unit, value) not in self.labels:
            with pytest.raises(NoSuchLabel):
                self.kept.remove(unit, value)
            with pytest.raises(NoSuchLabel):
                self.kept.revise(unit, value, "a")
        with pytest.raises(ValueOutsideDomain):
            self.kept.add(unit, "draw")
        if (unit, value) in self.labels:
            with pytest.raises(ValueOutsideDomain):
                self.kept.revise(unit, value, "draw")

    @invariant()
    def equals_folding_all_labels(self):
        units, values = zip(*self.labels, strict=True) if self.labels else ((), ())
        anew = fold(count_labels(units, values, domain=DOMAIN))
        assert self.kept.patterns.counts.tolist() == anew.counts.tolist()
        assert self.kept.patterns.units.tolist() == anew.units.tolist()
        assert self.kept.n_patterns <= len(set(units))


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


@given(st.lists(st.tuples(UNITS, VALUES), max_size=60), st.randoms(use_true_random=False))
def test_order_does_not_matter_and_alpha_is_the_librarys(labels, random):
    shuffled = random.sample(labels, len(labels))
    first, second = MaintainedPatterns(domain=DOMAIN), MaintainedPatterns(domain=DOMAIN)
    for unit, value in labels:
        first.add(unit, value)
    for unit, value in shuffled:
        second.add(unit, value)
    units, values = zip(*labels, strict=True) if labels else ((), ())
    options = {"level": "ordinal", "domain": DOMAIN, "scope": "s", "resamples": 20}
    kept, again = (alpha_of_patterns(patterns.patterns, **options) for patterns in (first, second))
    anew = measure_alpha(count_labels(units, values, domain=DOMAIN), **options)
    assert kept == again
    assert kept.reason == anew.reason
    if kept.value is not None:
        assert kept.value == pytest.approx(anew.value, abs=1e-12)
        assert (kept.low, kept.high) == (anew.low, anew.high)


def test_removing_everything_leaves_nothing_behind():
    kept = MaintainedPatterns(domain=DOMAIN)
    labels = [(int(unit), DOMAIN[value]) for unit, value in np.random.default_rng(1).integers(0, 3, (500, 2))]
    for unit, value in labels:
        kept.add(unit, value)
    assert sum(kept.counts_of(0)) == sum(unit == 0 for unit, _ in labels)
    for unit, value in reversed(labels):
        kept.remove(unit, value)
    assert (kept.n_patterns, kept.counts_of(0), kept.patterns.n_units) == (0, (0, 0, 0), 0)
    assert "no unit has labels" in alpha_of_patterns(kept.patterns, level="nominal", domain=DOMAIN, scope="s").reason


def test_a_domain_needs_two_values():
    with pytest.raises(BadDomain):
        MaintainedPatterns(domain=["a"])
