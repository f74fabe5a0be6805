"""Fine-tuning reads responses only, does not depend on how a batch is cut up, and resumes bit for bit."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import Gemma2Config, Gemma2ForCausalLM

from tests.rlhf.conftest import Stopper, never, quiet
from training.rlhf import sft
from training.rlhf.compute import start_compute
from training.rlhf.configs import SFTConfig
from training.rlhf.failures import ConfigError, NotFinite, Stopped
from training.rlhf.losses import token_loss_sum
from training.rlhf.models import load_policy, load_tokenizer, save_policy
from training.rlhf.packing import pack
from training.rlhf.tokens import Encoded, collate


def settings(tiny: Path, **changes: Any) -> SFTConfig:
    values = {"base": str(tiny), "steps": 6, "batch": 4, "micro_batch": 3, "lr": 1e-3, "checkpoint_every": 2}
    return SFTConfig.from_dict(values | changes)


def weights(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "model" / "model.safetensors")


def largest_difference(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> float:
    assert left.keys() == right.keys()
    return max((left[name] - right[name]).abs().max().item() for name in left)


def ragged() -> list[Encoded]:
    draw = random.Random(3)
    return [
        Encoded(draw.choices(range(3, 500), k=draw.randint(2, 12)), draw.choices(range(3, 500), k=draw.randint(1, 20)))
        for _ in range(8)
    ]


def gradient(
    tiny: Path, rows: list[Encoded], micro_batch: int, pack_tokens: int | None = None
) -> tuple[float, dict[str, torch.Tensor]]:
    model = sft.ResponseLoss(load_policy(tiny))
    accelerator = start_compute(settings(tiny))
    loss = sft.accumulate(
        model, rows, accelerator=accelerator, micro_batch=micro_batch, lay=pack, pack_tokens=pack_tokens
    )
    return float(loss), {name: w.grad for name, w in model.named_parameters() if w.grad is not None}


def test_the_loss_is_that_of_the_whole_model(tiny: Path) -> None:
    policy, batch = load_policy(tiny), collate(ragged(), pad_id=2)
    logits = policy(batch.input_ids, attention_mask=batch.attention_mask, position_ids=batch.position_ids).logits
    whole = token_loss_sum(logits, batch.input_ids, batch.response_mask)
    (packed,) = sft.forward_passes(ragged(), micro_batch=8, pack_tokens=None, lay=pack)
    torch.testing.assert_close(sft.ResponseLoss(policy)(packed), whole, rtol=1e-6, atol=0)


def test_prompt_tokens_carry_no_loss_of_their_own(tiny: Path) -> None:
    """The mean is over response tokens: a row whose response is one token counts one."""
    rows = [Encoded([5, 6, 7, 8], [9]), Encoded([5], [6, 7])]
    loss, _ = gradient(tiny, rows, micro_batch=2)
    policy = load_policy(tiny)
    with torch.no_grad():
        first = policy(torch.tensor([rows[0].ids])).logits.log_softmax(-1)
        second = policy(torch.tensor([rows[1].ids])).logits.log_softmax(-1)
    expected = -(first[0, 3, 9] + second[0, 0, 6] + second[0, 1, 7]) / 3
    assert loss == pytest.approx(float(expected), rel=1e-6)


def test_accumulation_gives_the_gradient_of_one_large_batch(tiny: Path) -> None:
    rows = ragged()
    (whole, expected), (parts, actual) = gradient(tiny, rows, 8), gradient(tiny, rows, 1)
    assert parts == pytest.approx(whole, rel=1e-6)
    assert expected.keys() == actual.keys()
    for name in expected:
        torch.testing.assert_close(actual[name], expected[name], rtol=0, atol=1e-5)


@pytest.mark.parametrize("pack_tokens", [25, 64, 1000])
def test_texts_that_share_rows_give_the_gradient_of_texts_alone(tiny: Path, pack_tokens: int) -> None:
    rows = ragged()
    laid = sft.forward_passes(rows, micro_batch=1, pack_tokens=pack_tokens, lay=pack)
    assert len(laid) < len(rows)
    assert all(batch.input_ids.shape[1] <= max(pack_tokens, *(len(row.ids) for row in rows)) for batch in laid)
    assert sum(len(batch.targets) for batch in laid) == sum(len(row.response) for row in rows)
    (alone, expected), (packed, actual) = gradient(tiny, rows, 1), gradient(tiny, rows, 2, pack_tokens)
    assert packed == pytest.approx(alone, rel=1e-6)
    for name in expected:
        torch.testing.assert_close(actual[name], expected[name], rtol=0, atol=1e-5)


def test_held_out_loss_is_measured_on_the_way_and_answers_are_kept(tiny: Path, demonstrations, tmp_path: Path) -> None:
    seen: dict[int, dict[str, float]] = {}
    config = settings(tiny, eval_every=3, samples=2, max_new_tokens=5, pack_tokens=128, lr=1e-2)
    result = sft.run(config, demonstrations, tmp_path, report=seen.__setitem__, should_stop=never)
    assert [step for step in seen if "eval_loss" in seen[step]] == [3, 6]
    assert seen[6]["eval_loss"] == result["loss_after"] < seen[3]["eval_loss"] < result["loss_before"]
    lines = [json.loads(line) for line in (tmp_path / "samples.jsonl").read_text().splitlines()]
    assert [line["prompt"] for line in lines] == ["p20", "p21"]
    assert all(set(line) == {"prompt", "messages", "before", "after"} for line in lines)
    assert (result["samples"], result["best_step"]) == (2, 6)
    assert any(line["before"] != line["after"] for line in lines)


@pytest.mark.parametrize("changes", [{}, {"lora_rank": 4, "precision": "bf16"}], ids=["full", "lora-bf16"])
def test_the_loss_falls(tiny: Path, demonstrations, tmp_path: Path, changes: dict[str, Any]) -> None:
    steps: list[int] = []
    config = settings(tiny, steps=12, lr=3e-3, **changes)
    result = sft.run(
        config, demonstrations, tmp_path / "out", report=lambda step, values: steps.append(step), should_stop=never
    )
    assert result["loss_after"] < result["loss_before"] - 0.5
    assert (result["measured_on"], result["measured"], steps) == ("test", 4, list(range(1, 13)))
    model = tmp_path / "out" / "model"
    assert not {p.suffix for p in model.iterdir()} & {".bin", ".pt", ".pth", ".pkl"}
    tokenizer = load_tokenizer(model)
    _, measured, _ = sft.read_split(config, demonstrations)
    rows = [
        sft.encode(tokenizer, d.messages, d.response, max_prompt_tokens=256, max_response_tokens=256) for d in measured
    ]
    saved = sft.mean_loss(
        sft.ResponseLoss(load_policy(model)), rows, accelerator=start_compute(settings(tiny)), micro_batch=3, lay=pack
    )
    assert saved == pytest.approx(result["loss_after"], rel=0.01 if changes else 1e-6)


@pytest.mark.parametrize("lora_rank", [0, 4])
def test_stopped_anywhere_and_resumed_equals_uninterrupted(
    tiny: Path, demonstrations, tmp_path: Path, lora_rank: int
) -> None:
    config = settings(tiny, lora_rank=lora_rank, warmup_steps=2, pack_tokens=96, eval_every=2)
    seen: dict[int, dict[str, float]] = {}
    whole = sft.run(config, demonstrations, tmp_path / "whole", report=seen.__setitem__, should_stop=never)
    for calls in (0, 3, 5):
        out = tmp_path / f"stopped-{calls}"
        with pytest.raises(Stopped) as stopped:
            sft.run(config, demonstrations, out, report=quiet, should_stop=Stopper(calls))
        assert stopped.value.step == calls
        again: dict[int, dict[str, float]] = {}
        torch.manual_seed(99)
        assert sft.run(config, demonstrations, out, report=again.__setitem__, should_stop=never) == whole
        assert again == {step: values for step, values in seen.items() if step > calls}
        assert largest_difference(weights(tmp_path / "whole"), weights(out)) == 0.0


def test_the_same_seed_gives_the_same_bits_and_another_does_not(tiny: Path, demonstrations, tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        sft.run(settings(tiny, steps=2, seed=seed), demonstrations, tmp_path / name, report=quiet, should_stop=never)
    assert largest_difference(weights(tmp_path / "a"), weights(tmp_path / "b")) == 0.0
    assert largest_difference(weights(tmp_path / "a"), weights(tmp_path / "c")) > 0.0


def test_a_checkpoint_of_other_settings_is_not_continued(tiny: Path, demonstrations, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        sft.run(settings(tiny), demonstrations, tmp_path, report=quiet, should_stop=Stopper(2))
    with pytest.raises(ConfigError, match="another batch, lr"):
        sft.run(settings(tiny, lr=2e-3, batch=3), demonstrations, tmp_path, report=quiet, should_stop=never)


def test_a_loss_that_is_not_finite_ends_the_run_before_the_update(tiny: Path, demonstrations, tmp_path: Path) -> None:
    config = settings(tiny, lr=1e30, checkpoint_every=1, schedule="constant")
    with pytest.raises(NotFinite, match="step 2"):
        sft.run(config, demonstrations, tmp_path, report=quiet, should_stop=never)


def test_a_model_whose_logits_are_changed_after_the_output_layer_is_refused(
    tiny: Path, demonstrations, tmp_path: Path
) -> None:
    tokenizer = load_tokenizer(tiny)
    shape = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "head_dim": 16}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1, "final_logit_softcapping": 1.0}
    capped = Gemma2ForCausalLM(Gemma2Config(vocab_size=len(tokenizer), **shape, **heads))
    save_policy(capped, tokenizer, tmp_path / "capped")
    with pytest.raises(ConfigError, match="base"):
        sft.run(settings(tmp_path / "capped"), demonstrations, tmp_path / "out", report=quiet, should_stop=never)
