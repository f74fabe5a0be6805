"""What the loop is fed: import rows, and the answers that recorded or simulated raters give.

`real_rows` reads the human labels beside the checkout, `simulated_rows` makes the same shape from the demo
project's own questions and three simulated raters.
"""

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONTENT = Path(__file__).parent / "content"
QUALITY = {"thorough": 3.0, "short": 2.2, "padded": 1.2, "wrong": 0.0}
RATERS = ("annotator1", "annotator2", "annotator3")
Row = dict[str, Any]


@dataclass
class LoopRows:
    """Import rows by kind. `labels[rater][item]` is a, b or tie, in the imported orientation."""

    source: str
    comparisons: list[Row] = field(default_factory=list)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    history_comparisons: list[Row] = field(default_factory=list)
    history_judgments: list[Row] = field(default_factory=list)
    ranking_comparisons: list[Row] = field(default_factory=list)
    ranking_judgments: list[Row] = field(default_factory=list)
    demonstrations: list[Row] = field(default_factory=list)
    prompts: list[Row] = field(default_factory=list)

    def shortened(self, *, items: int, history: int, rankings: int, demonstrations: int, prompts: int) -> "LoopRows":
        """The same with at most so many of each, and only the judgments that belong to them."""
        kept = {row["id"] for row in self.comparisons[:items]}
        told = {row["id"] for row in self.history_comparisons[:history]}
        ranked = {row["id"] for row in self.ranking_comparisons[:rankings]}
        return LoopRows(
            source=self.source,
            comparisons=self.comparisons[:items],
            labels={
                rater: {item: label for item, label in given.items() if item in kept}
                for rater, given in self.labels.items()
            },
            history_comparisons=self.history_comparisons[:history],
            history_judgments=[row for row in self.history_judgments if row["item"] in told],
            ranking_comparisons=self.ranking_comparisons[:rankings],
            ranking_judgments=[row for row in self.ranking_judgments if row["item"] in ranked],
            demonstrations=self.demonstrations[:demonstrations],
            prompts=self.prompts[:prompts],
        )


def real_rows(*, data: Path) -> LoopRows:
    """PandaLM's 999 pairs, ukpconvarg1's votes, oasst's rankings, demonstrations and prompts."""
    rows = LoopRows(source="human labels", labels={rater: {} for rater in RATERS})
    for pair in read_jsonl(data / "pandalm_testset" / "pairs.jsonl"):
        asked = f"{pair['prompt']}\n\n{pair['input']}" if pair["input"] else pair["prompt"]
        answers = [{"text": pair[f"response_{side}"], "model": pair[f"model_{side}"]} for side in "ab"]
        rows.comparisons.append({"id": pair["id"], "prompt": asked, "responses": answers, "source": "pandalm"})
        for rater, label in pair["labels"].items():
            rows.labels[rater][pair["id"]] = label
    _add_arguments(rows, data / "ukpconvarg1")
    for ranked in read_jsonl(data / "oasst_en100" / "ranked_replies.jsonl"):
        answers = [{"text": reply["text"], "model": f"oasst-{n}"} for n, reply in enumerate(ranked["replies"])]
        row = {"id": ranked["id"], "messages": ranked["messages"], "responses": answers, "source": "oasst"}
        rows.ranking_comparisons.append(row)
        ranks = [reply["rank"] + 1 for reply in ranked["replies"]]
        rows.ranking_judgments.append({"item": ranked["id"], "rater": "consensus", "ranking": ranks})
    for shown in read_jsonl(data / "oasst_en100" / "sft_demos.jsonl"):
        row = {"id": shown["id"], "messages": shown["messages"], "response": shown["response"], "source": "oasst"}
        rows.demonstrations.append(row)
    asked_once = {json.dumps(row["messages"]): row for row in [*rows.ranking_comparisons, *rows.demonstrations]}
    rows.prompts = [
        {"id": f"prompt-{row['id']}", "messages": row["messages"], "source": "oasst"}
        for row in asked_once.values()
        if sum(len(message["content"]) for message in row["messages"]) <= 320
    ]
    return rows


def simulated_rows() -> LoopRows:
    """The demo project's questions, judged by three simulated raters of known noise."""
    rows = LoopRows(source="simulated raters", labels={rater: {} for rater in RATERS})
    for asked in read_jsonl(CONTENT / "questions.jsonl"):
        kinds = list(asked["answers"])
        for n, (first, second) in enumerate((a, b) for i, a in enumerate(kinds) for b in kinds[i + 1 :]):
            if _chance("swap", asked["id"], n) < 0.5:
                first, second = second, first
            # What is judged already has a source of its own: a batch is opened of everything from one source.
            source = "demo" if n % 2 else "demo-history"
            row = {"id": f"{asked['id']}-{n}", "prompt": asked["question"], "source": source}
            row["responses"] = [{"text": asked["answers"][kind], "model": kind} for kind in (first, second)]
            (rows.comparisons if n % 2 else rows.history_comparisons).append(row)
            for rater in RATERS:
                label = simulated_label(rater=rater, item=str(row["id"]), first=first, second=second)
                if n % 2:
                    rows.labels[rater][str(row["id"])] = label
                else:
                    rows.history_judgments.append({"item": row["id"], "rater": rater, "label": label})
        ranking = {"id": f"{asked['id']}-rank", "prompt": asked["question"], "source": "demo-rankings"}
        ranking["responses"] = [{"text": asked["answers"][kind], "model": kind} for kind in kinds]
        rows.ranking_comparisons.append(ranking)
        worth = sorted(kinds, key=lambda kind: -QUALITY[kind])
        ranks = [worth.index(kind) + 1 for kind in kinds]
        rows.ranking_judgments.append({"item": ranking["id"], "rater": "consensus", "ranking": ranks})
        shown = {"id": f"{asked['id']}-shown", "prompt": asked["question"], "response": asked["answers"]["thorough"]}
        rows.demonstrations.append(shown)
        rows.prompts.append({"id": f"{asked['id']}-prompt", "prompt": asked["question"], "source": "demo"})
    return rows


def simulated_label(*, rater: str, item: str, first: str, second: str) -> str:
    """a, b or tie, from the answers' known quality and the rater's own noise: the same every time."""
    noise = {"annotator1": 0.6, "annotator2": 1.0, "annotator3": 1.6}[rater]
    felt = QUALITY[first] - QUALITY[second] + noise * (_chance(rater, item, "u") + _chance(rater, item, "v") - 1)
    return "tie" if abs(felt) < 0.25 else "a" if felt > 0 else "b"


def read_jsonl(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _add_arguments(rows: LoopRows, folder: Path) -> None:
    arguments = {row["id"]: row for row in read_jsonl(folder / "arguments.jsonl")}
    with (folder / "pairs.csv").open(encoding="utf-8", newline="") as lines:
        for pair in csv.DictReader(lines):
            sides = [arguments[pair[side]] for side in "ab"]
            asked = f"{sides[0]['debate']}\n\nWhich argument for “{sides[0]['stance']}” is more convincing?"
            row = {"id": pair["id"], "prompt": asked, "source": "ukpconvarg1"}
            row["responses"] = [{"text": side["text"], "model": side["id"]} for side in sides]
            rows.history_comparisons.append(row)
    with (folder / "votes_long.csv").open(encoding="utf-8", newline="") as lines:
        for vote in csv.DictReader(lines):
            row = {"item": vote["pair"], "rater": vote["rater"], "label": vote["label"], "reason": vote["reason"]}
            rows.history_judgments.append(row | ({"seconds": float(vote["seconds"])} if vote["seconds"] else {}))


def _chance(*words: object) -> float:
    """A number in [0, 1) that depends on nothing but the words."""
    digest = hashlib.sha256("\n".join(map(str, words)).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64
