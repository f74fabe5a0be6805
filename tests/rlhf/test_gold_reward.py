"""The experiment of gold against proxy: its language, its simulated people, its curves, and that it resumes."""

import json
import math
import random
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from benchmarks.gold_reward import __main__ as command
from benchmarks.gold_reward import one_seed
from benchmarks.gold_reward.figures import WINDOW, against, fitted, of_arm, smoothed, value_at
from benchmarks.gold_reward.plot import draw
from benchmarks.gold_reward.world import LEXICON, LONGEST, NOISE, comparison, gold_reward, request, worth_of_words
from training.rlhf.tiny import tiny_tokenizer


def curve(gold, steps=60, reach=6.0):
    """Points whose d goes evenly up to ``reach``."""
    places = [reach * (step + 1) / steps for step in range(steps)]
    return [{"step": n, "kl": d * d, "gold": gold(d), "proxy": d} for n, d in enumerate(places)]


def test_words_are_short_in_tokens_so_that_texts_are_not_cut():
    tokenizer = tiny_tokenizer()
    sizes = [len(tokenizer(f" {word}", add_special_tokens=False)["input_ids"]) for word in LEXICON]
    assert sorted(sizes)[-2:] == [1, 2]
    assert LONGEST + 1 < one_seed.RESPONSE_TOKENS


def test_a_word_is_worth_something_once_and_what_is_no_word_nothing():
    worth = worth_of_words(random.Random(3))
    assert sum(worth.values()) == pytest.approx(0, abs=1e-9)
    assert sum(value**2 for value in worth.values()) / len(worth) == pytest.approx(1)
    said = gold_reward(" map fox", worth)
    assert said == worth["map"] + worth["fox"]
    assert gold_reward(" fox map fox fox qqq", worth) == pytest.approx(said)


def test_no_two_prompts_are_alike():
    prompts = one_seed.Size().comparisons
    assert len({json.dumps(request(number)["messages"]) for number in range(prompts)}) == prompts


def test_people_prefer_the_better_text_as_often_as_bradley_and_terry_say():
    worth = dict.fromkeys(LEXICON, 0.0) | {"map": NOISE}
    draw_, n = random.Random(0), 4000
    records = [comparison(request(7), [" map", " fox"], worth, draw_) for _ in range(n)]
    share = sum(record["pairs"][0]["wins_i"] for record in records) / n
    expected = 1 / (1 + math.exp(-1))
    assert abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / n)
    assert one_seed.label_quality(records, worth) == pytest.approx(share)
    assert {record["split"] for record in records} == {"train", "test"}


def test_the_fitted_curve_is_the_one_that_made_the_points():
    a, b = 2.0, 0.7
    found = fitted(curve(lambda d: d * (a - b * math.log(d))))
    assert found == pytest.approx((a, b))
    # Its top is where the derivative a - b - b log d is 0.
    top = math.exp(a / b - 1)
    points = curve(lambda d: d * (a - b * math.log(d)), steps=400, reach=2 * top)
    assert of_arm(points)["peak_d"] == pytest.approx(top, rel=0.02)


def test_a_lucky_point_is_no_peak():
    points = curve(lambda d: 1.0)
    points[30]["gold"] = 1.0 + WINDOW
    assert of_arm(points)["peak_gold"] == pytest.approx(2.0)


def test_curves_are_compared_where_both_have_come():
    short, far = curve(lambda d: d, reach=3.0), curve(lambda d: 2 * d if d < 4 else 0.0, reach=6.0)
    seeds = [{"arms": {"single": short, "doubt": far}}]
    reach = smoothed(short)[-1]["d"]
    # Not to the digit: a mean of points is on a straight line, the root of their mean KL is not.
    assert value_at(smoothed(far), reach) == pytest.approx(2 * reach, rel=2e-3)
    assert against(seeds, "doubt", "single")["gold_at_equal_d"]["median"] == pytest.approx(reach, rel=4e-3)
    with pytest.raises(ValueError, match="never comes"):
        value_at(smoothed(short), 4.0)


def test_the_plot_is_sound_and_says_itself_in_words():
    seeds = [{"arms": {"single": curve(lambda d: d * (2 - d / 3)), "doubt": curve(lambda d: d)}} for _ in range(3)]
    text = draw(seeds)
    root = ElementTree.fromstring(text)  # noqa: S314 -- our own picture
    title = next(element.text for element in root.iter() if element.tag.endswith("title"))
    assert "one model: gold peaks at 2.99 where √KL is 3.0" in title
    lines = [element.get("class") for element in root.iter() if element.tag.endswith("path")]
    # Two panels and the legend; a faint line for each seed in each panel.
    assert (lines.count("line single"), lines.count("seed single")) == (3, 6)
    assert "prefers-color-scheme: dark" in text


@pytest.mark.slow
def test_it_runs_prints_one_object_and_keeps_finished_seeds(tmp_path: Path, monkeypatch, capsys):
    small = one_seed.Size(demonstrations=16, comparisons=40, epochs=1, steps=4, responses=4, every=1)
    monkeypatch.setattr(command, "SHORT", small)
    words = ["gold_reward", "--short", "--seeds", "1", "--folder", str(tmp_path), "--plot", str(tmp_path / "p.svg")]
    monkeypatch.setattr(sys, "argv", words)
    command.main()
    first = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(first["arms"]) == {"single", "doubt"} and first["seeds"] == [0]
    assert set(first["against"]) == {"doubt against single"}
    assert (tmp_path / "p.svg").read_text(encoding="utf-8").startswith("<svg")
    record = json.loads((tmp_path / "seed-0.json").read_text(encoding="utf-8"))
    assert [point["step"] for point in record["arms"]["single"]] == [1, 2, 3, 4]
    monkeypatch.setattr(command, "run_seed", lambda *_: pytest.fail("a finished seed was run again"))
    command.main()
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == first
