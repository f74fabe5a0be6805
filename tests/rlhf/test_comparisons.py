"""One forward per distinct response changes nothing; known strengths and tie rates are found again."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import softplus

from training.rlhf.comparisons import PairLoss, PromptPairs, bootstrap_weights, build, pair_tensors, prompt_losses
from training.rlhf.configs import RewardConfig
from training.rlhf.head import HeadFit
from training.rlhf.losses import bradley_terry, rao_kupper_log_probs
from training.rlhf.models import load_tokenizer, new_reward_model
from training.rlhf.records import Group, Pair, Response
from training.rlhf.tokens import Encoded, collate


def group(texts: list[str], *pairs: tuple[int, int, int, int, int, int], prompt: str = "p") -> Group:
    return Group(
        group="g",
        prompt=prompt,
        messages=({"role": "user", "content": prompt},),
        responses=tuple(Response(str(n), text) for n, text in enumerate(texts)),
        pairs=tuple(Pair(*pair, judgments=()) for pair in pairs),
        split="train",
    )


def settings(tiny: Path, **changes: Any) -> RewardConfig:
    return RewardConfig.from_dict({"base": str(tiny)} | changes)


def test_each_distinct_response_is_one_row(tiny: Path) -> None:
    groups = [group(["x", "y", "z"], (0, 1, 1, 0, 0, -1), (0, 2, 1, 0, 0, -1)), group(["y", "x"], (0, 1, 1, 0, 0, -1))]
    found = build(groups, [], load_tokenizer(tiny), settings(tiny))
    assert len(found.rows) == 3
    assert [len(prompt.pairs) for prompt in found.train] == [3]  # one prompt, two groups


def test_pairs_without_a_lesson_are_counted(tiny: Path) -> None:
    groups = [group(["x", "x", "y"], (0, 1, 1, 0, 0, -1), (0, 2, 0, 3, 0, 0))]
    found = build(groups, [], load_tokenizer(tiny), settings(tiny, ties="drop"))
    assert (found.identical_pairs, found.dropped_ties, found.train) == (1, 1, [])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (2.0, 1.0, 1.0, 0.0)),
        ({"labels": "majority"}, (1.0, 0.0, 0.0, 0.0)),
        ({"label_smoothing": 0.25}, (1.75, 1.0, 1.25, 0.0)),
        ({"ties": "drop"}, (2.0, 0.0, 1.0, 0.0)),
        ({"margin": 0.5}, (2.0, 1.0, 1.0, 0.25)),
    ],
)
def test_what_the_loss_is_asked_to_fit(tiny: Path, changes: dict[str, Any], expected: tuple[float, ...]) -> None:
    found = build([group(["x", "y"], (0, 1, 2, 1, 1, -2))], [], load_tokenizer(tiny), settings(tiny, **changes))
    assert found.train[0].pairs[0][2:] == expected


def test_one_forward_per_response_equals_one_per_pair_and_side(tiny: Path) -> None:
    texts = [Encoded([5, 6], [7] * (n + 1)) for n in range(4)]
    ranking = [(i, j, 1.0, 0.0, 0.0, 0.0) for i in range(4) for j in range(i + 1, 4)]
    torch.manual_seed(0)
    model = new_reward_model(tiny, members=1, scope="full").double()

    def inputs(rows: list[Encoded]) -> tuple[torch.Tensor, ...]:
        batch = collate(rows, pad_id=2)
        return batch.input_ids, batch.attention_mask, batch.ends, batch.position_ids

    pairs = pair_tensors([PromptPairs("p", ranking)], weights=torch.ones(1, 1), dtype=torch.float64)
    once = PairLoss(model, first_threshold=None)(inputs(texts), pairs)
    once.backward()
    gradients = {name: weight.grad.clone() for name, weight in model.named_parameters()}
    model.zero_grad()
    better, worse = (model(*inputs([texts[pair[side]] for pair in ranking])) for side in (0, 1))
    per_pair = bradley_terry(better - worse).mean()
    per_pair.backward()
    torch.testing.assert_close(once, per_pair, rtol=0, atol=1e-6)
    for name, weight in model.named_parameters():
        torch.testing.assert_close(weight.grad, gradients[name], rtol=0, atol=1e-6)


def test_strengths_and_tie_threshold_are_found_again() -> None:
    """Judgments drawn from known strengths and t = 0.7; each item its own feature."""
    strengths = torch.tensor([1.5, 0.6, 0.0, -0.4, -1.7], dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    pairs: list[tuple[int, int, float, float, float, float]] = []
    for i in range(5):
        for j in range(i + 1, 5):
            logs = rao_kupper_log_probs(strengths[i] - strengths[j], torch.tensor(0.7, dtype=torch.float64))
            drawn = torch.multinomial(torch.stack(logs).exp(), 20_000, replacement=True, generator=generator)
            wins, ties, losses = torch.bincount(drawn, minlength=3).tolist()
            pairs.append((i, j, float(wins), float(ties), float(losses), 0.0))
    fit = HeadFit(torch.eye(5), torch.arange(5), members=1, first_threshold=-1.0)
    data = pair_tensors([PromptPairs("p", pairs)], weights=torch.ones(1, 1), dtype=torch.float64)
    for _ in range(10):
        _, gradient = fit.step(data, 0.0)
    assert gradient < 1e-6
    found = fit.raw()[:, 0].detach()
    # 20,000 judgments a pair: standard errors near 0.01.
    torch.testing.assert_close(found - found.mean(), strengths - strengths.mean(), rtol=0, atol=0.04)
    assert fit.threshold is not None
    assert float(softplus(fit.threshold.detach())) == pytest.approx(0.7, abs=0.02)


def test_bootstraps_draw_as_many_prompts_as_there_are() -> None:
    weights = bootstrap_weights(50, 8, seed=3)
    assert weights.sum(0).tolist() == [50.0] * 8
    assert not torch.equal(weights[:, 0], weights[:, 1])
    assert torch.equal(weights, bootstrap_weights(50, 8, seed=3))
    assert bootstrap_weights(5, 1, seed=3).tolist() == [[1.0]] * 5


def test_a_prompt_without_weight_is_not_seen() -> None:
    prompts = [PromptPairs("p", [(0, 1, 1.0, 0.0, 0.0, 0.0)]), PromptPairs("q", [(2, 3, 1.0, 0.0, 0.0, 0.0)])]
    pairs = pair_tensors(prompts, weights=torch.tensor([[1.0], [0.0]]), dtype=torch.float32)
    raw = torch.tensor([[1.0], [0.0], [5.0], [9.0]], requires_grad=True)
    loss = prompt_losses(raw, pairs, None)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(math.log1p(math.exp(-1)))
    assert raw.grad is not None
    assert raw.grad[2:].abs().max() == 0


def test_a_cut_prompt_is_counted_once_however_many_responses_it_has(tiny: Path) -> None:
    groups = [group(["x", "y", "z"], (0, 1, 1, 0, 0, -1), prompt="p " * 40), group(["x", "y"], (0, 1, 1, 0, 0, -1))]
    found = build(groups, [], load_tokenizer(tiny), settings(tiny, max_prompt_tokens=30))
    assert (found.truncations.prompts, found.truncations.texts) == (1, 5)
