"""Scoring a pool: rewards as the model gives them one by one, and uncertainty that orders pairs rightly."""

import json
import math
import random

import pytest
import torch

from tests.rlhf.ppo_cases import tiny_reward_model
from training.rlhf import acquisition
from training.rlhf.acquisition import pair_uncertainty
from training.rlhf.configs import ScoreConfig
from training.rlhf.failures import DataError, Stopped
from training.rlhf.models import load_reward_model, load_tokenizer
from training.rlhf.tokens import collate, encode

POOL = [
    ("a", ["Paris.", "The capital of France is Paris, of course.", "No."]),
    ("b", ["Walk along the river."]),
    ("c", ["It boils.", "It boils at a lower temperature in the mountains."]),
]


@pytest.fixture
def pool(tmp_path):
    rows = [
        {
            "prompt": prompt,
            "messages": [{"role": "user", "content": f"Question {prompt}?"}],
            "responses": [{"id": f"{prompt}{index}", "text": text} for index, text in enumerate(texts)],
        }
        for prompt, texts in POOL
    ]
    path = tmp_path / "pool.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def score(pool, out, *, members=1, stop_after=None, **changes):
    values = {"reward_model": str(tiny_reward_model(members)), "batch": 1, "device": "cpu"}
    seen = []
    result = acquisition.run(
        ScoreConfig.from_dict(values | changes),
        pool if isinstance(pool, dict) else {"pool": pool},
        out,
        report=lambda step, metrics: seen.append(step),
        should_stop=lambda: stop_after is not None and len(seen) >= stop_after,
    )
    return result, [json.loads(line) for line in (out / "scores.jsonl").read_text().splitlines()], seen


@pytest.mark.parametrize("batch", [1, 16])
def test_rewards_are_those_of_each_response_alone(pool, tmp_path, batch):
    result, rows, _ = score(pool, tmp_path, batch=batch)
    model, tokenizer = load_reward_model(tiny_reward_model()), load_tokenizer(tiny_reward_model())
    assert [row["prompt"] for row in rows] == ["a", "b", "c"]
    for row, (prompt, texts) in zip(rows, POOL, strict=True):
        assert [response["id"] for response in row["responses"]] == [f"{prompt}{i}" for i in range(len(texts))]
        for response, text in zip(row["responses"], texts, strict=True):
            messages = ({"role": "user", "content": f"Question {prompt}?"},)
            line = encode(tokenizer, messages, text, max_prompt_tokens=256, max_response_tokens=256)
            alone = collate([line], pad_id=tokenizer.pad_token_id)
            with torch.no_grad():
                expected = model.rewards(alone.input_ids, alone.attention_mask, alone.ends, alone.position_ids)
            assert response["reward"] == pytest.approx(expected.item(), abs=1e-4)
    assert result["responses"] == 6
    assert result["pairs"] == 4


def test_every_pair_follows_from_the_two_rewards(pool, tmp_path):
    _, rows, _ = score(pool, tmp_path)
    model = load_reward_model(tiny_reward_model())
    assert [[(pair["i"], pair["j"]) for pair in row["pairs"]] for row in rows] == [
        [(0, 1), (0, 2), (1, 2)],
        [],
        [(0, 1)],
    ]
    for row in rows:
        rewards = [response["reward"] for response in row["responses"]]
        for pair in row["pairs"]:
            odds = (rewards[pair["i"]] - rewards[pair["j"]]) / model.gain
            assert pair["p"] == pytest.approx(1 / (1 + math.exp(-odds)), abs=1e-5)
            p = pair["p"]
            bits = -(p * math.log2(p) + (1 - p) * math.log2(1 - p))
            assert pair["uncertainty"] == pytest.approx(bits, abs=1e-5)


def test_members_that_disagree_make_a_pair_more_uncertain(pool, tmp_path):
    _, rows, _ = score(pool, tmp_path, members=5)
    for pair in (pair for row in rows for pair in row["pairs"]):
        p = pair["p"]
        assert pair["uncertainty"] > -(p * math.log2(p) + (1 - p) * math.log2(1 - p))


def test_uncertainty_is_one_bit_at_a_half_none_at_certainty_and_symmetrical():
    p, bits = pair_uncertainty(torch.tensor([[0.5], [1.0], [0.0], [0.8], [0.2]]))
    assert p.tolist() == pytest.approx([0.5, 1, 0, 0.8, 0.2])
    assert bits.tolist() == pytest.approx([1, 0, 0, 0.721928, 0.721928], abs=1e-5)


def test_disagreement_counts_beyond_closeness():
    _, bits = pair_uncertainty(torch.tensor([[0.5, 0.5], [0.9, 0.1], [0.9, 0.9]]))
    assert bits[1] > bits[0] > bits[2]


def test_stopped_and_started_again_writes_the_same_file(pool, tmp_path):
    _, whole, seen = score(pool, tmp_path / "whole")
    assert seen == [1, 2, 3]
    with pytest.raises(Stopped) as stopped:
        score(pool, tmp_path / "parts", stop_after=1)
    assert stopped.value.step == 1
    _, parts, seen = score(pool, tmp_path / "parts")
    assert seen == [2, 3]
    assert parts == whole


def test_an_empty_pool_is_refused(tmp_path):
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(DataError, match="no response"):
        score(tmp_path / "none.jsonl", tmp_path)


@pytest.mark.parametrize(("words", "moved"), [("a an the to do it", False), ("zebra? quartz! vex; jump", True)])
def test_a_pool_is_held_against_what_the_model_was_right_about(tmp_path, words, moved):
    def written(name, words, seed):
        draw = random.Random(seed)
        texts = [[" ".join(draw.choices(words.split(), k=draw.randint(3, 8))) for _ in range(2)] for _ in range(60)]
        rows = [
            {
                "prompt": f"{name}{n}",
                "messages": [{"role": "user", "content": "Say something."}],
                "responses": [{"id": f"{name}{n}-{side}", "text": text} for side, text in enumerate(pair)],
            }
            for n, pair in enumerate(texts)
        ]
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    data = {"pool": written("pool", words, 1), "reference": written("reference", "a an the to do it", 2)}
    result, _, _ = score(data, tmp_path / "out", batch=16)
    assert result["shift"]["moved"] == moved


def test_an_empty_reference_is_refused(pool, tmp_path):
    empty = tmp_path / "reference.jsonl"
    empty.write_text("")
    with pytest.raises(DataError, match="reference"):
        score({"pool": pool, "reference": empty}, tmp_path / "out")
