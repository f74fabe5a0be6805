"""Sampling responses: what is written, that a killed run goes on, and that a seed means the same texts."""

import json

import pytest

from tests.rlhf.ppo_cases import PROMPTS, prompt_file, tiny_policy
from training.rlhf import sampling
from training.rlhf.configs import SampleConfig
from training.rlhf.failures import ConfigError, DataError, Stopped


def settings(**changes):
    values = {"base": str(tiny_policy()), "responses": 3, "batch": 6, "max_new_tokens": 6, "device": "cpu"}
    return SampleConfig.from_dict(values | changes)


def sample(config, out, *, stop_after=None, prompts=None):
    seen = []
    result = sampling.run(
        config,
        {"prompts": prompts or prompt_file()},
        out,
        report=lambda step, values: seen.append((step, values)),
        should_stop=lambda: stop_after is not None and len(seen) >= stop_after,
    )
    return result, seen


def test_every_prompt_gets_its_responses_in_the_order_of_the_file(tmp_path):
    result, seen = sample(settings(), tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "responses.jsonl").read_text().splitlines()]
    assert [row["prompt"] for row in rows] == [f"p{index}" for index in range(len(PROMPTS))]
    assert [row["messages"][0]["content"] for row in rows] == PROMPTS
    for row in rows:
        assert len(row["responses"]) == 3
        assert all(set(answer) == {"text", "finished"} for answer in row["responses"])
        assert len({answer["text"] for answer in row["responses"]}) > 1
    assert result["responses"] == 3 * len(PROMPTS)
    assert [step for step, _ in seen] == [2, 4, 6, 8, 10]
    assert json.loads((tmp_path / "result.json").read_text()) == result
    assert {path.name for path in tmp_path.iterdir()} == {"responses.jsonl", "result.json"}


@pytest.mark.parametrize("stop", [0, 1, 3])
def test_stopped_and_started_again_writes_the_same_file(tmp_path, stop):
    sample(settings(), tmp_path / "whole")
    with pytest.raises(Stopped) as stopped:
        sample(settings(), tmp_path / "parts", stop_after=stop)
    assert stopped.value.step == 2 * stop
    _, seen = sample(settings(), tmp_path / "parts")
    assert len(seen) == 5 - stop
    whole, parts = (tmp_path / name / "responses.jsonl" for name in ("whole", "parts"))
    assert whole.read_text() == parts.read_text()


def test_a_stopped_run_is_not_finished_with_other_settings(tmp_path):
    with pytest.raises(Stopped):
        sample(settings(), tmp_path, stop_after=1)
    with pytest.raises(ConfigError, match="temperature"):
        sample(settings(temperature=0.5), tmp_path)


def test_parts_of_another_prompt_file_are_not_used(tmp_path):
    with pytest.raises(Stopped):
        sample(settings(), tmp_path, stop_after=2)
    other = tmp_path / "other.jsonl"
    other.write_text('{"prompt": "q", "messages": [{"role": "user", "content": "Other."}]}\n')
    result, _ = sample(settings(), tmp_path, prompts=other)
    assert result["prompts"] == 1


def test_temperature_zero_gives_one_text_and_seeds_differ_above_it(tmp_path):
    sample(settings(temperature=0.0), tmp_path / "greedy")
    for line in (tmp_path / "greedy" / "responses.jsonl").read_text().splitlines():
        assert len({answer["text"] for answer in json.loads(line)["responses"]}) == 1
    texts = []
    for seed in (1, 1, 2):
        sample(settings(seed=seed), tmp_path / f"seed-{len(texts)}")
        texts.append((tmp_path / f"seed-{len(texts)}" / "responses.jsonl").read_text())
    assert texts[0] == texts[1] != texts[2]


def test_greedy_texts_do_not_depend_on_the_batch(tmp_path):
    for batch in (1, 10):
        sample(settings(temperature=0.0, responses=1, batch=batch), tmp_path / str(batch))
    one, ten = (tmp_path / name / "responses.jsonl" for name in ("1", "10"))
    assert one.read_text() == ten.read_text()


def test_no_prompt_is_refused(tmp_path):
    (tmp_path / "none.jsonl").write_text("")
    with pytest.raises(DataError, match="no prompt"):
        sample(settings(), tmp_path, prompts=tmp_path / "none.jsonl")
