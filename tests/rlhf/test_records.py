"""Bad lines are named; a prompt in two splits is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from training.rlhf.failures import DataError
from training.rlhf.records import check_split, read_demonstrations, read_groups, read_pool, read_prompts
from training.rlhf.schedule import divide

GROUP: dict[str, Any] = {
    "group": "g",
    "prompt": "p",
    "messages": [{"role": "user", "content": "Hello"}],
    "responses": [{"id": "a", "text": "one"}, {"id": "b", "text": ""}],
    "pairs": [{"i": 0, "j": 1, "wins_i": 2, "ties": 0, "wins_j": 1, "strength": -4, "judgments": ["u"]}],
    "split": "train",
}
PAIR = GROUP["pairs"][0]


def test_a_group_is_read(write) -> None:
    (group,) = read_groups(write("p.jsonl", [GROUP]))
    assert group.responses[1].text == ""
    assert (group.pairs[0].wins_i, group.pairs[0].count, group.pairs[0].strength) == (2, 3, -4)


def test_who_said_what_and_how_much_it_counts_are_read(write) -> None:
    told = {
        "pairs": [PAIR | {"posterior": [0.5, 0.25, 0.25]}],
        "rankings": [{"rater": "r1", "places": [2, 1], "weight": 0.5}, {"rater": "r2", "places": [1, 1]}],
        "weight": 2,
        "slices": ["code"],
    }
    (group,) = read_groups(write("p.jsonl", [GROUP | told]))
    assert group.pairs[0].posterior == (0.5, 0.25, 0.25)
    assert [(r.rater, r.places, r.weight) for r in group.rankings] == [("r1", (2, 1), 0.5), ("r2", (1, 1), 1.0)]
    assert (group.weight, group.slices) == (2.0, ("code",))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"split": "dev"}, "split must be one of"),
        ({"messages": []}, "messages is empty"),
        ({"messages": [{"role": "user"}]}, "exactly role and content"),
        ({"responses": GROUP["responses"][:1]}, "2 to 109"),
        ({"pairs": []}, "pairs is empty"),
        ({"pairs": [PAIR | {"j": 0}]}, "0 <= i < j < 2"),
        ({"pairs": [PAIR | {"j": 2}]}, "0 <= i < j < 2"),
        ({"pairs": [PAIR | {"wins_i": True}]}, "wins_i must be a int"),
        ({"pairs": [PAIR | {"wins_i": -1}]}, "0 or more"),
        ({"pairs": [PAIR | {"wins_i": 0, "wins_j": 0}]}, "not all 0"),
        ({"prompt": 7}, "prompt must be a str"),
        ({"pairs": [PAIR | {"posterior": [0.5, 0.5, 0.5]}]}, "whose sum is 1"),
        ({"pairs": [PAIR | {"posterior": [1.5, -0.5, 0]}]}, "0 or more"),
        ({"weight": -1}, "weight must be"),
        ({"weight": float("inf")}, "weight must be"),
        ({"rankings": [{"rater": "r", "places": [1]}]}, "one entry for each of the 2"),
        ({"rankings": [{"rater": "r", "places": [1, None]}]}, "at least two"),
        ({"rankings": [{"rater": "r", "places": [0, 1]}]}, "from 1"),
        ({"rankings": [{"rater": "", "places": [2, 1]}]}, "rater is empty"),
        ({"slices": [3]}, "slices must be names"),
    ],
)
def test_a_bad_line_is_named(write, change: dict[str, Any], reason: str) -> None:
    path = write("prefs.jsonl", [GROUP, GROUP | change])
    with pytest.raises(DataError, match=reason) as caught:
        list(read_groups(path))
    assert str(caught.value).startswith("prefs.jsonl, line 2: ")


def test_broken_json_and_a_missing_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps({"prompt": "p", "messages": GROUP["messages"]}) + "\n{oops\n")
    with pytest.raises(DataError, match=r"d\.jsonl, line 2"):
        list(read_prompts(path))
    with pytest.raises(DataError, match=r"gone\.jsonl is not there"):
        list(read_pool(tmp_path / "gone.jsonl"))
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(DataError, match="not UTF-8"):
        list(read_demonstrations(path))


def test_a_prompt_in_two_splits_is_refused(write) -> None:
    groups = [GROUP, GROUP | {"group": "h", "split": "test"}, GROUP | {"prompt": "q"}]
    with pytest.raises(DataError, match="Prompt p is in both test and train"):
        check_split(list(read_groups(write("p.jsonl", groups))))


def test_without_another_split_whole_prompts_are_held_back(write) -> None:
    groups = [GROUP | {"group": f"g{n}", "prompt": f"p{n // 2}"} for n in range(20)]
    train, held, name = divide(list(read_groups(write("p.jsonl", groups))), prefer=["test"], holdout_share=0.3, seed=1)
    assert name == "held"
    assert (len(train), len(held)) == (14, 6)
    assert not {g.prompt for g in train} & {g.prompt for g in held}
