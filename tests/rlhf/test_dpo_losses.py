"""Losses of direct preference optimisation: published values, limits, and what a whole order is worth."""

import math

import pytest
import torch

from training.rlhf.configs import DPOConfig
from training.rlhf.dpo_losses import davidson_loss, ipo_loss, rao_kupper_loss, sigmoid_loss
from training.rlhf.dpo_pairs import Compared, PairColumns, prompt_losses
from training.rlhf.losses import plackett_luce

D = torch.linspace(-4, 4, 17, dtype=torch.float64)
ONE, NONE = torch.ones_like(D), torch.zeros_like(D)
LOSSES = {
    "sigmoid": sigmoid_loss,
    "rao_kupper": lambda d, *counts: rao_kupper_loss(d, *counts, tie_share=0.5),
    "davidson": lambda d, *counts: davidson_loss(d, *counts, tie_share=0.5),
    "ipo": lambda d, *counts: ipo_loss(d, *counts, beta=0.1),
}


def close(found: torch.Tensor, expected: torch.Tensor | float) -> None:
    torch.testing.assert_close(found, torch.as_tensor(expected, dtype=torch.float64), rtol=0, atol=1e-10)


def test_values_worked_by_hand() -> None:
    d, one, none = (torch.tensor(n, dtype=torch.float64) for n in (0.9, 1.0, 0.0))
    close(sigmoid_loss(d, one, none, none).round(decimals=12), 0.341153874732)
    close(sigmoid_loss(d, one * 0.9, none, one * 0.1).round(decimals=12), 0.431153874732)  # a tenth smoothed away
    close(sigmoid_loss(d * 0, one, none, none), math.log(2))
    close(ipo_loss(d, one, none, none, beta=0.1), (0.9 - 5) ** 2)
    close(ipo_loss(d, none, none, one, beta=0.1), (0.9 + 5) ** 2)
    close(ipo_loss(d, none, one, none, beta=0.1), 0.81)


@pytest.mark.parametrize("name", ["rao_kupper", "davidson"])
def test_equals_tie_half_the_time_as_published(name: str) -> None:
    """nu = 3 (Rao and Kupper) and nu = 1 (Davidson), arXiv 2409.17431: a tie is as likely as not between equals."""
    zero = torch.zeros(1, dtype=torch.float64)
    one, none = zero + 1, zero
    close(LOSSES[name](zero, none, one, none), torch.tensor([math.log(2)], dtype=torch.float64))
    close(LOSSES[name](zero, one, none, none), torch.tensor([math.log(4)], dtype=torch.float64))


def test_the_tie_models_by_their_own_formulas() -> None:
    """With strengths e^d and 1: Rao and Kupper nu = 3, Davidson nu = 1."""
    strength = D.exp()
    close(rao_kupper_loss(D, ONE, NONE, NONE, tie_share=0.5), -torch.log(strength / (strength + 3)))
    close(
        rao_kupper_loss(D, NONE, ONE, NONE, tie_share=0.5),
        -torch.log((3**2 - 1) * strength / ((strength + 3) * (1 + 3 * strength))),
    )
    total = strength + 1 + 2 * strength.sqrt()
    close(davidson_loss(D, ONE, NONE, NONE, tie_share=0.5), -torch.log(strength / total))
    close(davidson_loss(D, NONE, ONE, NONE, tie_share=0.5), -torch.log(2 * strength.sqrt() / total))


@pytest.mark.parametrize("model", [rao_kupper_loss, davidson_loss])
def test_without_ties_between_equals_both_are_bradley_terry(model) -> None:
    close(model(D, ONE, NONE, NONE, tie_share=1e-14), sigmoid_loss(D, ONE, NONE, NONE))


@pytest.mark.parametrize("name", LOSSES)
def test_swapping_the_sides_changes_nothing_and_counts_are_a_mean_over_judgments(name: str) -> None:
    loss = LOSSES[name]
    close(loss(D, 3 * ONE, 2 * ONE, ONE), loss(-D, ONE, 2 * ONE, 3 * ONE))
    parts = 3 * loss(D, ONE, NONE, NONE) + 2 * loss(D, NONE, ONE, NONE) + loss(D, NONE, NONE, ONE)
    close(loss(D, 3 * ONE, 2 * ONE, ONE), parts / 6)


@pytest.mark.parametrize("name", LOSSES)
def test_a_tie_pulls_equals_together_and_a_win_pulls_them_apart(name: str) -> None:
    d = torch.tensor([0.0, 1.0, -1.0], dtype=torch.float64, requires_grad=True)
    one, none = torch.ones(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    (tied,) = torch.autograd.grad(LOSSES[name](d, none, one, none).sum(), d)
    assert tied[0].abs() < 1e-12
    assert tied[1] > 0 > tied[2]
    (won,) = torch.autograd.grad(LOSSES[name](d, one, none, none).sum(), d)
    assert (won < 0).all()


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    d = torch.tensor([-1.3, 0.2, 2.0], dtype=torch.float64, requires_grad=True)
    counts = [torch.tensor(n, dtype=torch.float64) for n in ([2.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 2.0, 5.0])]
    assert torch.autograd.gradcheck(lambda x: LOSSES[name](x, *counts), d)


def ordered(best_first: list[int], prompt: str = "p", skip: int = 0) -> Compared:
    """One judge's order of as many responses, as pairs; the last `skip` pairs were not judged."""
    place = {response: rank for rank, response in enumerate(best_first)}
    pairs = [
        (i, j, float(place[i] < place[j]), 0.0, float(place[i] > place[j]), 1.0)
        for i in range(len(place))
        for j in range(i + 1, len(place))
    ]
    return Compared(prompt, [1], [[n] for n in range(len(place))], pairs[: len(pairs) - skip])


def settings(**changes) -> DPOConfig:
    return DPOConfig.from_dict({"base": "m"} | changes)


def losses(scores: torch.Tensor, prompts: list[Compared], **changes) -> torch.Tensor:
    columns = PairColumns.of(prompts, scores.device)
    return prompt_losses(scores, prompts, columns, settings(**changes))


def test_a_ranking_is_the_mean_over_its_pairs_and_prompts_weigh_the_same() -> None:
    scores = torch.tensor([0.3, 1.2, -0.5, 2.0, 1.0])
    found = losses(scores, [ordered([1, 0, 2]), ordered([1, 0])])
    over_its_pairs = sum(math.log1p(math.exp(-d)) for d in (1.2 - 0.3, 1.2 + 0.5, 0.3 + 0.5)) / 3
    assert found.tolist() == pytest.approx([over_its_pairs, math.log1p(math.exp(1.0))])
    assert found[0].item() == pytest.approx(0.293346856689, abs=1e-7)


def test_a_whole_order_can_be_plackett_luce_and_anything_less_stays_pairs() -> None:
    scores = torch.tensor([0.3, 1.2, -0.5])
    assert ordered([1, 0, 2]).ranking == [1, 0, 2]
    whole = losses(scores, [ordered([1, 0, 2])], rankings="plackett_luce")
    assert whole.item() == pytest.approx(plackett_luce(scores[[1, 0, 2]]).item())
    assert whole.item() == pytest.approx(0.834364876111, abs=1e-6)
    three = [1], [[0], [1], [2]]
    circle = Compared("p", *three, [(0, 1, 1, 0, 0, 1), (1, 2, 1, 0, 0, 1), (0, 2, 0, 0, 1, 1)])
    tied = Compared("p", *three, [(0, 1, 1, 0, 0, 1), (1, 2, 0, 1, 0, 1), (0, 2, 1, 0, 0, 1)])
    for partial in (ordered([1, 0, 2], skip=1), circle, tied):
        assert partial.ranking == []
        assert losses(scores, [partial], rankings="plackett_luce") == losses(scores, [partial])


def test_of_two_plackett_luce_is_the_pair() -> None:
    scores = torch.tensor([0.7, -0.4])
    assert losses(scores, [ordered([1, 0])], rankings="plackett_luce").item() == pytest.approx(
        losses(scores, [ordered([1, 0])]).item()
    )
