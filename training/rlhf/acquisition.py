"""What people should compare next: a pool of responses scored by the reward model, and how unsure it is.

Only measures. Which pairs are opened as tasks, and how many at random beside them, is the platform's choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .compute import start_compute
from .configs import ScoreConfig
from .drift import MOST, shift
from .failures import DataError
from .features import passes
from .folders import write_json
from .layouts import Rows, choose_layout
from .models import RewardModel, load_reward_model, load_tokenizer
from .parts import Line, work_in_parts
from .records import Pool, read_pool
from .scoring import finite
from .tokens import Encoded, Truncations, encode


def pair_uncertainty(shares: Tensor) -> tuple[Tensor, Tensor]:
    """([pairs], [pairs]) from each member's P(i preferred), [pairs, members]: their mean p, and uncertainty.

    Uncertainty is the binary entropy of p in bits, 1 at p = 1/2, plus the members' standard deviation, 0 for
    a single member: a pair on which members disagree comes before one that all find close.
    """
    p = shares.mean(-1)
    entropy = -(torch.special.xlogy(p, p) + torch.special.xlogy(1 - p, 1 - p)) / torch.log(torch.tensor(2.0))
    return p, entropy + shares.std(-1, correction=0)


def compared(model: RewardModel, rewards: Tensor) -> list[Line]:
    """Every pair i < j of one prompt's responses from their rewards [responses, members]."""
    pairs = list(combinations(range(len(rewards)), 2))
    if not pairs:
        return []
    first, second = (torch.tensor(side) for side in zip(*pairs, strict=True))
    p, uncertainty = pair_uncertainty(model.preference(rewards[first] - rewards[second]))
    return [
        {"i": i, "j": j, "p": share, "uncertainty": bits}
        for (i, j), share, bits in zip(pairs, p.tolist(), uncertainty.tolist(), strict=True)
    ]


def run(
    config: ScoreConfig,
    data: Mapping[str, Path],
    out: Path,
    *,
    report: Callable[[int, dict[str, float]], None],
    should_stop: Callable[[], bool],
    device: str | None = None,
) -> dict[str, Any]:
    """Score data["pool"] with the reward model; returns and writes the result.

    Writes `out`/scores.jsonl, one prompt a line in the order they came: {"prompt", "responses": [{"id",
    "reward"}], "pairs": [{"i", "j", "p", "uncertainty"}]}, see `pair_uncertainty`. Started again it keeps
    what is there. With data["reference"], a pool that the reward model is known to be right about, best what it was
    normalised on, the result's "shift" says whether this pool's responses have moved away from it (`drift`). Raises
    Stopped with the number of prompts done, NotFinite for a reward that is no number.
    """
    accelerator = start_compute(config, device)
    pool = list(read_pool(data["pool"]))
    if not pool:
        raise DataError("The pool holds no response to score; nothing was started. Sample responses first.")
    tokenizer = load_tokenizer(config.reward_model)
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    model = load_reward_model(config.reward_model, dtype).to(accelerator.device)
    truncations = Truncations()

    def rows_of(entry: Pool, truncations: Truncations) -> list[Encoded]:
        limits = {"max_prompt_tokens": config.max_prompt_tokens, "max_response_tokens": config.max_response_tokens}
        texts = [response.text for response in entry.responses]
        return [encode(tokenizer, entry.messages, text, **limits, truncations=truncations) for text in texts]

    encoded = [rows_of(entry, truncations) for entry in pool]

    def forward(batch: Rows) -> Tensor:
        return model.gain * model.raw(model.read(batch)) + model.bias

    layout = choose_layout("auto", model.backbone, model.read, pad_id=tokenizer.pad_token_id)

    def work(part: Sequence[int]) -> tuple[list[Line], dict[str, float]]:
        rows = [row for index in part for row in encoded[index]]
        rewards = torch.zeros(len(rows), model.head.out_features)
        batches = layout.batches(rows, config.batch)
        for numbers, found in passes(forward, rows, batches, accelerator=accelerator, layout=layout):
            rewards[numbers] = finite(found)
        lines, uncertainties = [], []
        for index, own in zip(part, rewards.split([len(encoded[index]) for index in part]), strict=True):
            pairs = compared(model, own)
            uncertainties += [pair["uncertainty"] for pair in pairs]
            scored = [
                {"id": response.id, "reward": reward}
                for response, reward in zip(pool[index].responses, own.mean(-1).tolist(), strict=True)
            ]
            lines.append({"prompt": pool[index].prompt, "responses": scored, "pairs": pairs})
        metrics = {"reward": float(rewards.mean())}
        if uncertainties:
            metrics["uncertainty"] = sum(uncertainties) / len(uncertainties)
        return lines, metrics

    def features_and_rewards(rows: Sequence[Encoded]) -> tuple[Tensor, Tensor]:
        """What a shift is looked for in: last hidden states [rows, size], rewards [rows]."""

        def both(batch: Rows) -> Tensor:
            features = model.read(batch)
            rewards = model.gain * model.raw(features) + model.bias
            return torch.cat([features.flatten(1), rewards.mean(1, keepdim=True)], 1)

        batches = layout.batches(rows, config.batch)
        found = torch.cat([out for _, out in passes(both, rows, batches, accelerator=accelerator, layout=layout)])
        return found[:, :-1], found[:, -1]

    size = max(1, 4 * config.batch // max(len(entry.responses) for entry in pool))
    lines = work_in_parts(
        work,
        [range(start, min(start + size, len(pool))) for start in range(0, len(pool), size)],
        out / "scores.jsonl",
        config=config,
        source=data["pool"],
        report=report,
        should_stop=should_stop,
    )
    rewards = [response["reward"] for line in lines for response in line["responses"]]
    result = {
        "prompts": len(lines),
        "responses": len(rewards),
        "pairs": sum(len(line["pairs"]) for line in lines),
        "mean": sum(rewards) / len(rewards),
        "truncated_responses": truncations.responses,
    }
    if "reference" in data:
        known = [rows_of(entry, Truncations()) for entry in read_pool(data["reference"])]
        if not known:
            raise DataError("The file reference holds no response to compare with. Give one, or leave it out.")
        seen = [_drawn(prompts, config.seed) for prompts in (known, encoded)]
        columns = [column for rows in seen for column in features_and_rewards(rows)]
        result["shift"] = shift(columns[0], columns[2], columns[1], columns[3], seed=config.seed).to_dict()
    write_json(out / "result.json", result)
    return result


def _drawn(prompts: Sequence[Sequence[Encoded]], seed: int) -> list[Encoded]:
    """One response of each of at most `MOST` prompts: responses to one prompt are not independent."""
    draws = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(prompts), generator=draws).tolist()[:MOST]
    return [prompts[n][int(torch.randint(len(prompts[n]), (1,), generator=draws))] for n in order]
