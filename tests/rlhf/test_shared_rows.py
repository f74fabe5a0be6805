"""Texts that share a row give the numbers that each gives alone."""

import random
from pathlib import Path

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, MambaConfig, MambaForCausalLM

from training.rlhf.failures import ConfigError
from training.rlhf.models import load_policy
from training.rlhf.shared_rows import Tree, pack, per_response, refuse_cross_talk, response_logprobs


def drawn(count: int, seed: int = 3) -> list[Tree]:
    draw = random.Random(seed)

    def ids(low: int, high: int) -> list[int]:
        return draw.choices(range(3, 120), k=draw.randint(low, high))

    return [Tree(ids(1, 12), [ids(1, 9) for _ in range(draw.randint(1, 4))]) for _ in range(count)]


def alone(policy, tree: Tree) -> list[torch.Tensor]:
    """Each response's token log-probabilities from a plain unpadded row and the model's own logits."""
    found = []
    for response in tree.responses:
        with torch.no_grad():
            logits = policy(input_ids=torch.tensor([tree.prompt + response])).logits[0, len(tree.prompt) - 1 : -1]
        found.append(logits.log_softmax(-1).gather(1, torch.tensor(response)[:, None])[:, 0])
    return found


@pytest.fixture(scope="module")
def learned_positions():
    """A model for which a position off by one shows; rotary positions would hide it."""
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=128, n_embd=32, n_layer=2, n_head=2, n_positions=64)).eval()
    with torch.no_grad():
        model.transformer.wpe.weight.mul_(20)
    return model


@pytest.mark.parametrize("kind", ["rotary", "learned"])
@pytest.mark.parametrize("per_row", [1, 3], ids=["a tree a row", "three trees a row"])
def test_packed_equals_alone(tiny: Path, learned_positions, kind: str, per_row: int) -> None:
    policy = load_policy(tiny) if kind == "rotary" else learned_positions
    trees = drawn(9)
    packed = pack([trees[start : start + per_row] for start in range(0, 9, per_row)], pad_id=2)
    with torch.no_grad():
        found = response_logprobs(policy, packed)
    expected = [numbers for tree in trees for numbers in alone(policy, tree)]
    torch.testing.assert_close(found, torch.cat(expected), rtol=0, atol=1e-4)
    sums = per_response(found, packed, len(expected))
    torch.testing.assert_close(sums, torch.stack([numbers.sum() for numbers in expected]), rtol=0, atol=1e-3)


def test_a_neighbour_changes_not_one_bit_of_the_others(tiny: Path) -> None:
    """Same shapes, other tokens: a sibling response and the tree before are invisible."""
    policy, (first, second) = load_policy(tiny), drawn(2, seed=5)
    changed = Tree([7] * len(first.prompt), [[8] * len(response) for response in first.responses])
    sibling = Tree(second.prompt, [*second.responses[:-1], [9] * len(second.responses[-1])])
    with torch.no_grad():
        clean = response_logprobs(policy, pack([[first, second]], pad_id=2))[first.tokens :]
        beside = response_logprobs(policy, pack([[changed, second]], pad_id=2))[first.tokens :]
        beneath = response_logprobs(policy, pack([[first, sibling]], pad_id=2))[first.tokens :]
    assert torch.equal(clean, beside)
    kept = second.tokens - len(second.responses[-1])
    assert kept > 0
    assert torch.equal(clean[:kept], beneath[:kept])
    assert not torch.equal(clean[kept:], beneath[kept:])


def test_padding_is_never_read_and_gives_no_nan(tiny: Path) -> None:
    policy, trees = load_policy(tiny), drawn(2, seed=5)
    for pad_id in (2, 77):
        packed = pack([trees[:1], [*trees, *trees]], pad_id=pad_id)
        with torch.no_grad():
            found = response_logprobs(policy, packed)
        assert torch.isfinite(found).all()
        torch.testing.assert_close(found[: trees[0].tokens], torch.cat(alone(policy, trees[0])), rtol=0, atol=1e-4)


def test_a_model_that_reads_across_texts_is_refused(tiny: Path) -> None:
    refuse_cross_talk(load_policy(tiny))
    torch.manual_seed(0)
    recurrent = MambaForCausalLM(MambaConfig(vocab_size=64, hidden_size=32, num_hidden_layers=2, state_size=4)).eval()
    mistaken = load_policy(tiny)
    mistaken.set_attn_implementation("eager")  # adds a mask of yes and no to its scores instead of heeding it
    for model in (recurrent, mistaken):
        with pytest.raises(ConfigError, match="base"):
            refuse_cross_talk(model)
