"""A small language whose best texts are known: words, what each is worth, and people who compare by that worth.

A text is words in any order. Each word is worth something when it is first said and nothing when it is said again.
The starting policy hardly ever says a word twice, so its samples say little about repetition: a reward model learns
that good words are good, not that they are good once. This is where a policy that is optimised against it can go.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

LEXICON = tuple(
    word
    for line in (
        "about and answer are boils but can capital correct find fox from her map may more number old one other out",
        "over say short sort swap talked that the them they two use walked what with write you",
    )
    for word in line.split()
)
"""With a space before it a word is one token of the tiny model, one of them two."""
SHORTEST, LONGEST = 8, 12
NOISE = 2.0
"""Differences of gold reward are divided by this before they become chances of preference."""
Worth = Mapping[str, float]


def worth_of_words(draw: random.Random) -> dict[str, float]:
    """What each word is worth: normal, mean 0 and deviation 1 over the lexicon."""
    drawn = [draw.gauss(0, 1) for _ in LEXICON]
    mean = sum(drawn) / len(drawn)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in drawn) / len(drawn))
    return {word: (value - mean) / deviation for word, value in zip(LEXICON, drawn, strict=True)}


def gold_reward(text: str, worth: Worth) -> float:
    """The sum of the worths of the distinct words in ``text``; what is no word of the language is worth nothing."""
    return sum(worth.get(word, 0.0) for word in sorted(set(text.split())))


def sentence(draw: random.Random) -> str:
    """A text as people write it: 8 to 12 words, each as likely as any other."""
    return "".join(f" {draw.choice(LEXICON)}" for _ in range(draw.randint(SHORTEST, LONGEST)))


def request(number: int) -> dict[str, object]:
    """The prompt of this number, as a record of prompts; no two are alike."""
    first, second = divmod(number, len(LEXICON))
    asked = f"say {LEXICON[first % len(LEXICON)]} {LEXICON[second]}"
    return {"prompt": f"p{number:04d}", "messages": [{"role": "user", "content": asked}]}


def demonstration(number: int, draw: random.Random) -> dict[str, object]:
    """A text that a person wrote to the prompt of this number."""
    return request(number) | {"demonstration": f"d{number:04d}", "response": sentence(draw), "split": "train"}


def comparison(
    prompt: Mapping[str, object], texts: Sequence[str], worth: Worth, draw: random.Random
) -> dict[str, object]:
    """Which of two texts a person prefers: the better one by the chance of Bradley and Terry, never a tie.

    One comparison in four is held out ("test").
    """
    first, second = (gold_reward(text, worth) for text in texts)
    prefers_first = draw.random() < 1 / (1 + math.exp((second - first) / NOISE))
    pair = {"i": 0, "j": 1, "wins_i": int(prefers_first), "ties": 0, "wins_j": int(not prefers_first)}
    pair |= {"strength": -1 if prefers_first else 1, "judgments": [f"j-{prompt['prompt']}"]}
    return {
        **prompt,
        "group": f"g-{prompt['prompt']}",
        "responses": [{"id": hashlib.sha256(text.encode()).hexdigest()[:16], "text": text} for text in texts],
        "pairs": [pair],
        "split": "test" if draw.random() < 0.25 else "train",
    }


def write_lines(path: Path, records: Iterable[Mapping[str, object]]) -> Path:
    """One JSON object a line."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def read_lines(path: Path) -> list[dict[str, object]]:
    """The objects of a file of ``write_lines``."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
