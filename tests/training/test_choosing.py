"""What people see next: the uncertain, and a holdout that no score can sway."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from training.choosing import HOLDOUT, UNCERTAIN, draw_holdout, propose

POOL = {f"prompt-{n}": [f"answer-{n}-{k}" for k in range(3)] for n in range(40)}


def _scores(uncertainty: list[float]) -> list[dict]:
    return [
        {
            "prompt": prompt,
            "responses": [{"id": answer, "reward": 0.0} for answer in answers],
            "pairs": [
                {"i": i, "j": j, "p": 0.5, "uncertainty": uncertainty[(n * 3 + place) % len(uncertainty)]}
                for place, (i, j) in enumerate(combinations(range(3), 2))
            ],
        }
        for n, (prompt, answers) in enumerate(POOL.items())
    ]


bits = st.lists(st.floats(0, 1, allow_nan=False), min_size=120, max_size=120)


@given(bits, bits, st.integers(0, 50), st.integers(0, 12))
def test_the_holdout_is_the_same_whatever_the_scores(one: list[float], other: list[float], seed: int, n: int) -> None:
    holdout = draw_holdout(pool=POOL, count=n, seed=seed)
    chosen = [
        {(c.prompt, c.responses) for c in propose(scores=_scores(s), holdout=holdout, items=20, seed=seed)
         if c.reason == HOLDOUT}
        for s in (one, other)
    ]  # fmt: skip
    assert chosen[0] == chosen[1]
    assert {prompt for prompt, _ in chosen[0]} == set(holdout) and len(holdout) == n


@given(bits, st.integers(0, 20))
def test_each_prompt_once_and_no_pair_left_out_is_more_uncertain_than_one_taken(scores: list[float], n: int) -> None:
    lines = _scores(scores)
    holdout = draw_holdout(pool=POOL, count=n, seed=1)
    chosen = propose(scores=lines, holdout=holdout, items=20, seed=1)
    assert len(chosen) == 20 == len({choice.prompt for choice in chosen})
    taken = [choice for choice in chosen if choice.reason == UNCERTAIN]
    left = [line for line in lines if line["prompt"] not in {choice.prompt for choice in chosen}]
    if taken:
        least = min(choice.uncertainty for choice in taken)
        assert all(pair["uncertainty"] <= least for line in left for pair in line["pairs"])
    assert [choice.priority for choice in chosen] == sorted((choice.priority for choice in chosen), reverse=True)


def test_another_seed_draws_another_holdout_and_a_prompt_more_leaves_the_others_in_order() -> None:
    one, other = (draw_holdout(pool=POOL, count=10, seed=seed) for seed in (1, 2))
    assert set(one) != set(other)
    larger = draw_holdout(pool=POOL | {"prompt-new": ["a", "b"]}, count=11, seed=1)
    assert set(one) - set(larger) == set()


def test_holdout_pairs_stand_among_the_uncertain_ones_not_behind_them() -> None:
    scores = [n / 120 for n in range(120)]
    holdout = draw_holdout(pool=POOL, count=10, seed=3)
    reasons = [c.reason for c in propose(scores=_scores(scores), holdout=holdout, items=30, seed=3)]
    assert HOLDOUT in reasons[:15] and HOLDOUT in reasons[15:]
