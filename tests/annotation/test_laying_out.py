"""Whoever stops anywhere in a batch has seen a fair sample of its slices and of the models in each."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation import assigning, batching
from annotation.queueing.laying_out import Kind, lay_out
from tests.annotation.makers import make_comparison

kinds = st.lists(
    st.builds(
        Kind,
        st.sampled_from([0.0, 0.0, 0.0, 0.5, 2.0]),
        st.sampled_from(["hh", "code", "arabic"]),
        st.sampled_from([("a", "b"), ("a", "c"), ("b", "c"), ("a", "a")]),
    ),
    max_size=120,
)


def _no_beginning_lags(names: list) -> None:
    whole, seen = Counter(names), Counter()
    for count, name in enumerate(names, start=1):
        seen[name] += 1
        for one, total in whole.items():
            assert abs(seen[one] - Fraction(count * total, len(names))) < 1


@given(kinds)
def test_every_beginning_holds_its_share_of_each_slice_and_of_the_models_in_it(given_kinds):
    order = lay_out(kinds=given_kinds)
    assert sorted(order) == list(range(len(given_kinds)))
    laid = [given_kinds[index] for index in order]
    assert [kind.priority for kind in laid] == sorted((kind.priority for kind in given_kinds), reverse=True)
    for priority in {kind.priority for kind in laid}:
        equal = [kind for kind in laid if kind.priority == priority]
        _no_beginning_lags([kind.slice for kind in equal])
        for name in {kind.slice for kind in equal}:
            _no_beginning_lags([kind.models for kind in equal if kind.slice == name])


@given(kinds)
def test_items_of_one_kind_keep_their_order_and_it_is_the_same_every_time(given_kinds):
    order = lay_out(kinds=given_kinds)
    assert order == lay_out(kinds=given_kinds)
    for kind in set(given_kinds):
        mine = [index for index in order if given_kinds[index] == kind]
        assert mine == sorted(mine)


@pytest.mark.django_db
def test_a_rater_goes_from_slice_to_slice_and_pair_to_pair(project, lena, rubric_version, rafi):
    items = []
    for n in range(8):
        comparison = make_comparison(project, f"c{n}", "abc")
        comparison.source = "code" if n >= 4 else "chat"
        first, second, third = comparison.responses.order_by("pk")
        responses = [first, third if n % 4 >= 2 else second]
        items.append(batching.Item(prompt=comparison.prompt, responses=responses, comparison=comparison))
    batch = batching.open_batch(
        project=project,
        name="two slices",
        kind="pairwise",
        rubric_version=rubric_version,
        overlap=1,
        items=items,
        actor=lena,
    )
    seen = []
    for task in batch.tasks.order_by("place")[:4]:
        seen.append((task.number > 4, task.responses.latest("pk").model_tag))
    assert len(set(seen)) == 4
    assert assigning.claim_next(batch=batch, rater=rafi).task.place == 1
