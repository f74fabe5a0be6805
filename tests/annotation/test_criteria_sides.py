"""Displayed places turned to canonical positions, against a slow reference that asks the shown item itself."""

from hypothesis import given
from hypothesis import strategies as st

from annotation.answers import (
    Answer,
    GivenFlag,
    GivenQuote,
    GivenScore,
    read_acceptable,
    read_answer,
    read_flags,
    read_quotes,
)
from annotation.criteria import read_scores
from annotation.models import Batch

orders = st.integers(1, 9).flatmap(lambda n: st.permutations(range(n)))


def _shown(order: list[int]) -> dict[int, int]:
    """By displayed place, from 1, the canonical position that stands there."""
    return {place: next(p for n, p in enumerate(order) if n + 1 == place) for place in range(1, len(order) + 1)}


@given(st.data(), orders)
def test_every_score_lands_on_the_response_it_was_given_to(data, order):
    places = data.draw(st.lists(st.integers(1, len(order)), unique=True))
    points = {place: data.draw(st.integers(-9, 99)) for place in places}
    answer = Answer(scores=[GivenScore("c", place, point=points[place]) for place in places])
    shown = _shown(order)
    assert {(position, value) for _, position, _, value, _ in read_scores(answer=answer, display_order=order)} == {
        (shown[place], points[place]) for place in places
    }


@given(st.sampled_from([[0, 1], [1, 0]]), st.sampled_from([-1, 0, 1]))
def test_the_side_that_is_better_is_the_response_that_is(order, side):
    [(_, position, _, _, kept)] = read_scores(answer=Answer(scores=[GivenScore("c", side=side)]), display_order=order)
    preferred = None if side == 0 else order[0] if side < 0 else order[1]
    assert position is None
    assert preferred == (None if kept == 0 else 0 if kept < 0 else 1)


@given(st.data(), orders)
def test_flags_quotes_and_the_line_keep_their_response(data, order):
    shown, places = _shown(order), st.integers(1, len(order))
    flagged = data.draw(st.lists(places, unique=True))
    quoted = data.draw(st.lists(st.integers(0, len(order)), max_size=5))
    line = data.draw(st.lists(st.booleans(), min_size=len(order), max_size=len(order)))
    answer = Answer(
        flags=[GivenFlag("unsafe", str(place)) for place in flagged] + [GivenFlag("unsafe", "prompt")],
        quotes=[GivenQuote(place, 1, "so") for place in quoted],
        acceptable=line,
    )
    targets = [target for _, target, _ in read_flags(answer=answer, display_order=order)]
    assert sorted(targets) == sorted([*(str(shown[place]) for place in flagged), "prompt"])
    assert [quote["position"] for quote in read_quotes(answer=answer, display_order=order)] == [
        shown.get(place) for place in quoted
    ]
    kept = read_acceptable(answer=answer, display_order=order)
    assert all(kept[shown[place]] == line[place - 1] for place in shown)


@given(st.data(), orders.filter(lambda order: len(order) > 1))
def test_a_ranking_orders_the_responses_as_it_ordered_what_was_shown(data, order):
    given_ranks = data.draw(st.lists(st.integers(1, len(order)), min_size=len(order), max_size=len(order)))
    batch = Batch(kind=Batch.Kind.RANKING)
    ranks = read_answer(answer=Answer(ranking=given_ranks), batch=batch, display_order=order).ranks
    shown = _shown(order)
    for one in shown:
        for other in shown:
            before = given_ranks[one - 1] < given_ranks[other - 1]
            assert (ranks[shown[one]] < ranks[shown[other]]) == before
    assert set(ranks) == set(range(1, len(set(given_ranks)) + 1))
