"""The held-out topics of UKPConvArg1: what is read, what may be learned from, and that folds are kept."""

import csv
import json
import random
import sys
from pathlib import Path

import pytest
from scipy.stats import spearmanr

from benchmarks.convincing import __main__ as command
from benchmarks.convincing.dataset import gold_groups, read, vote_groups
from tests.conftest import REAL_DATA

TOPICS = ("cats", "dogs", "mice")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three topics of four arguments; the longer is better, five raters say so, one of them is a fool."""
    draw, where = random.Random(0), tmp_path / "data"
    where.mkdir()
    arguments, pairs, votes, ranking = [], [], [], []
    for number, topic in enumerate(TOPICS):
        ids = [f"{topic}{n}" for n in range(4)]
        for place, name in enumerate(ids):
            text = " ".join(["because"] * (2 + 3 * place))
            entry = {"id": name, "upstream_id": f"{topic}/arg{name}", "debate": topic, "stance": "yes", "text": text}
            arguments.append(json.dumps(entry))
            ranking.append((topic, name, 0.4 - 0.1 * place))
        for i in range(4):
            for j in range(i):
                # The later argument comes first in the file.
                gold = "tie" if (i, j) == (1, 0) else "a"
                pair = f"p{number}{i}{j}"
                pairs.append((pair, topic, ids[i], ids[j], gold, ""))
                said = [(f"r{n}", "tie" if gold == "tie" else "a") for n in range(4)]
                votes += [(pair, *vote) for vote in [*said, ("fool", draw.choice(["a", "b", "b"]))]]
    (where / "arguments.jsonl").write_text("\n".join(arguments) + "\n", encoding="utf-8")
    for name, header, rows in (
        ("pairs.csv", ("id", "topic", "a", "b", "mace_gold", "upstream_id"), pairs),
        ("votes_long.csv", ("pair", "rater", "label"), votes),
        ("upstream_ranking.csv", ("topic", "argument", "pagerank"), ranking),
    ):
        with (where / name).open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines).writerows([header, *rows])
    return where


def test_pairs_are_turned_to_the_order_of_their_topic(folder: Path) -> None:
    data = read(folder)
    cats = gold_groups(data, ties=True)[0]
    assert [response.id for response in cats.responses] == ["cats0", "cats1", "cats2", "cats3"]
    outcomes = {(pair.i, pair.j): (pair.wins_i, pair.ties, pair.wins_j) for pair in cats.pairs}
    assert outcomes[0, 1] == (0, 1, 0)
    assert {counts for places, counts in outcomes.items() if places != (0, 1)} == {(0, 0, 1)}
    assert len(gold_groups(data, ties=False)[0].pairs) == 5
    better = [argument.published for argument in data.arguments["cats"]]
    assert better == sorted(better), "a low PageRank is a convincing argument"


def test_votes_of_the_held_out_topic_teach_nothing_about_raters(folder: Path) -> None:
    data = read(folder)
    cats, dogs, mice = vote_groups(data, {"cats", "dogs"})
    assert all(pair.posterior is not None and pair.reliance < 1 for pair in (*cats.pairs, *dogs.pairs))
    assert all(pair.posterior is None and pair.reliable is None for pair in mice.pairs)
    # The fool's vote counts less than its fifth.
    pair = next(pair for pair in cats.pairs if (pair.i, pair.j) == (2, 3))
    assert pair.wins_j in (4, 5) and pair.count == 5
    against = [pair for pair in (*cats.pairs, *dogs.pairs) if pair.wins_i == 1]
    assert against and all(pair.reliable[0] < 0.19 and pair.posterior[0] < 0.05 for pair in against)
    lines = (folder / "votes_long.csv").read_text(encoding="utf-8").splitlines()
    turned = [line[:-1] + "b" if line.startswith("p2") else line for line in lines]
    (folder / "votes_long.csv").write_text("\n".join(turned) + "\n", encoding="utf-8")
    assert vote_groups(read(folder), {"cats", "dogs"})[:2] == [cats, dogs]


@pytest.mark.parametrize("mode", ["head", "quick"])
def test_each_topic_is_held_out_once_and_kept(
    folder: Path, tiny: Path, tmp_path: Path, monkeypatch, capsys, mode
) -> None:
    if mode == "quick":
        monkeypatch.setitem(command.MODES["quick"], "last_layers", 2)
        monkeypatch.setitem(command.MODES["quick"], "epochs", 2)
    out = tmp_path / "out"

    def say(*words: str) -> dict:
        fixed = ["convincing", str(folder), str(tiny), f"--{mode}", "--labels", "gold", "reliable", "--out", str(out)]
        monkeypatch.setattr(sys, "argv", [*fixed, *words])
        command.main()
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    assert say("--folds", "1")["gold"]["folds"] == 1
    found = say()
    record = next(out.glob(f"{mode}-*.jsonl")).read_text(encoding="utf-8").splitlines()
    folds = [json.loads(line) for line in record]
    assert [(fold["topic"], fold["labels"]) for fold in folds] == [(t, k) for t in TOPICS for k in ("gold", "reliable")]
    for fold in folds:
        assert {name for pair in fold["pairs"] for name in pair["ids"]} == set(fold["rewards"])
        assert all(name.startswith(fold["topic"]) for name in fold["rewards"])
    assert [fold["train_pairs"] for fold in folds[:2]] == [10, 12]
    assert (found["gold"]["n"], found["gold"]["ties"], found["gold"]["prompts"]) == (15, 3, 3)
    assert found["gold"]["accuracy_by_length_baseline"] == 1.0
    assert found["gold"]["spearman_of_length"]["mean"] == pytest.approx(1.0)
    assert len(found["reliable against gold"]["topics"]) == 3
    monkeypatch.setattr(command, "learn", lambda *_: pytest.fail("a fold that is kept was run again"))
    assert say() == found


@pytest.mark.real_data
def test_the_published_counts_and_ranking() -> None:
    data = read(REAL_DATA / "ukpconvarg1")
    assert (len(data.topics), len(data.pairs)) == (10, 4721)
    assert sum(len(own) for own in data.arguments.values()) == 310
    assert sum(len(pair.votes) for pair in data.pairs) == 23550
    decided = gold_groups(data, ties=False)
    assert sum(len(group.pairs) for group in decided) == 3880
    for group in decided:
        won = {number: [0, 0] for number in range(len(group.responses))}
        for pair in group.pairs:
            for side, wins in ((pair.i, pair.wins_i), (pair.j, pair.wins_j)):
                won[side][0] += wins
                won[side][1] += 1
        shares = [wins / of for wins, of in won.values()]
        ranking = [argument.published for argument in data.arguments[group.prompt]]
        assert spearmanr(shares, ranking).statistic > 0.9
