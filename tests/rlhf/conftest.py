"""A tiny model on disk and small data sets with a known answer."""

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch

from training.rlhf.tiny import make_tiny

WORDS = ["a", "answer", "explains", "what", "to", "do", "gives", "an", "example", "of", "the", "map", "in", "house"]


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Iterable[dict[str, Any]]], Path]:
    def write_lines(name: str, records: Iterable[dict[str, Any]]) -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        return path

    return write_lines


@pytest.fixture
def demonstrations(write) -> dict[str, Path]:
    """20 train and 4 test demonstrations of ragged lengths."""
    records = [
        {
            "demonstration": f"d{n}",
            "prompt": f"p{n}",
            "messages": [{"role": "user", "content": f"Question {n} about " + " ".join(WORDS[: n % 7])}],
            "response": " ".join(WORDS[: 2 + n % 9]),
            "split": "train" if n < 20 else "test",
        }
        for n in range(24)
    ]
    return {"demonstrations": write("demonstrations.jsonl", records)}


def preference_group(number: int, draw: random.Random, split: str) -> dict[str, Any]:
    """2 to 4 responses; the one with more "good" wins 3 to 0, equals tie."""
    texts = [" ".join(draw.choices(["good", *WORDS], k=draw.randint(3, 12))) for _ in range(draw.randint(2, 4))]
    scores = [text.split().count("good") for text in texts]
    pairs = [
        {
            "i": i,
            "j": j,
            "wins_i": 3 * (scores[i] > scores[j]),
            "ties": 3 * (scores[i] == scores[j]),
            "wins_j": 3 * (scores[i] < scores[j]),
            "strength": 3 * ((scores[i] < scores[j]) - (scores[i] > scores[j])),
            "judgments": ["a", "b", "c"],
        }
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
    ]
    return {
        "group": f"g{number}",
        "prompt": f"p{number}",
        "messages": [{"role": "user", "content": f"Question {number}"}],
        "responses": [{"id": f"r{number}-{k}", "text": text} for k, text in enumerate(texts)],
        "pairs": pairs,
        "split": split,
    }


@pytest.fixture
def preferences(write) -> dict[str, Path]:
    """24 train and 8 test groups."""
    draw = random.Random(0)
    groups = [preference_group(n, draw, "train" if n < 24 else "test") for n in range(32)]
    return {"preferences": write("preferences.jsonl", groups)}


class Stopper:
    """Says yes from the call after ``calls`` calls on."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def never() -> bool:
    return False


def quiet(step: int, values: dict[str, float]) -> None:
    pass
