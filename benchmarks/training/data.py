"""The real labels beside the checkout as preference groups and prompts, the same for every side.

Pairs are half PandaLM's, several answers to a prompt, and half LLMBar's, one pair to a prompt; rankings of four are
OpenAssistant's. Only decided pairs: TRL reads no ties. Texts are cut to 192 tokens, as in the preset "small".
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TOKENS, SEED = 192, 5
Record = dict[str, Any]


def pairs_of_many(data: Path) -> list[Record]:
    """PandaLM: groups of a prompt and its distinct answers, with the pairs that a majority of three decided."""
    prompts: dict[str, list[Record]] = defaultdict(list)
    for pair in _lines(data / "pandalm_testset" / "pairs.jsonl"):
        label, votes = Counter(pair["labels"].values()).most_common(1)[0]
        if label in ("a", "b") and votes > 1 and pair["response_a"] != pair["response_b"]:
            asked = f"{pair['prompt']}\n\n{pair['input']}" if pair["input"] else pair["prompt"]
            prompts[asked].append(pair | {"label": label})
    groups = []
    for asked, pairs in prompts.items():
        texts = sorted({pair[f"response_{side}"] for pair in pairs for side in "ab"})
        decided = {}
        for pair in pairs:
            better, worse = (texts.index(pair[f"response_{side}"]) for side in sorted("ab", key=pair["label"].__ne__))
            decided[min(better, worse), max(better, worse)] = _pair(better, worse)
        groups.append(
            _group(f"pandalm-{len(groups)}", [{"role": "user", "content": asked}], texts, list(decided.values()))
        )
    return groups


def pairs_of_two(data: Path) -> list[Record]:
    """LLMBar: groups of a prompt and one pair."""
    return [
        _group(
            pair["id"],
            [{"role": "user", "content": pair["prompt"]}],
            [pair["response_a"], pair["response_b"]],
            [_pair(0, 1) if pair["label"] == "a" else _pair(1, 0)],
        )
        for pair in _lines(data / "llmbar" / "pairs.jsonl")
        if pair["response_a"] != pair["response_b"]
    ]


def rankings_of_four(data: Path) -> list[Record]:
    """OpenAssistant: groups of a conversation and its best four answers, all six pairs of them."""
    groups = []
    for ranked in _lines(data / "oasst_en100" / "ranked_replies.jsonl"):
        texts = [reply["text"] for reply in sorted(ranked["replies"], key=lambda reply: reply["rank"])][:4]
        if len(set(texts)) == 4 and ranked["replying_role"] == "assistant":
            pairs = [_pair(i, j) for i in range(4) for j in range(i + 1, 4)]
            groups.append(_group(ranked["id"], ranked["messages"], texts, pairs))
    return groups


def rounds_of(kind: str, data: Path, rounds: int, pairs: int) -> list[list[Record]]:
    """What each round trains on: about as many pairs of the kind "pairs", "many", "two" or "rankings"."""
    draw = random.Random(SEED)

    def drawn(groups: list[Record]) -> Iterator[Record]:
        draw.shuffle(groups)
        return iter(groups)

    many, two, four = (drawn(groups) for groups in (pairs_of_many(data), pairs_of_two(data), rankings_of_four(data)))
    takes = {
        "pairs": [(many, pairs // 2), (two, pairs // 2)],
        "many": [(many, pairs)],
        "two": [(two, pairs)],
        "rankings": [(four, pairs)],
    }[kind]
    return [[group for source, wanted in takes for group in _until(source, wanted)] for _ in range(rounds)]


def prompts(data: Path) -> list[Record]:
    """OpenAssistant's opening questions of at most 200 characters, in the order of the file."""
    asked = {
        ranked["messages"][0]["content"]: None
        for name in ("ranked_replies.jsonl", "sft_demos.jsonl")
        for ranked in _lines(data / "oasst_en100" / name)
    }
    short = [text for text in asked if len(text) <= 200]
    return [{"prompt": f"p{n}", "messages": [{"role": "user", "content": text}]} for n, text in enumerate(short)]


def write(path: Path, records: list[Record]) -> Path:
    """The records as JSONL."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def _lines(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _pair(better: int, worse: int) -> Record:
    i, j = sorted((better, worse))
    return {"i": i, "j": j, "wins_i": int(i == better), "ties": 0, "wins_j": int(j == better), "strength": 0}


def _group(name: str, messages: list[Record], texts: list[str], pairs: list[Record]) -> Record:
    responses = [{"id": f"{name}-{n}", "text": text} for n, text in enumerate(texts)]
    pairs = [pair | {"judgments": [name]} for pair in pairs]
    return {
        "group": name,
        "prompt": name,
        "messages": messages,
        "responses": responses,
        "pairs": pairs,
        "split": "train",
    }


def _until(groups: Iterator[Record], pairs: int) -> Iterator[Record]:
    taken = 0
    while taken < pairs:
        group = next(groups)
        taken += len(group["pairs"])
        yield group
