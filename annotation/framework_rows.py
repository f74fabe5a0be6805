"""Rows as other training frameworks read them, from the lines of frozen sets and prompt sets. Pure: dicts in and out.

Prompts and answers are chat messages, so that each framework applies the template of its own model.
"""

from collections.abc import Callable, Iterator
from typing import Any

Row = dict[str, Any]


def preference_rows(group: Row, framework: str) -> Iterator[Row]:
    """A row for each pair of a group that has a winner: prompt, chosen, rejected, margin (mean strength, 0 or more).

    Ties and split pairs have none and are left out: these frameworks learn from winners alone. TRL and OpenRLHF read
    the same columns.
    """
    texts = [response["text"] for response in group["responses"]]
    for pair in group["pairs"]:
        first, second = pair["wins_i"], pair["wins_j"]
        if first == second or pair["ties"] >= max(first, second):
            continue
        won, lost = (pair["i"], pair["j"]) if first > second else (pair["j"], pair["i"])
        count = first + pair["ties"] + second
        signed = pair["strength"] / count * (-1 if first > second else 1)
        yield {
            "prompt": group["messages"],
            "chosen": [_said(texts[won])],
            "rejected": [_said(texts[lost])],
            "margin": max(0.0, signed),
            "id": f"{group['group']}:{pair['i']}:{pair['j']}",
        }


def demonstration_rows(one: Row, framework: str) -> Iterator[Row]:
    """TRL prompt and completion, OpenRLHF input and output, verl messages."""
    answer = [_said(one["response"])]
    if framework == "trl":
        yield {"prompt": one["messages"], "completion": answer}
    elif framework == "openrlhf":
        yield {"input": one["messages"], "output": answer}
    else:
        yield {"messages": [*one["messages"], *answer]}


def prompt_rows(one: Row, framework: str) -> Iterator[Row]:
    """TRL prompt, OpenRLHF input, and the five columns of verl with a reward model instead of a known answer."""
    if framework == "trl":
        yield {"prompt": one["messages"]}
    elif framework == "openrlhf":
        yield {"input": one["messages"]}
    else:
        yield {
            "data_source": "assay",
            "prompt": one["messages"],
            "ability": "chat",
            "reward_model": {"style": "model", "ground_truth": ""},
            "extra_info": {"index": one["index"], "split": "train", "prompt": one["prompt"]},
        }


def _said(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


Rows = Callable[[Row, str], Iterator[Row]]
FORMATS: dict[str, tuple[tuple[str, ...], Rows]] = {
    "preference": (("trl", "openrlhf"), preference_rows),
    "demonstration": (("trl", "openrlhf", "verl"), demonstration_rows),
    "prompt": (("trl", "openrlhf", "verl"), prompt_rows),
}
"""What is exported, for whom, and by which rows. verl trains no reward model from pairs."""
NAMES = {"trl": "TRL", "openrlhf": "OpenRLHF", "verl": "verl"}
