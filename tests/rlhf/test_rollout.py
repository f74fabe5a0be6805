"""Generation and response log-probabilities: padding, stop tokens, temperature, and nothing after the end."""

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from tests.rlhf.ppo_cases import left_padded, tiny_policy
from training.rlhf.failures import ConfigError, NotFinite
from training.rlhf.logprobs import policy_layout
from training.rlhf.models import load_policy, load_tokenizer
from training.rlhf.policy_losses import token_entropy
from training.rlhf.rollout import (
    Rollout,
    chosen_logprobs,
    generate,
    on_responses,
    response_logits,
    response_states,
    stop_token_ids,
)
from training.rlhf.tokens import positions

EOS = 2
PROMPTS = [[1, 40, 41, 42, 43, 44, 45], [1, 50], [1, 60, 61, 2, 62]]


@pytest.fixture(scope="module")
def policy():
    return load_policy(tiny_policy())


@pytest.fixture(scope="module")
def learned_positions():
    """A model for which a position off by one shows; rotary positions hide it, being relative."""
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=128, n_embd=32, n_layer=2, n_head=2, n_positions=64)).eval()
    with torch.no_grad():
        model.transformer.wpe.weight.mul_(20)  # so that the likeliest token depends on the position
    return model


def sample(model, prompts=PROMPTS, *, seed=0, temperature=1.0, stop_ids=(EOS,), pad_id=EOS, tokens=12, top_p=1.0):
    return generate(
        model,
        left_padded(prompts, pad_id),
        max_new_tokens=tokens,
        temperature=temperature,
        stop_ids=stop_ids,
        pad_id=pad_id,
        generator=torch.Generator().manual_seed(seed),
        top_p=top_p,
    )


def logprobs(model, rollout, temperature=1.0):
    with torch.no_grad():
        states = response_states(model.base_model, rollout, policy_layout(model, pad_id=EOS).lay)
        logits = response_logits(model.get_output_embeddings(), states, temperature=temperature)
    return chosen_logprobs(logits, rollout), on_responses(token_entropy(logits), rollout)


def rollout_of(prompts, responses, pad_id=EOS):
    """A rollout with chosen responses."""
    batch = left_padded(prompts, pad_id)
    width = max(len(response) for response in responses)
    ids = torch.tensor([[*response, *[pad_id] * (width - len(response))] for response in responses])
    mask = torch.arange(width)[None] < torch.tensor([len(response) for response in responses])[:, None]
    attention = torch.cat([batch.attention_mask, mask.long()], 1)
    finished = torch.tensor([response[-1] == EOS for response in responses])
    return Rollout(torch.cat([batch.input_ids, ids], 1), attention, positions(attention), mask, finished)


def plain_logprobs(model, prompt, response, temperature=1.0):
    """The same numbers from one unpadded row and the model's own logits."""
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([prompt + response])).logits[0] / temperature
    choices = logits.log_softmax(-1)[len(prompt) - 1 : -1]
    return choices.gather(1, torch.tensor(response)[:, None])[:, 0]


RESPONSES = [[70, 71, 72, 2], [80, 81, 82, 83, 84, 85], [2]]


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_left_padding_does_not_change_log_probabilities(policy, temperature):
    found, _ = logprobs(policy, rollout_of(PROMPTS, RESPONSES), temperature)
    for row, (prompt, response) in enumerate(zip(PROMPTS, RESPONSES, strict=True)):
        expected = plain_logprobs(policy, prompt, response, temperature)
        assert torch.allclose(found[row, : len(response)], expected, atol=1e-4, rtol=0)
        assert found[row, len(response) :].eq(0).all()


def test_a_model_with_learned_positions_needs_ours(learned_positions):
    model = learned_positions
    rollout = rollout_of(PROMPTS, RESPONSES)
    found, _ = logprobs(model, rollout)
    expected = plain_logprobs(model, PROMPTS[1], RESPONSES[1])
    assert torch.allclose(found[1], expected, atol=1e-4, rtol=0)

    def padded(**positions):
        with torch.no_grad():
            logits = model(input_ids=rollout.input_ids, attention_mask=rollout.attention_mask, **positions).logits
        choices = logits[1, -len(RESPONSES[1]) - 1 : -1].log_softmax(-1)
        return choices.gather(1, torch.tensor(RESPONSES[1])[:, None])[:, 0]

    assert torch.allclose(padded(position_ids=rollout.position_ids), expected, atol=1e-4, rtol=0)
    columns = torch.arange(rollout.input_ids.shape[1]).expand_as(rollout.input_ids)
    assert (padded(position_ids=columns) - expected).abs().max() > 1e-3


@pytest.mark.parametrize("model", ["policy", "learned_positions"])
def test_eight_prompts_together_are_answered_as_each_alone(model, request):
    model = request.getfixturevalue(model)
    prompts = [[1, *range(40, 41 + 2 * n)] for n in range(8)]
    together = sample(model, prompts, temperature=0)
    for row, prompt in enumerate(prompts):
        alone = sample(model, [prompt], temperature=0)
        assert together.responses()[row] == alone.responses()[0]
        found, expected = logprobs(model, together)[0][row], logprobs(model, alone)[0][0]
        assert torch.allclose(found[: len(expected)], expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("model", ["policy", "learned_positions"])
def test_greedy_generation_is_the_likeliest_token_of_the_training_forward(model, request):
    model = request.getfixturevalue(model)
    for prompt, response in zip(PROMPTS, sample(model, temperature=0).responses(), strict=True):
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([prompt + response])).logits[0]
        assert logits.argmax(-1)[len(prompt) - 1 : -1].tolist() == response


def test_responses_end_with_the_first_stop_token_and_hold_no_other(policy):
    stops = set(range(2, 300))  # an untrained model draws any token: most responses end early
    rollout = sample(policy, PROMPTS * 8, stop_ids=stops)
    assert {len(response) for response in rollout.responses()} > {1, 2}
    for response, finished in zip(rollout.responses(), rollout.finished.tolist(), strict=True):
        assert not stops & set(response[:-1])
        assert finished == (response[-1] in stops)
        assert finished or len(response) == 12


def test_the_attention_mask_ends_where_the_response_ends(policy):
    rollout = sample(policy, PROMPTS * 8, stop_ids=range(2, 300))
    width = rollout.response_mask.shape[1]
    assert torch.equal(rollout.attention_mask[:, -width:].bool(), rollout.response_mask)
    assert torch.equal(rollout.position_ids, positions(rollout.attention_mask))
    for row, end in enumerate(rollout.ends.tolist()):
        assert rollout.attention_mask[row, end] == 1
        assert rollout.attention_mask[row, end + 1 :].eq(0).all()


def test_what_stands_after_the_end_contributes_nothing(policy):
    rollout = rollout_of(PROMPTS, RESPONSES)
    perturbed = rollout.input_ids.clone()
    perturbed[:, -rollout.response_mask.shape[1] :][~rollout.response_mask] = 99
    changed = Rollout(perturbed, rollout.attention_mask, rollout.position_ids, rollout.response_mask, rollout.finished)
    for clean, dirty in zip(logprobs(policy, rollout), logprobs(policy, changed), strict=True):
        assert torch.equal(clean, dirty)


def test_padding_with_the_stop_token_or_another_is_the_same(policy):
    equal, other = sample(policy, PROMPTS * 4, pad_id=EOS), sample(policy, PROMPTS * 4, pad_id=0)
    assert equal.responses() == other.responses()
    assert torch.equal(equal.response_mask, other.response_mask)
    assert torch.equal(logprobs(policy, equal)[0], logprobs(policy, other)[0])


def test_more_padding_changes_no_log_probability(policy):
    narrow = rollout_of(PROMPTS, RESPONSES)
    wide = rollout_of([*PROMPTS, [1] * 20], [*RESPONSES, [9] * 10])
    for found, padded in zip(logprobs(policy, narrow), logprobs(policy, wide), strict=True):
        assert torch.allclose(found, padded[:3, :6], atol=1e-5, rtol=0)


def test_the_entropy_of_each_choice(policy):
    _, entropy = logprobs(policy, rollout_of(PROMPTS, RESPONSES))
    with torch.no_grad():
        logits = policy(input_ids=torch.tensor([PROMPTS[0] + RESPONSES[0]])).logits[0, 6:-1]
    expected = torch.distributions.Categorical(logits=logits).entropy()
    assert torch.allclose(entropy[0, :4], expected, atol=1e-4, rtol=0)


def test_samples_follow_the_tempered_distribution(policy):
    prompt = PROMPTS[0]
    with torch.no_grad():
        shares = (policy(input_ids=torch.tensor([prompt])).logits[0, -1] / 0.1).softmax(-1)
    drawn = sample(policy, [prompt] * 4000, temperature=0.1, tokens=1).response_ids[:, 0]
    counts = drawn.bincount(minlength=len(shares)) / 4000
    assert (counts - shares).abs().max() < 4 * (shares * (1 - shares) / 4000).sqrt().max()


def test_top_p_keeps_the_likeliest_tokens_only(policy):
    prompt = PROMPTS[0]
    with torch.no_grad():
        shares = policy(input_ids=torch.tensor([prompt])).logits[0, -1].softmax(-1)
    ordered, order = shares.sort(descending=True)
    needed = int((ordered.cumsum(0) < 0.05).sum()) + 1
    drawn = set(sample(policy, [prompt] * 500, tokens=1, top_p=0.05).response_ids[:, 0].tolist())
    assert drawn <= set(order[:needed].tolist())
    assert len(drawn) > 1


def test_a_stop_token_of_ones_own():
    tokenizer = load_tokenizer(tiny_policy())
    assert stop_token_ids(tokenizer, None) == {tokenizer.eos_token_id}
    assert stop_token_ids(tokenizer, "<|endoftext|>") == {tokenizer.unk_token_id}
    with pytest.raises(ConfigError, match="stop_token"):
        stop_token_ids(tokenizer, "no such token")


def test_a_policy_that_has_become_nan_is_refused_with_a_sentence():
    model = load_policy(tiny_policy())
    with torch.no_grad():
        model.model.norm.weight.fill_(float("nan"))
    with pytest.raises(NotFinite, match="checkpoint"):
        sample(model)
