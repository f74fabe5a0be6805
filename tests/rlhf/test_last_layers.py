"""The last layers on kept activations are the whole model with the rest frozen."""

from pathlib import Path

import pytest
import torch
from transformers import GPT2Config, GPT2Model

from tests.rlhf.conftest import never, quiet
from tests.rlhf.test_packing import some_rows
from training.rlhf.comparisons import build
from training.rlhf.compute import start_compute
from training.rlhf.configs import RewardConfig
from training.rlhf.failures import ConfigError
from training.rlhf.fitting import Job
from training.rlhf.last_layers import Activations, activations, cut, fit_last
from training.rlhf.layouts import choose_layout, token_states
from training.rlhf.models import RewardModel, load_tokenizer, new_reward_model
from training.rlhf.packing import pack
from training.rlhf.reward import read_split


@pytest.mark.parametrize("last", [1, 3])
def test_kept_activations_give_the_rewards_and_gradients_of_the_whole(tiny: Path, last: int) -> None:
    torch.manual_seed(0)
    model, rows = new_reward_model(tiny, members=1, scope="last"), some_rows()
    bottom, top = cut(model.backbone, last)
    kept = Activations()
    with torch.no_grad():
        for part in (rows[::2], rows[1::2]):  # other company than when they are read
            kept.keep(part, token_states(bottom, pack(part)))
    upper = RewardModel(top)
    upper.head = model.head
    whole = model.raw(model.read(pack(rows)))
    whole.square().sum().backward()
    expected = {name: weight.grad.clone() for name, weight in top.layers.named_parameters()}
    model.zero_grad()
    quick = upper.raw(upper.read(kept.lay(rows)))
    quick.square().sum().backward()
    torch.testing.assert_close(quick, whole, rtol=0, atol=1e-5)
    for name, weight in top.layers.named_parameters():
        torch.testing.assert_close(weight.grad, expected[name], rtol=1e-5, atol=1e-5)
    assert len(model.backbone.layers) == 4  # the model itself is not cut


def test_a_model_that_cannot_be_cut_is_refused(tiny: Path) -> None:
    with pytest.raises(ConfigError, match="has no 5 layers"):
        cut(new_reward_model(tiny, members=1, scope="last").backbone, 4)
    with pytest.raises(ConfigError, match="could be cut"):
        cut(GPT2Model(GPT2Config(vocab_size=8, n_embd=8, n_layer=4, n_head=1)), 1)


def test_what_an_earlier_fit_kept_changes_no_bit_of_the_next(tiny: Path, preferences, tmp_path: Path) -> None:
    config = RewardConfig.from_dict(
        {"base": str(tiny), "scope": "last", "last_layers": 2, "steps": 3, "batch": 4, "checkpoint_every": 99}
    )
    tokenizer = load_tokenizer(tiny)
    train, measured, _, _ = read_split(config, preferences)
    comparisons = build(train, measured, tokenizer, config)

    def job(name: str) -> Job:
        torch.manual_seed(0)
        model = new_reward_model(tiny, members=1, scope="last")
        layout = choose_layout("auto", model.backbone, model.read, pad_id=tokenizer.pad_token_id)
        return Job(config, comparisons, model, tmp_path / name, start_compute(config, "cpu"), layout, quiet, never)

    first = job("first")
    bottom, _ = cut(first.model.backbone, 2)
    kept = activations(first, RewardModel(bottom).eval())
    fresh, again = fit_last(job("fresh")), fit_last(job("again"), kept)
    assert torch.equal(fresh.raw, again.raw)
    # Of another text: they are read, not made anew.
    kept.responses = {place: hidden + 0.1 for place, hidden in kept.responses.items()}
    with pytest.raises(ConfigError, match="gives other results"):
        fit_last(job("other"), kept)
