"""Packed rows give the rewards, log-probabilities and gradients of padded ones, and no row sees another."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    GPT2Model,
    MambaConfig,
    MambaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MistralModel,
)

from training.rlhf import packing
from training.rlhf.comparisons import PairTarget, PromptPairs
from training.rlhf.failures import ConfigError
from training.rlhf.layouts import Layout, Rows, choose_layout, length_batches, prompt_batches, token_batches
from training.rlhf.logprobs import per_response, policy_layout, response_logprobs
from training.rlhf.models import RewardModel, add_lora, load_policy, new_reward_model
from training.rlhf.packing import attend_in_pieces, attend_in_rows, pack
from training.rlhf.pair_loss import PairLoss, pair_tensors
from training.rlhf.tokens import Encoded, collate

PAD = 2  # also the token that ends every turn


def some_rows(seed: int = 0, prompts: int = 4, top: int = 400) -> list[Encoded]:
    """1 to 4 responses to each of a few prompts, of ragged lengths, in no order; each ends as padding looks."""
    draw = random.Random(seed)
    rows = []
    for _ in range(prompts):
        prompt = [draw.randrange(3, top) for _ in range(draw.randint(1, 30))]
        rows += [
            Encoded(prompt, [draw.randrange(3, top) for _ in range(draw.randint(0, 20))] + [PAD])
            for _ in range(draw.randint(1, 4))
        ]
    draw.shuffle(rows)
    return rows


def learned_positions(kind: Any = GPT2Model) -> Any:
    """A model for which a position off by one shows; rotary positions would hide it."""
    torch.manual_seed(0)
    model = kind(GPT2Config(vocab_size=400, n_embd=32, n_layer=2, n_head=2, n_positions=64)).eval()
    with torch.no_grad():
        model.base_model.wpe.weight.mul_(20)
    return model


def both_layouts(model: nn.Module, rows: list[Encoded], value: Callable[[Rows], Tensor]) -> None:
    """What ``value`` says of the rows, and its gradient on every weight, is equal packed and padded."""
    values, gradients = [], []
    for batch in (collate(rows, pad_id=PAD), pack(rows)):
        model.zero_grad()
        found = value(batch)
        # Every value pulls another way, so that none can stand for another.
        (found * torch.linspace(0.5, 1.5, found.numel()).view_as(found)).mean().backward()
        values.append(found.detach())
        gradients.append({n: w.grad.clone() for n, w in model.named_parameters() if w.grad is not None})
    torch.testing.assert_close(values[0], values[1], rtol=0, atol=1e-5)
    assert gradients[0].keys() == gradients[1].keys()
    assert max(float(g.abs().max()) for g in gradients[0].values()) > 1e-2
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradient, gradients[1][name], rtol=0, atol=1e-5, msg=name)


@pytest.mark.parametrize("scope", ["full", "lora"])
def test_rewards_and_gradients_are_those_of_padded_rows(tiny: Path, scope: str) -> None:
    torch.manual_seed(0)
    model = new_reward_model(tiny, members=2, scope=scope)
    if scope == "lora":
        model.backbone = add_lora(model.backbone, rank=4, alpha=8)
    rows = some_rows()
    pairs = [PairTarget(i, (i + 3) % len(rows), ((2.0, 0.0, 1.0),)) for i in range(len(rows))]
    judged = pair_tensors([PromptPairs("p", pairs)], weights=torch.ones(1, 2), dtype=torch.float32)
    both_layouts(model, rows, lambda batch: PairLoss(model, ties=None)(batch, judged))
    with torch.no_grad():
        padded, packed = (model.raw(model.read(batch)) for batch in (collate(rows, pad_id=PAD), pack(rows)))
    torch.testing.assert_close(padded, packed, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["full", "lora", "learned positions"])
def test_log_probabilities_and_gradients_are_those_of_padded_rows(tiny: Path, kind: str) -> None:
    policy: Any = learned_positions(GPT2LMHeadModel) if kind == "learned positions" else load_policy(tiny)
    if kind == "lora":
        policy = add_lora(policy, rank=4, alpha=8)
    both_layouts(policy, some_rows(), lambda batch: response_logprobs(policy, batch))


@pytest.mark.parametrize("kind", ["rotary", "learned positions"])
@pytest.mark.parametrize("lay", [pack, lambda rows: collate(rows, pad_id=PAD)], ids=["packed", "padded"])
def test_each_response_is_read_as_if_alone(tiny: Path, kind: str, lay: Callable[[list[Encoded]], Rows]) -> None:
    """Against a plain unpadded row and the model's own logits."""
    policy = load_policy(tiny) if kind == "rotary" else learned_positions(GPT2LMHeadModel)
    rows, expected = some_rows(seed=3), []
    with torch.no_grad():
        for row in rows:
            logits = policy(input_ids=torch.tensor([row.ids])).logits[0, len(row.prompt) - 1 : -1]
            expected.append(logits.log_softmax(-1).gather(1, torch.tensor(row.response)[:, None])[:, 0])
        batch = lay(rows)
        found = response_logprobs(policy, batch)
    torch.testing.assert_close(found, torch.cat(expected), rtol=0, atol=1e-4)
    sums = per_response(found, batch, len(rows))
    torch.testing.assert_close(sums, torch.stack([numbers.sum() for numbers in expected]), rtol=0, atol=1e-3)


def test_a_response_does_not_see_its_neighbours(tiny: Path) -> None:
    """Same shapes, other tokens: not one bit of what is said of the others changes."""
    model, policy = new_reward_model(tiny, members=1, scope="full"), load_policy(tiny)
    alike = Encoded([5, 6, 7], [8, 9, PAD])
    one = pack([Encoded([5, 6, 7], [50, 60]), alike, Encoded([9], [70, 80])])
    other = pack([Encoded([5, 6, 7], [51, 61]), alike, Encoded([9], [71, 81])])
    after = pack([Encoded([9, 9], [70, 80]), alike]), pack([Encoded([8, 8], [71, 81]), alike])
    with torch.no_grad():
        rewards = model.read(one), model.read(other)
        said = response_logprobs(policy, one), response_logprobs(policy, other)
        behind = [response_logprobs(policy, batch)[2:] for batch in after]
    assert torch.equal(rewards[0][1], rewards[1][1])
    assert not torch.equal(rewards[0][[0, 2]], rewards[1][[0, 2]])
    assert torch.equal(said[0][2:5], said[1][2:5])
    assert not torch.equal(said[0][:2], said[1][:2])
    assert torch.equal(*behind)


@pytest.mark.parametrize("heads", [(4, 4), (4, 2), (9, 3)])
def test_attention_in_rows_and_in_pieces_is_the_same(heads: tuple[int, int]) -> None:
    """GPUs take the one, CPUs the other."""
    draw = torch.Generator().manual_seed(0)
    rows = [*some_rows(seed=6), Encoded([7, 8])]
    blocks, tokens = pack(rows).blocks, pack(rows).input_ids.shape[1]
    shapes = [(1, count, tokens, 8) for count in (heads[0], heads[1], heads[1])]
    inputs = [torch.randn(shape, generator=draw, requires_grad=True) for shape in shapes]
    weights = torch.randn(1, tokens, heads[0], 8, generator=draw)
    outputs, gradients = [], []
    for attention in (attend_in_pieces, attend_in_rows):
        outputs.append(attention(*inputs, blocks=blocks, scaling=0.3))
        gradients.append(torch.autograd.grad((outputs[-1] * weights).sum(), inputs))
    torch.testing.assert_close(*outputs, rtol=0, atol=1e-5)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-4)


def test_a_model_gives_the_same_however_its_attention_is_computed(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy, batch = load_policy(tiny), pack(some_rows())
    with torch.no_grad():
        expected = response_logprobs(policy, batch)
        monkeypatch.setattr(packing, "attend_in_pieces", attend_in_rows)
        torch.testing.assert_close(response_logprobs(policy, batch), expected, rtol=0, atol=1e-5)


def test_every_token_stands_once() -> None:
    rows = [Encoded([5, 6], [7, PAD]), Encoded([9], [7]), Encoded([5, 6], [8]), Encoded([5, 6], [])]
    packed = pack(rows)
    assert packed.input_ids.tolist() == [[5, 6, 7, PAD, 8, 9, 7]]
    assert packed.position_ids.tolist() == [[0, 1, 2, 3, 2, 0, 1]]
    assert packed.ends.tolist() == [3, 6, 4, 1]
    assert packed.blocks.sizes == [[2, 2, 1], [1, 1]]
    assert packed.predictors.tolist() == [1, 2, 5, 1]
    assert packed.targets.tolist() == [7, PAD, 7, 8]
    assert packed.owners.tolist() == [0, 0, 1, 2]


def test_padded_rows_name_the_same_response_tokens() -> None:
    rows = some_rows(seed=4)
    padded, packed = collate(rows, pad_id=PAD), pack(rows)
    assert torch.equal(padded.targets, packed.targets)
    assert torch.equal(padded.owners, packed.owners)
    before = padded.input_ids.flatten()[padded.predictors], packed.input_ids.flatten()[packed.predictors]
    assert torch.equal(*before)


@pytest.mark.parametrize("batches", [length_batches, prompt_batches])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_batches_hold_every_row_once_and_no_more_than_asked(batches, size: int) -> None:
    rows = some_rows(seed=1, prompts=9)
    found = batches(rows, size)
    assert sorted(number for batch in found for number in batch) == list(range(len(rows)))
    assert max(len(batch) for batch in found) <= size


@pytest.mark.parametrize("tokens", [1, 60, 10_000])
def test_batches_of_tokens_hold_every_row_once(tokens: int) -> None:
    rows = some_rows(seed=1, prompts=9)
    found = token_batches(rows, tokens)
    assert sorted(id(row) for batch in found for row in batch) == sorted(map(id, rows))
    assert all(len(batch) == 1 or sum(len(row.ids) for row in batch) <= tokens for batch in found)


def reward_layout(backbone: nn.Module, wanted: str = "auto") -> Layout:
    return choose_layout(wanted, backbone, RewardModel(backbone.eval()).read, pad_id=PAD)


def test_a_model_that_attends_by_rules_of_its_own_is_padded(tiny: Path) -> None:
    backbone = new_reward_model(tiny, members=1, scope="head").backbone
    assert reward_layout(backbone).name == "packed"
    assert reward_layout(backbone, "padded").name == "padded"
    assert policy_layout(load_policy(tiny), pad_id=PAD).name == "packed"
    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1}
    # Wider than the few rows that are tried: only the setting tells.
    config = MistralConfig(vocab_size=64, num_hidden_layers=1, sliding_window=64, **sizes)
    assert reward_layout(MistralModel(config)).name == "padded"
    assert policy_layout(MistralForCausalLM(config).eval(), pad_id=PAD).name == "padded"
    assert reward_layout(learned_positions()).name == "packed"


def test_a_recurrent_model_is_never_packed() -> None:
    """It reads on from one text to the next, whatever it is told to attend to."""
    torch.manual_seed(0)
    recurrent = MambaForCausalLM(MambaConfig(vocab_size=64, hidden_size=32, num_hidden_layers=2, state_size=4)).eval()
    try:
        assert policy_layout(recurrent, pad_id=PAD).name == "padded"
    except ConfigError as error:
        assert "base" in str(error)
