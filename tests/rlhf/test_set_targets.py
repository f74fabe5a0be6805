"""The targets of a set's file reach the loss: each choice of labels its own numbers, in reward models and in DPO."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from training.rlhf import dpo_pairs
from training.rlhf.comparisons import build
from training.rlhf.configs import DPOConfig, RewardConfig
from training.rlhf.failures import DataError
from training.rlhf.models import load_tokenizer
from training.rlhf.pair_loss import pair_tensors, prompt_losses
from training.rlhf.records import Group, read_groups

Write = Callable[[str, list[dict[str, Any]]], Path]


def line(n: int, **more: Any) -> dict[str, Any]:
    """Three raters, two for the first answer, of whom the third, a good one, is for the second."""
    targets = {
        "shares": [666_667, 0, 333_333],
        "majority": "i",
        "posterior": [100_000, 50_000, 850_000],
        "reliable": [250_000, 0, 750_000],
        "raters": 3,
        "weight": 1_200_000,
        "gold": False,
    }
    rankings = [
        {"judgment": "a", "rater": "r1", "places": [1, 2], "reliability": 150_000, "strength": -1},
        {"judgment": "b", "rater": "r2", "places": [1, 2], "reliability": 150_000, "strength": -1},
        {"judgment": "c", "rater": "r3", "places": [2, 1], "reliability": 900_000, "strength": 1},
    ]
    pair = {"i": 0, "j": 1, "wins_i": 2, "ties": 0, "wins_j": 1, "strength": -1, "judgments": ["a", "b", "c"]}
    return {
        "shape": 2,
        "group": f"g{n}",
        "prompt": f"p{n}",
        "messages": [{"role": "user", "content": f"Question {n}"}],
        "responses": [{"id": f"x{n}", "text": "an answer"}, {"id": f"y{n}", "text": "the map"}],
        "pairs": [pair | {"targets": targets}],
        "rankings": rankings,
        "split": "train",
    } | more


def clear(n: int) -> dict[str, Any]:
    """One good rater for the first answer."""
    made = line(n)
    made["pairs"][0] |= {"wins_i": 1, "wins_j": 0, "judgments": ["a"]}
    told = {"shares": [1_000_000, 0, 0], "posterior": [900_000, 0, 100_000], "reliable": [1_000_000, 0, 0]}
    made["pairs"][0]["targets"] |= told | {"raters": 1, "weight": 800_000}
    made["rankings"] = [{"judgment": "a", "rater": "r3", "places": [1, 2], "reliability": 800_000}]
    return made


@pytest.fixture
def groups(write: Write) -> list[Group]:
    return list(read_groups(write("set.jsonl", [line(0), clear(1)])))


WANTED = {
    "counts": ((2.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    "majority": ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
    "posterior": ((0.1, 0.05, 0.85), (0.9, 0.0, 0.1)),
    "reliable": ((0.3, 0.0, 0.9), (0.8, 0.0, 0.0)),
}


@pytest.mark.parametrize("labels", WANTED)
def test_a_reward_model_is_asked_to_fit_what_was_chosen(groups: list[Group], tiny: Path, labels: str) -> None:
    config = RewardConfig.from_dict({"base": str(tiny), "labels": labels})
    found = build(groups, groups, load_tokenizer(tiny), config)
    assert [prompt.pairs[0].counts[0] for prompt in found.train] == [pytest.approx(own) for own in WANTED[labels]]
    # People are what is measured against, whatever was learned from.
    assert [prompt.pairs[0].counts[0] for prompt in found.measured] == [(2.0, 0.0, 1.0), (1.0, 0.0, 0.0)]
    relied = [0.4, 0.8] if labels == "reliable" else [1.0, 1.0]
    mean = sum(relied) / 2
    assert [prompt.pairs[0].weight for prompt in found.train] == pytest.approx(relied)
    assert [prompt.weight for prompt in found.train] == pytest.approx([own / mean for own in relied])


@pytest.mark.parametrize("labels", WANTED)
def test_dpo_is_asked_to_fit_what_was_chosen(groups: list[Group], tiny: Path, labels: str) -> None:
    config = DPOConfig.from_dict({"base": str(tiny), "labels": labels})
    found = dpo_pairs.build(groups, groups, load_tokenizer(tiny), config)
    relied = [0.4, 0.8] if labels == "reliable" else [1.0, 1.0]
    for prompt, own, weight in zip(found.train, WANTED[labels], relied, strict=True):
        assert prompt.pairs == [(0, 1, *(pytest.approx(count) for count in own), pytest.approx(weight))]
    assert [prompt.pairs[0][2:5] for prompt in found.measured] == [(2.0, 0.0, 1.0), (1.0, 0.0, 0.0)]


def test_a_prompt_counts_in_the_loss_as_far_as_its_raters_are_relied_on(groups: list[Group], tiny: Path) -> None:
    config = RewardConfig.from_dict({"base": str(tiny), "labels": "reliable", "ties": "half"})
    prompts = build(groups, [], load_tokenizer(tiny), config).train
    judged = pair_tensors(prompts, weights=torch.ones(2, 1), dtype=torch.float64)
    rewards = torch.zeros(4, 1, dtype=torch.float64)
    rewards[0] = 1.0
    shares, ahead = [0.25, 1.0], [1.0, 0.0]
    by_hand = sum(
        weight * -(p * math.log(1 / (1 + math.exp(-d))) + (1 - p) * math.log(1 / (1 + math.exp(d))))
        for p, d, weight in zip(shares, ahead, [2 / 3, 4 / 3], strict=True)
    )
    assert float(prompt_losses(rewards, judged, None)) == pytest.approx(by_hand)


def test_a_prompt_counts_in_dpo_as_far_too(groups: list[Group], tiny: Path) -> None:
    config = DPOConfig.from_dict({"base": str(tiny), "labels": "reliable"})
    prompts = dpo_pairs.build(groups, [], load_tokenizer(tiny), config).train
    scores = torch.tensor([1.0, 0.0, 0.0, 0.0])
    columns = dpo_pairs.PairColumns.of(prompts, scores.device)
    first = -(0.25 * math.log(1 / (1 + math.exp(-1))) + 0.75 * math.log(1 / (1 + math.exp(1))))
    found = dpo_pairs.prompt_losses(scores, prompts, columns, config)
    assert found.tolist() == pytest.approx([2 / 3 * first, 4 / 3 * math.log(2)])


def test_best_and_worst_only_says_nothing_of_the_middle(write: Write, tiny: Path) -> None:
    made = line(0)
    made["responses"] += [{"id": "z", "text": "a house"}, {"id": "w", "text": "in the example"}]
    places = {"judgment": "a", "rater": "r1", "places": [1, 2, 2, 3], "reliability": 500_000, "partial": True}
    made["rankings"] = [places]
    [group] = read_groups(write("set.jsonl", [made]))
    assert group.rankings[0].partial
    middle = {**made["pairs"][0], "i": 1, "j": 2, "wins_i": 0, "ties": 1, "wins_j": 0}
    made["pairs"] = [{**made["pairs"][0], "j": 3}, middle]
    for pair in made["pairs"]:
        pair.pop("targets")
    [group] = read_groups(write("set.jsonl", [made]))
    found = build([group], [], load_tokenizer(tiny), RewardConfig.from_dict({"base": str(tiny)}))
    assert found.train[0].pairs[0].counts == ((1.0, 0.0, 0.0),)


@pytest.mark.parametrize("labels", ["counts", "majority", "posterior", "reliable"])
def test_an_order_as_given_is_learned_whole_only_where_votes_are(write: Write, tiny: Path, labels: str) -> None:
    [group] = read_groups(write("set.jsonl", [line(0)]))
    config = RewardConfig.from_dict({"base": str(tiny), "labels": labels, "objective": "plackett_luce"})
    [prompt] = build([group], [], load_tokenizer(tiny), config).train
    if labels in ("majority", "posterior"):
        assert prompt.rankings == [] and len(prompt.pairs) == 1
    else:
        weights = [0.15, 0.15, 0.9] if labels == "reliable" else [1.0, 1.0, 1.0]
        assert [rank.weights[0] for rank in prompt.rankings] == pytest.approx(weights) and prompt.pairs == []


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("reliable", [1, 2, 3], "whole numbers of millionths"),
        ("reliable", [0.5, 0, 0.5], "whole numbers of millionths"),
        ("posterior", [2_000_000, 0, -1_000_000], "whole numbers of millionths"),
        ("weight", 0, "weight of a pair's targets"),
        ("weight", 9_000_000, "weight of a pair's targets"),
    ],
)
def test_targets_that_cannot_be_are_refused_with_the_line(write: Write, place: str, value: Any, words: str) -> None:
    made = line(0)
    made["pairs"][0]["targets"][place] = value
    with pytest.raises(DataError, match=words):
        list(read_groups(write("set.jsonl", [made])))


@pytest.mark.parametrize(
    ("change", "words"), [({"reliability": 0}, "reliability"), ({"partial": 1}, "partial"), ({"places": [1]}, "places")]
)
def test_rankings_that_cannot_be_are_refused(write: Write, change: dict[str, Any], words: str) -> None:
    made = line(0)
    made["rankings"][0] |= change
    with pytest.raises(DataError, match=words):
        list(read_groups(write("set.jsonl", [made])))


def test_a_shape_of_the_future_is_refused(write: Write) -> None:
    path = write("set.jsonl", [line(0, shape=3)])
    with pytest.raises(DataError, match="newer than this version"):
        list(read_groups(path))
    assert json.loads(path.read_text())["shape"] == 3
