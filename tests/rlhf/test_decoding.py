"""The short path through a Llama says what the model itself says, token for token."""

import copy

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from tests.rlhf.ppo_cases import left_padded, lively_policy
from training.rlhf.decoding import FusedLlama, Plain, decoder_of, fuse
from training.rlhf.models import load_policy
from training.rlhf.rollout import generate

PROMPTS = [[1, 40, 41, 42, 43, 44, 45], [1, 50], [1, 60, 61, 2, 62]] * 4
ROOM = 24
# The lively policy likes to repeat what it read last; whatever else it draws ends the response.
OTHERS = sorted(set(range(2, 512)) - {45, 50, 62})


@pytest.fixture
def fused():
    model = load_policy(lively_policy())
    fuse(model)
    return model


def written(model, temperature=0.0, stop_ids=(), top_p=1.0):
    return generate(
        model,
        left_padded(PROMPTS),
        max_new_tokens=ROOM,
        temperature=temperature,
        stop_ids=stop_ids,
        pad_id=2,
        generator=torch.Generator().manual_seed(3),
        top_p=top_p,
    )


def test_greedy_tokens_are_those_of_transformers(fused):
    prompts = left_padded(PROMPTS)
    theirs = load_policy(lively_policy()).generate(
        input_ids=prompts.input_ids,
        attention_mask=prompts.attention_mask,
        max_new_tokens=ROOM,
        min_new_tokens=ROOM,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=2,
    )
    assert isinstance(decoder_of(fused, ROOM), FusedLlama)
    assert torch.equal(written(fused).response_ids, theirs[:, -ROOM:])


def test_every_logit_is_that_of_the_models_own_path(fused):
    prompts = left_padded(PROMPTS)
    short, own = decoder_of(fused, 4), Plain(load_policy(lively_policy()))
    mask, positions = prompts.attention_mask, prompts.attention_mask.sum(1, keepdim=True)
    with torch.no_grad():
        assert torch.allclose(short.read(prompts), own.read(prompts), atol=1e-4, rtol=0)
        for step in range(4):
            mask = torch.cat([mask, (torch.arange(len(PROMPTS)) % 4 != step)[:, None].long()], 1)
            tokens = torch.full((len(PROMPTS), 1), 70 + step)
            found, expected = (decoder.next(tokens, mask, positions + step) for decoder in (short, own))
            assert torch.allclose(found, expected, atol=1e-4, rtol=0)


def test_samples_that_end_are_the_same(fused):
    plain = written(load_policy(lively_policy()), temperature=1.0, stop_ids=OTHERS)
    short = written(fused, temperature=1.0, stop_ids=OTHERS)
    assert short.responses() == plain.responses()
    assert len({len(response) for response in plain.responses()}) > 2


def test_fusing_changes_no_forward_pass_and_follows_what_is_written_in_place(fused):
    model, ids = load_policy(lively_policy()), torch.arange(40)[None]
    with torch.no_grad():
        assert torch.allclose(fused(input_ids=ids).logits, model(input_ids=ids).logits, atol=1e-5, rtol=0)
        for one, other in zip(model.parameters(), fused.parameters(), strict=True):
            one.mul_(1.1)
            other.mul_(1.1)
    assert written(fused).responses() == written(model).responses()
    fused.load_state_dict(load_policy(lively_policy()).state_dict())
    assert written(fused).responses() == written(load_policy(lively_policy())).responses()


def test_any_other_model_keeps_its_own_path():
    torch.manual_seed(0)
    other = GPT2LMHeadModel(GPT2Config(vocab_size=128, n_embd=32, n_layer=2, n_head=2, n_positions=64)).eval()
    before = copy.deepcopy(other.state_dict())
    fuse(other)
    assert isinstance(decoder_of(other, 4), Plain)
    assert all(torch.equal(before[name], weight) for name, weight in other.state_dict().items())
    biased = load_policy(lively_policy())
    biased.config.mlp_bias = True
    fuse(biased)
    assert isinstance(decoder_of(biased, 4), Plain)
