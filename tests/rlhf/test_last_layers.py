"""The last layers on kept activations are the whole model with the rest frozen."""

from pathlib import Path

import pytest
import torch
from transformers import GPT2Config, GPT2Model

from tests.rlhf.test_packing import some_rows
from training.rlhf.failures import ConfigError
from training.rlhf.last_layers import Activations, cut
from training.rlhf.layouts import token_states
from training.rlhf.models import RewardModel, new_reward_model
from training.rlhf.packing import pack


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
