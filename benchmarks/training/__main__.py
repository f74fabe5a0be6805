"""`python -m benchmarks.training [PARTS] [--model FOLDER] [--precision fp32 bf16] [--rounds N] [--pairs N]
[--data FOLDER]`.

Parts are reward, dpo, ppo and generation. Without a model it is the tiny one. Prints a line for each result; the last
line is one JSON object. Exits with 1 where something that is promised is not met. Run it with the environment of
`make bench-training`, which has TRL.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

from benchmarks.training.sides import (
    ROOT,
    Row,
    Side,
    Step,
    interleaved,
    memory_row,
    product_peaks,
    row,
    work_rows,
)
from training.rlhf.tiny import make_tiny

LATEST = max((ROOT / "var").glob("trl-*"), default=None)
"""The TRL that has RewardTrainer and DPOTrainer as they are now; the environment's own is the last with PPO."""


class Measured:
    """What every part is given."""

    def __init__(self, asked: argparse.Namespace, shelf: Path) -> None:
        self.data, self.rounds, self.pairs = asked.data, asked.rounds, asked.pairs
        self.model: Path = asked.model or make_tiny(shelf / "tiny")
        self.label = self.model.name
        self.tiny = asked.model is None
        self.peaks: Mapping[str, float] = product_peaks()

    def side(self, name: str, module: str, way: str, library: Path | None = None, **settings: object) -> Side:
        settings |= {"base": str(self.model), "data": str(self.data), "rounds": self.rounds}
        if "kind" in settings:
            settings["pairs"] = self.pairs
        return Side(name, module, [way, json.dumps(settings)], library=library)


def pairs_a_second(step: Step) -> float:
    return float(step["pairs"] / step["seconds"])


def later_pairs_a_second(step: Step) -> float:
    return float(step["pairs"] / step["later"])


def throughput(name: str, own: Side, other: Side, *, at_least: float | None, later: bool = False) -> Row:
    mine = later_pairs_a_second if later else pairs_a_second
    return row(
        name,
        median(map(mine, own.timed)),
        "pairs/s",
        peer=f"TRL {other.steps[-1]['version']}",
        peer_value=median(map(pairs_a_second, other.timed)),
        ratio=median(mine(a) / pairs_a_second(b) for a, b in zip(own.timed, other.timed, strict=True)),
        at_least=at_least,
    )


def reward(here: Measured, precision: str) -> Iterator[Row]:
    kinds = {"pairs": 2.5, "rankings": 5.0} | ({"many": None, "two": None} if here.tiny else {})
    for kind, promised in kinds.items():
        title = f"{here.label}, {precision}, reward model, {KINDS[kind]}"
        own = here.side("ours", "reward", "ours", precision=precision, kind=kind)
        other = here.side("TRL", "reward", "trl", LATEST, precision=precision, kind=kind)
        sides = [own, other]
        quick = None
        if kind == "pairs":
            last = 1 if here.tiny else 4
            quick = here.side("ours, last layers", "reward", "last", precision=precision, kind=kind, last_layers=last)
            sides.append(quick)
        interleaved(sides, here.rounds)
        yield throughput(title, own, other, at_least=promised)
        if quick:
            yield throughput(f"{title}, last layers, first epoch", quick, other, at_least=8.0)
            yield throughput(f"{title}, last layers, later epochs", quick, other, at_least=None, later=True)
            yield from work_rows(title, own, other, here.peaks, bf16=precision == "bf16")
            yield memory_row(title, own, other)


def dpo(here: Measured, precision: str) -> Iterator[Row]:
    title = f"{here.label}, {precision}, DPO, {KINDS['pairs']}"
    own = here.side("ours", "dpo", "ours", precision=precision, kind="pairs")
    other = here.side("TRL", "dpo", "trl", LATEST, precision=precision, kind="pairs")
    interleaved([own, other], here.rounds)
    yield throughput(f"{title}, first epoch with asking the reference", own, other, at_least=2.5)
    yield throughput(f"{title}, later epochs", own, other, at_least=2.5, later=True)
    yield from work_rows(title, own, other, here.peaks, bf16=precision == "bf16")
    yield memory_row(title, own, other)


def ppo(here: Measured, precision: str) -> Iterator[Row]:
    """TRL's is in fp32 beside both of ours: it does not heed that it is asked for bf16."""
    other = here.side("TRL, fp32", "ppo", "trl")
    ways = {
        "LoRA and a shared trunk": (here.side("ours, LoRA", "ppo", "ours", precision=precision), 0.25),
        "every weight and a separate critic": (
            here.side("ours, full", "ppo", "ours", precision=precision, lora_rank=0, critic="separate"),
            0.5,
        ),
    }
    interleaved([other, *(own for own, _ in ways.values())], here.rounds)
    for way, (own, promised) in ways.items():
        title = f"{here.label}, {precision}, PPO step, {way}"
        yield row(
            title,
            median(step["seconds"] for step in own.timed),
            "s",
            peer=f"TRL {other.steps[-1]['version']}, fp32",
            peer_value=median(step["seconds"] for step in other.timed),
            ratio=median(a["seconds"] / b["seconds"] for a, b in zip(own.timed, other.timed, strict=True)),
            at_most=promised,
        )
        yield from work_rows(title, own, other, here.peaks, bf16=precision == "bf16")
        yield memory_row(title, own, other)


def generation(here: Measured, precision: str) -> Iterator[Row]:
    title = f"{here.label}, {precision}, generation, batch 32"
    own = here.side("ours", "generation", "ours", precision=precision)
    other = here.side("transformers generate", "generation", "transformers", precision=precision)
    interleaved([own, other], here.rounds)

    def speed(step: Step) -> float:
        return float(step["tokens"] / step["seconds"])

    pairs = [
        mine == theirs
        for rows in zip(own.steps[0]["text"], other.steps[0]["text"], strict=True)
        for mine, theirs in zip(*rows, strict=True)
    ]
    yield row(
        title,
        median(map(speed, own.timed)),
        "tokens/s",
        peer=other.name,
        peer_value=median(map(speed, other.timed)),
        ratio=median(speed(a) / speed(b) for a, b in zip(own.timed, other.timed, strict=True)),
        at_least=1.25,
    )
    # In bf16 two orders of the same sums choose differently where two tokens are as likely.
    same = 100 * sum(pairs) / len(pairs)
    yield row(f"{title}, same greedy tokens", same, "percent", at_least=100.0 if precision == "fp32" else None)
    yield from work_rows(title, own, other, here.peaks, bf16=precision == "bf16")
    yield memory_row(title, own, other)


KINDS = {
    "pairs": "real pairs",
    "many": "pairs, several to a prompt",
    "two": "pairs, one to a prompt",
    "rankings": "rankings of four",
}
PARTS = {"reward": reward, "dpo": dpo, "ppo": ppo, "generation": generation}


def in_words(found: Row) -> str:
    words = f"{found['name']}: {found['value']} {found['unit']}"
    if found["peer"]:
        words += f"; {found['peer']}: {found['peer_value']}"
    if found["ratio"]:
        words += f", {found['ratio']} times"
    return (
        words if found["goal"] is None else f"{words} (promised {found['goal']}: {'met' if found['met'] else 'MISSED'})"
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--model", type=Path)
    parser.add_argument("--precision", nargs="+", choices=("fp32", "bf16"), default=["fp32", "bf16"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=24, help="pairs a round")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    asked = parser.parse_args()
    if LATEST is None or not asked.data.is_dir():
        parser.error("needs TRL beside the environment (make bench-training) and the human labels (--data)")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as shelf:
        here = Measured(asked, Path(shelf))
        for part in asked.parts:
            for precision in asked.precision:
                for found in PARTS[part](here, precision):
                    rows.append(found)
                    print(in_words(found), flush=True)
    print(json.dumps({"results": rows}))
    return int(any(found["met"] is False for found in rows))


if __name__ == "__main__":
    sys.exit(main())
