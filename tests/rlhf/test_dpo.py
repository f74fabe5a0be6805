"""Direct preference optimisation starts as its reference, learns what people prefer, and resumes bit for bit."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from tests.rlhf.conftest import Stopper, never, quiet
from training.rlhf import dpo
from training.rlhf.checkpoints import latest_checkpoint
from training.rlhf.compute import start_compute
from training.rlhf.configs import DPOConfig
from training.rlhf.dpo_figures import Judge, Policy, means
from training.rlhf.dpo_pairs import build
from training.rlhf.failures import ConfigError, NotFinite, Stopped
from training.rlhf.folders import digest_file
from training.rlhf.models import load_policy, load_tokenizer
from training.rlhf.packing import pack


def settings(tiny: Path, **changes: Any) -> DPOConfig:
    values = {"base": str(tiny), "steps": 6, "batch": 4, "micro_batch": 3, "lr": 1e-3, "checkpoint_every": 2}
    return DPOConfig.from_dict(values | {"device": "cpu", "lora_rank": 0} | changes)


def trained(config: DPOConfig, data: dict[str, Path], out: Path) -> tuple[dict[str, Any], dict[int, dict[str, float]]]:
    seen: dict[int, dict[str, float]] = {}
    return dpo.run(config, data, out, report=seen.__setitem__, should_stop=never), seen


def weights(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "model" / "model.safetensors")


def equal(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


class Plain:
    """The same loss written out: one unpadded row for each response, the model's own logits, pair by pair."""

    def __init__(self, tiny: Path, config: DPOConfig, data: dict[str, Path]) -> None:
        train, measured, _ = dpo.read_split(config, data)
        self.config, self.policy = config, load_policy(tiny)
        self.prompts = build(train, measured, load_tokenizer(tiny), config).train

    def logprob(self, prompt: list[int], response: list[int]) -> torch.Tensor:
        logits = self.policy(input_ids=torch.tensor([prompt + response])).logits[0, len(prompt) - 1 : -1]
        return logits.log_softmax(-1).gather(1, torch.tensor(response)[:, None]).sum()

    def loss(self, chosen: list[int], reference: dict[tuple[int, int], float]) -> torch.Tensor:
        """Mean over prompts of the mean over pairs, where a tie is half a win each."""
        total = torch.zeros(())
        for n in chosen:
            prompt = self.prompts[n]
            rewards = [
                self.config.beta * (self.logprob(prompt.opening, response) - reference[n, k])
                for k, response in enumerate(prompt.responses)
            ]
            for i, j, wins_i, ties, wins_j, _ in prompt.pairs:
                d, share = rewards[i] - rewards[j], (wins_i + ties / 2) / (wins_i + ties + wins_j)
                loss = -(share * torch.sigmoid(d).log() + (1 - share) * torch.sigmoid(-d).log())
                total = total + loss / len(prompt.pairs)
        return total / len(chosen)

    def reference(self) -> dict[tuple[int, int], float]:
        with torch.no_grad():
            return {
                (n, k): float(self.logprob(prompt.opening, response))
                for n, prompt in enumerate(self.prompts)
                for k, response in enumerate(prompt.responses)
            }


def test_loss_and_gradient_are_those_of_the_plain_formula(tiny: Path, preferences) -> None:
    config = settings(tiny, beta=0.5)
    plain = Plain(tiny, config, preferences)
    reference = plain.reference()
    with torch.no_grad():  # away from the reference, where differences are not 0
        for weight in plain.policy.parameters():
            weight.mul_(1.05)
    chosen = list(range(8))
    expected = plain.loss(chosen, reference)
    expected.backward()

    policy = load_policy(tiny)
    policy.load_state_dict(plain.policy.state_dict())
    model, prompts = Policy(policy), [plain.prompts[n] for n in chosen]
    with torch.no_grad():
        before = Policy(load_policy(tiny))
        known = {p.prompt: before(pack(p.rows)) for p in prompts}
    for size in (1, 3, 8):
        model.zero_grad()
        judge = Judge(dataclasses.replace(config, micro_batch=size), known, start_compute(config), pack)
        found = means(dpo.accumulate(model, prompts, judge))
        assert found["loss"] == pytest.approx(float(expected), rel=1e-5)
        for (name, ours), theirs in zip(policy.named_parameters(), plain.policy.parameters(), strict=True):
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-6, msg=name)


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({}, math.log(2)),
        ({"lora_rank": 4, "ties": "drop"}, math.log(2)),
        ({"label_smoothing": 0.2, "beta": 0.7}, math.log(2)),
        ({"loss": "ipo", "ties": "drop", "beta": 0.25}, 4.0),
        ({"precision": "bf16", "micro_batch": 4, "steps": 1}, math.log(2)),
    ],
    ids=["sigmoid", "lora", "smoothed", "ipo", "bf16"],
)
def test_it_starts_as_the_reference(tiny: Path, preferences, tmp_path: Path, changes, first: float) -> None:
    """Every implicit reward is 0: the loss is log 2 whatever beta is (IPO: the square of half its inverse)."""
    result, seen = trained(settings(tiny, **{"steps": 1} | changes), preferences, tmp_path)
    near = 2e-3 if "precision" in changes else 1e-5
    assert result["loss_before"] == pytest.approx(first, abs=near)
    assert seen[1]["loss"] == pytest.approx(first, abs=near)
    assert seen[1]["margin"] == pytest.approx(0, abs=10 * near)
    assert seen[1]["kl"] == pytest.approx(0, abs=near)


@pytest.mark.parametrize(
    ("changes", "least"),
    [
        ({}, 0.85),
        ({"lora_rank": 8, "lr": 1e-2, "ties": "rao_kupper", "precision": "bf16"}, 0.85),
        ({"loss": "ipo", "ties": "davidson"}, 0.65),  # it asks for a fixed gap, and gets there slowly
        ({"rankings": "plackett_luce", "ties": "davidson"}, 0.85),
    ],
    ids=["sigmoid", "lora bf16 rao-kupper", "ipo", "davidson plackett-luce"],
)
def test_it_learns_what_people_prefer(
    tiny: Path, preferences, tmp_path: Path, changes: dict[str, Any], least: float
) -> None:
    fixed = {"steps": 20, "batch": 8, "micro_batch": 8, "lr": 3e-3, "schedule": "constant", "checkpoint_every": 20}
    config = settings(tiny, **fixed | changes)
    result, seen = trained(config, preferences, tmp_path)
    assert result["loss_after"] < result["loss_before"]
    assert sum(seen[step]["accuracy"] for step in (18, 19, 20)) / 3 > least
    assert result["interval"][0] < result["accuracy"] <= result["interval"][1]
    assert (result["measured_on"], result["train_prompts"], result["steps"]) == ("test", 24, 20)
    assert result["kl"] > 0
    last = seen[20]
    assert last["margin"] > 0
    assert last["reward_chosen"] - last["reward_rejected"] == pytest.approx(last["margin"], abs=1e-4)
    assert set(last) >= {"loss", "accuracy", "logprob_chosen", "logprob_rejected", "grad_norm", "lr", "kl"}
    assert json.loads((tmp_path / "result.json").read_text()) == json.loads(json.dumps(result))
    assert not {p.suffix for p in (tmp_path / "model").iterdir()} & {".bin", ".pt", ".pth", ".pkl"}
    assert not any("lora" in name for name in weights(tmp_path))
    assert not equal(weights(tmp_path), load_file(tiny / "model.safetensors"))


def test_what_is_measured_is_the_saved_model(tiny: Path, preferences, tmp_path: Path) -> None:
    config = settings(tiny, lora_rank=4, lr=5e-3)
    result, _ = trained(config, preferences, tmp_path)
    _, groups, _ = dpo.read_split(config, preferences)
    measured = build([], groups, load_tokenizer(tiny), config).measured
    accelerator, start = start_compute(config), Policy(load_policy(tiny))
    with torch.no_grad():
        known = {prompt.prompt: start(pack(prompt.rows)) for prompt in measured}
    saved = Policy(load_policy(tmp_path / "model"))
    found = means(dpo.measure(saved, measured, Judge(config, known, accelerator, pack)))
    assert found["loss"] == pytest.approx(result["loss_after"], abs=1e-4)
    assert found["accuracy"] == result["accuracy"]


@pytest.mark.parametrize("lora_rank", [0, 4])
def test_stopped_anywhere_and_resumed_equals_uninterrupted(
    tiny: Path, preferences, tmp_path: Path, lora_rank: int
) -> None:
    config = settings(tiny, lora_rank=lora_rank, warmup_steps=2)
    whole, seen = trained(config, preferences, tmp_path / "whole")
    passes = math.ceil(32 / 3)  # over the reference, each followed by a question whether to stop but the last
    for step in (0, 3, 5):
        out = tmp_path / f"stopped-{step}"
        with pytest.raises(Stopped) as stopped:
            dpo.run(config, preferences, out, report=quiet, should_stop=Stopper(passes + step))
        assert stopped.value.step == step
        torch.manual_seed(99)
        again, later = trained(config, preferences, out)
        assert again == whole
        assert later == {number: values for number, values in seen.items() if number > step}
        assert equal(weights(out), weights(tmp_path / "whole"))
        left, right = (latest_checkpoint(folder) for folder in (out, tmp_path / "whole"))
        for name in ("weights", "optimiser", "rng"):
            assert equal(left.tensors(name), right.tensors(name))


def test_the_reference_is_asked_once_and_the_file_says_of_what(tiny: Path, preferences, tmp_path: Path) -> None:
    whole, _ = trained(settings(tiny), preferences, tmp_path / "whole")
    with pytest.raises(Stopped) as stopped:  # in the middle of the passes over the reference
        dpo.run(settings(tiny), preferences, tmp_path / "parts", report=quiet, should_stop=Stopper(3))
    assert stopped.value.step == 0
    path = tmp_path / "parts" / "reference.safetensors"
    done = load_file(path)
    assert 0 < len(done) < 32
    assert trained(settings(tiny), preferences, tmp_path / "parts")[0] == whole
    assert equal(load_file(path), load_file(tmp_path / "whole" / "reference.safetensors"))
    assert len(load_file(path)) == 32

    kept = digest_file(path)
    trained(settings(tiny), preferences, tmp_path / "parts")  # finished already: nothing is computed anew
    assert digest_file(path) == kept
    with safe_open(path, framework="pt") as file:
        key = file.metadata()["key"]
    (tmp_path / "other").mkdir()
    path.rename(tmp_path / "other" / "reference.safetensors")
    trained(settings(tiny, micro_batch=2), preferences, tmp_path / "other")  # other rounding: not the same numbers
    with safe_open(tmp_path / "other" / "reference.safetensors", framework="pt") as file:
        assert file.metadata()["key"] != key


def test_the_same_seed_gives_the_same_bits_and_another_does_not(tiny: Path, preferences, tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        trained(settings(tiny, steps=2, seed=seed), preferences, tmp_path / name)
    assert equal(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not equal(weights(tmp_path / "a"), weights(tmp_path / "c"))


def test_a_loss_that_is_not_finite_ends_the_run_before_the_update(tiny: Path, preferences, tmp_path: Path) -> None:
    with pytest.raises(NotFinite, match="step 2"):
        trained(settings(tiny, lr=1e30, checkpoint_every=1, schedule="constant"), preferences, tmp_path)


def test_ipo_of_whole_orders_is_refused(tiny: Path, preferences, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Setting rankings"):
        trained(settings(tiny, loss="ipo", rankings="plackett_luce"), preferences, tmp_path)
