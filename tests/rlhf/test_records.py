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
