"""A reward model held against a benchmark: every right and wrong response of every prompt is scored once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from . import rewardbench
from .compute import start_compute
from .configs import BenchmarkConfig
from .failures import DataError
from .features import passes
from .folders import write_json
from .layouts import choose_layout
from .models import load_reward_model, load_tokenizer
from .packing import Packed
from .parts import Line, work_in_parts
from .records import Trial, read_trials
from .rewardbench import Scored
from .scoring import finite
from .tokens import Batch, Truncations, encode


def run(
    config: BenchmarkConfig,
    data: Mapping[str, Path],
    out: Path,
    *,
    report: Callable[[int, dict[str, float]], None],
    should_stop: Callable[[], bool],
    device: str | None = None,
) -> dict[str, Any]:
    """Score data["benchmark"] with the reward model; returns and writes the figures of `rewardbench`.

    Writes `out`/scores.jsonl, one prompt a line in the order they came: {"id", "subset", "right": [reward],
    "wrong": [reward]}. Started again it keeps what is there. Raises Stopped with the number of prompts done,
    DataError for a file without a prompt, NotFinite for a reward that is no number.
    """
    accelerator = start_compute(config, device)
    trials = list(read_trials(data["benchmark"]))
    if not trials:
        raise DataError("The benchmark holds no prompt; nothing was started. Import it again.")
    tokenizer = load_tokenizer(config.reward_model)
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    model = load_reward_model(config.reward_model, dtype).to(accelerator.device)
    layout = choose_layout("auto", model.backbone, model.read, pad_id=tokenizer.pad_token_id)
    truncations = Truncations()

    def forward(batch: Batch | Packed) -> Tensor:
        return model.gain * model.raw(model.read(batch)) + model.bias

    def work(part: Sequence[int]) -> tuple[list[Line], dict[str, float]]:
        texts = [(trial, text) for trial in (trials[i] for i in part) for text in (*trial.right, *trial.wrong)]
        rows = [
            encode(
                tokenizer,
                trial.messages,
                text,
                max_prompt_tokens=config.max_prompt_tokens,
                max_response_tokens=config.max_response_tokens,
                truncations=truncations,
            )
            for trial, text in texts
        ]
        rewards = torch.zeros(len(rows), model.head.out_features)
        batches = layout.batches(rows, config.batch)
        for numbers, found in passes(forward, rows, batches, accelerator=accelerator, layout=layout):
            rewards[numbers] = finite(found)
        values = iter(rewards.mean(-1).tolist())
        lines: list[Line] = [
            {
                "id": trial.id,
                "subset": trial.subset,
                "right": [next(values) for _ in trial.right],
                "wrong": [next(values) for _ in trial.wrong],
            }
            for trial in (trials[i] for i in part)
        ]
        return lines, {"right_first": sum(min(x["right"]) > max(x["wrong"]) for x in lines) / len(lines)}

    size = max(1, 4 * config.batch // max(len(trial.right) + len(trial.wrong) for trial in trials))
    lines = work_in_parts(
        work,
        [range(start, min(start + size, len(trials))) for start in range(0, len(trials), size)],
        out / "scores.jsonl",
        config=config,
        source=data["benchmark"],
        report=report,
        should_stop=should_stop,
    )
    scored = [Scored(tuple(line["right"]), tuple(line["wrong"])) for line in lines]
    result = {
        "benchmark": rewardbench.figures(list(zip(trials, scored, strict=True))),
        "prompts": len(lines),
        "responses": sum(_size(trial) for trial in trials),
        "truncated_responses": truncations.responses,
    }
    write_json(out / "result.json", result)
    return result


def _size(trial: Trial) -> int:
    return len(trial.right) + len(trial.wrong)
