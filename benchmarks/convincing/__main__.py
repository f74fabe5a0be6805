"""Which argument is more convincing? Reward models on people's votes, held against topics that they never saw.

Run as `python -m benchmarks.convincing DATA MODEL [--head | --quick | --lora | --full] [--labels gold votes …]`. DATA
is the folder of UKPConvArg1 (dataset.py), MODEL that of a policy, such as `manage.py fetch_model` makes. Each of the
ten topics is held out in turn, for each kind of labels; what is measured is always MACE's gold label, ties apart. A
fold is kept as a line of a file: started again, only missing ones are run, and `--folds 1` runs one and ends. The paper
reports accuracies of .76 to .78 over 32 topics, and Spearman .35 to .40 of the ranking. The last line is one JSON
object.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from transformers.utils import logging

from benchmarks.convincing.dataset import LABELS, read
from benchmarks.convincing.figures import against, figures
from benchmarks.convincing.folds import MODES, Setting, learn


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.convincing")
    parser.add_argument("data", type=Path, help="folder of UKPConvArg1")
    parser.add_argument("model", type=Path, help="folder of a policy")
    mode = parser.add_mutually_exclusive_group()
    told = {
        "head": "a linear head on frozen features",
        "quick": "the last four layers, on what the layers below made of the text once",
        "lora": "LoRA on all layers",
        "full": "every weight",
    }
    for name in MODES:
        mode.add_argument(f"--{name}", dest="mode", action="store_const", const=name, help=told[name])
    parser.add_argument("--labels", nargs="+", choices=LABELS, default=["gold", "votes", "reliable"])
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--topics", type=int, help="hold out only the first so many")
    parser.add_argument("--folds", type=int, help="run so many of the missing folds and end; 0: only add up")
    parser.add_argument("--out", type=Path, default=Path("var/convincing"), help="folder of what has been found")
    parser.set_defaults(mode="quick")
    return parser.parse_args()


def main() -> None:
    """Run what is missing, and say what all folds come to."""
    given = arguments()
    logging.disable_progress_bar()
    data = read(given.data)
    given.out.mkdir(parents=True, exist_ok=True)
    setting = Setting(given.model, given.mode, given.precision, given.out, given.seed)
    record = given.out / f"{given.mode}-{given.precision}-seed-{given.seed}.jsonl"
    known = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()] if record.is_file() else []
    done = {(fold["labels"], fold["topic"]) for fold in known}
    topics = data.topics[: given.topics]
    # Topic by topic: where time ends, what was learned in different ways is of the same topics.
    missing = [(topic, labels) for topic in topics for labels in given.labels if (labels, topic) not in done]
    for topic, labels in missing[: given.folds]:
        fold = {"topic": topic, "labels": labels} | learn(data, topic, labels, setting)
        with record.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(fold) + "\n")
        known.append(fold)
        print(f"{labels}, {topic}: {fold['seconds']:.0f} s", flush=True)
    found: dict[str, Any] = {"mode": given.mode, "precision": given.precision, "seed": given.seed}
    by_labels = {labels: [fold for fold in known if fold["labels"] == labels] for labels in given.labels}
    for labels, folds in by_labels.items():
        if folds:
            found[labels] = figures(data, folds)
            say(labels, found[labels])
    for labels in given.labels:
        if labels != "gold" and "gold" in found and labels in found:
            found[f"{labels} against gold"] = against(by_labels[labels], by_labels["gold"])
    print(json.dumps(found))


def say(labels: str, found: dict[str, Any]) -> None:
    """The figures that the paper has, and what length does, in lines."""
    low, high = found["interval_clustered"]
    print(f"{labels}: {found['folds']} topics, {found['n']} pairs, {found['seconds_a_fold']:.0f} s a fold")
    print(f"  accuracy {found['accuracy']:.3f} [{low:.3f}, {high:.3f}] by topic")
    print(f"  the longer wins {found['accuracy_by_length_baseline']:.3f}")
    print(f"  calibration error {found['ece']:.3f}, after one temperature {found['ece_calibrated']}")
    print(f"  Spearman {found['spearman']['mean']:.3f}, of length {found['spearman_of_length']['mean']:.3f}")
    print(f"  reward on length given preference {found['length']['correlation']}")


if __name__ == "__main__":
    main()
