"""Packed rows give the rewards and gradients of padded ones, and no row sees another."""

import random
from pathlib import Path

import pytest
import torch
from transformers import GPT2Config, GPT2Model, MistralConfig, MistralModel

from training.rlhf.comparisons import PairTarget, PromptPairs
from training.rlhf.layouts import choose_layout, length_batches, prompt_batches
from training.rlhf.models import RewardModel, add_lora, new_reward_model
from training.rlhf.packing import pack
from training.rlhf.pair_loss import PairLoss, pair_tensors
from training.rlhf.tokens import Encoded, collate

PAD = 2  # also the token that ends every turn


def some_rows(seed: int = 0, prompts: int = 4) -> list[Encoded]:
    """1 to 4 responses to each of a few prompts, of ragged lengths, in no order; each ends as padding looks."""
    draw = random.Random(seed)
    rows = []
    for _ in range(prompts):
        prompt = [draw.randrange(3, 400) for _ in range(draw.randint(1, 30))]
        rows += [
            Encoded(prompt, [draw.randrange(3, 400) for _ in range(draw.randint(0, 20))] + [PAD])
            for _ in range(draw.randint(1, 4))
        ]
    draw.shuffle(rows)
    return rows


@pytest.mark.parametrize("scope", ["full", "lora"])
def test_rewards_and_gradients_are_those_of_padded_rows(tiny: Path, scope: str) -> None:
    torch.manual_seed(0)
    model = new_reward_model(tiny, members=2, scope=scope)
    if scope == "lora":
        model.backbone = add_lora(model.backbone, rank=4, alpha=8)
    rows = some_rows()
    pairs = [PairTarget(i, (i + 3) % len(rows), ((2.0, 0.0, 1.0),)) for i in range(len(rows))]
    judged = pair_tensors([PromptPairs("p", pairs)], weights=torch.ones(1, 2), dtype=torch.float32)
    rewards, gradients = [], []
    for batch in (collate(rows, pad_id=PAD), pack(rows)):
        model.zero_grad()
        PairLoss(model, ties=None)(batch, judged).backward()
        gradients.append({n: w.grad.clone() for n, w in model.named_parameters() if w.grad is not None})
        with torch.no_grad():
            rewards.append(model.raw(model.read(batch)))
    torch.testing.assert_close(rewards[0], rewards[1], rtol=0, atol=1e-5)
    assert gradients[0].keys() == gradients[1].keys()
    assert max(float(g.abs().max()) for g in gradients[0].values()) > 1e-2
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradient, gradients[1][name], rtol=0, atol=1e-5)


def test_a_response_does_not_see_its_neighbours(tiny: Path) -> None:
    model = new_reward_model(tiny, members=1, scope="full")
    alike = Encoded([5, 6, 7], [8, 9, PAD])
    with torch.no_grad():
        one = model.read(pack([alike, Encoded([5, 6, 7], [50, 60]), Encoded([9], [70, 80])]))
        other = model.read(pack([alike, Encoded([5, 6, 7], [51, 61]), Encoded([9], [71, 81])]))
    assert torch.equal(one[0], other[0])
    assert not torch.equal(one[1:], other[1:])


def test_every_token_stands_once() -> None:
    rows = [Encoded([5, 6], [7, PAD]), Encoded([9], [7]), Encoded([5, 6], [8]), Encoded([5, 6], [])]
    packed = pack(rows)
    assert packed.input_ids.tolist() == [[5, 6, 7, PAD, 8, 9, 7]]
    assert packed.position_ids.tolist() == [[0, 1, 2, 3, 2, 0, 1]]
    assert packed.ends.tolist() == [3, 6, 4, 1]
    assert packed.blocks.sizes == [5, 2]
    assert packed.blocks.masks[0][4].tolist() == [True, True, False, False, True]


@pytest.mark.parametrize("batches", [length_batches, prompt_batches])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_batches_hold_every_row_once_and_no_more_than_asked(batches, size: int) -> None:
    rows = some_rows(seed=1, prompts=9)
    found = batches(rows, size)
    assert sorted(number for batch in found for number in batch) == list(range(len(rows)))
    assert max(len(batch) for batch in found) <= size


def reward_model_of(backbone: torch.nn.Module) -> RewardModel:
    return RewardModel(backbone.eval())


def test_a_model_that_attends_by_rules_of_its_own_is_padded(tiny: Path) -> None:
    assert choose_layout("auto", new_reward_model(tiny, members=1, scope="head"), pad_id=PAD).name == "packed"
    assert choose_layout("padded", new_reward_model(tiny, members=1, scope="head"), pad_id=PAD).name == "padded"
    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1}
    # Wider than the few rows that are tried: only the setting tells.
    window = MistralModel(MistralConfig(vocab_size=64, num_hidden_layers=1, sliding_window=64, **sizes))
    assert choose_layout("auto", reward_model_of(window), pad_id=PAD).name == "padded"


def test_learned_positions_are_those_of_the_row(tiny: Path) -> None:
    torch.manual_seed(0)
    backbone = GPT2Model(GPT2Config(vocab_size=400, n_embd=32, n_layer=2, n_head=2, n_positions=64))
    model, rows = reward_model_of(backbone), some_rows()
    assert choose_layout("auto", model, pad_id=PAD).name == "packed"
    with torch.no_grad():
        torch.testing.assert_close(model.read(pack(rows)), model.read(collate(rows, pad_id=PAD)), rtol=0, atol=1e-5)
