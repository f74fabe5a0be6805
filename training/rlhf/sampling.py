"""Several responses to each prompt from a policy: what people compare next, or see before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from .compute import start_compute
from .configs import SampleConfig
from .decoding import fuse
from .failures import DataError
from .folders import write_json
from .models import load_policy, load_tokenizer
from .parts import Line, work_in_parts
from .records import read_prompts
from .rollout import generate, stop_token_ids
from .tokens import Encoded, Truncations, collate, encode_prompt


def run(
    config: SampleConfig,
    data: Mapping[str, Path],
    out: Path,
    *,
    report: Callable[[int, dict[str, float]], None],
    should_stop: Callable[[], bool],
    device: str | None = None,
) -> dict[str, Any]:
    """Sample `config.responses` responses to each of data["prompts"]; returns and writes the result.

    Writes `out`/responses.jsonl, one prompt a line in the order they came:
    {"prompt", "messages", "responses": [{"text", "finished"}]}; `finished` is False where the response ran
    out of room. Started again it keeps what is there. Raises Stopped with the number of prompts done.
    """
    accelerator = start_compute(config, device)
    prompts = list(read_prompts(data["prompts"]))
    if not prompts:
        raise DataError("The prompt file holds no prompt; nothing was started. Choose a prompt set with prompts.")
    tokenizer = load_tokenizer(config.base)
    stop_ids = stop_token_ids(tokenizer, None)
    # Nothing is trained here, so bf16 weights are enough where bf16 arithmetic is.
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    model: Any = load_policy(config.base, dtype)
    model = model.to(accelerator.device)
    fuse(model)
    truncations = Truncations()
    encoded = [
        Encoded(encode_prompt(tokenizer, p.messages, max_tokens=config.max_prompt_tokens, truncations=truncations))
        for p in prompts
    ]

    def work(part: Sequence[int]) -> tuple[list[Line], dict[str, float]]:
        rows = [encoded[index] for index in part for _ in range(config.responses)]
        # The draws of a part are a function of the seed and of where it starts, whatever was done before it.
        draws = torch.Generator(accelerator.device).manual_seed(config.seed * 1_000_003 + part[0])
        rollout = generate(
            model,
            collate(rows, pad_id=tokenizer.pad_token_id, side="left").to(accelerator.device),
            max_new_tokens=config.max_new_tokens,
            temperature=config.temperature,
            top_p=config.top_p,
            stop_ids=stop_ids,
            pad_id=tokenizer.pad_token_id,
            generator=draws,
        )
        texts = tokenizer.batch_decode(rollout.responses(), skip_special_tokens=True)
        answers = [
            {"text": text, "finished": finished}
            for text, finished in zip(texts, rollout.finished.tolist(), strict=True)
        ]
        lines = [
            {
                "prompt": prompts[index].prompt,
                "messages": list(prompts[index].messages),
                "responses": answers[place * config.responses : (place + 1) * config.responses],
            }
            for place, index in enumerate(part)
        ]
        tokens = float(rollout.response_mask.sum())
        return lines, {"response_tokens": tokens / len(rows), "eos_share": float(rollout.finished.float().mean())}

    # Prompts of like length together: little padding, and a shorter context for most.
    order = sorted(range(len(prompts)), key=lambda index: (len(encoded[index].prompt), index))
    size = max(1, config.batch // config.responses)
    lines = work_in_parts(
        work,
        [order[start : start + size] for start in range(0, len(order), size)],
        out / "responses.jsonl",
        config=config,
        source=data["prompts"],
        report=report,
        should_stop=should_stop,
    )
    answers = [answer for line in lines for answer in line["responses"]]
    result = {
        "prompts": len(prompts),
        "responses": len(answers),
        "finished_share": sum(answer["finished"] for answer in answers) / len(answers),
        "truncated_prompts": truncations.prompts,
    }
    write_json(out / "result.json", result)
    return result
