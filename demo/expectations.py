"""What a report of the loop must say. Wrong figures make the command fail, so that CI sees them."""

from collections import defaultdict
from typing import Any

from annotation.agreement.alpha import measure_alpha
from demo.rows import LoopRows

PUBLISHED = {"replay": 0.86422, "symmetrised": 0.86455, "history": 0.37232, "kappas": (0.852, 0.862, 0.879)}


def complaints(report: dict[str, Any], rows: LoopRows, *, full: bool) -> list[str]:
    """One sentence for each figure that is not what the labels imply; empty when all fit."""
    found = []

    def expect(what: str, is_so: bool) -> None:
        if not is_so:
            found.append(what)

    replay, reward, ppo = report["replay"], report["reward"], report["ppo"]
    wanted = len(rows.labels)
    expect(f"each item has exactly {wanted} labels", replay["per_item_min"] == replay["per_item_max"] == wanted)
    expect("no recorded label is lost", replay["labels"] == sum(len(given) for given in rows.labels.values()))
    expect("the history is whole", report["history"]["labels"] == len(rows.history_judgments))
    if full and rows.source == "human labels":
        expect("replay alpha is .86422", round(replay["alpha_nominal"], 5) == PUBLISHED["replay"])
        expect("symmetrised alpha is .86455", round(replay["alpha_symmetrised"], 5) == PUBLISHED["symmetrised"])
        kappas = tuple(round(kappa, 3) for kappa in replay["cohen_kappas"])
        expect("kappas are .852, .862, .879", kappas == PUBLISHED["kappas"])
        expect("history alpha is .37232", round(report["history"]["alpha_nominal"], 5) == PUBLISHED["history"])
    else:
        expect("replay alpha is that of the labels", _close(replay["alpha_nominal"], _alpha(rows.labels)))
    expect("the reward model's accuracy lies in its interval", _inside(reward["accuracy"], reward["interval"]))
    expect("the loss fell in supervised fine-tuning", report["sft"]["loss_after"] < report["sft"]["loss_before"])
    expect("KL is a finite number", isinstance(ppo["kl"], float))
    expect("the lineage verifies", report["lineage"]["verified"] is True)
    expect("a batch was opened", report["next_batch"]["tasks"] > 0)
    expect("part of it was drawn at random", report["next_batch"]["random_holdout"] > 0)
    return found


def _alpha(labels: dict[str, dict[str, str]]) -> float | None:
    units: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for given in labels.values():
        for item, label in given.items():
            units[item][("a", "tie", "b").index(label)] += 1
    return measure_alpha(list(units.values()), level="nominal", domain=("a", "tie", "b"), scope="loop").value


def _close(left: float | None, right: float | None) -> bool:
    return left == right or (left is not None and right is not None and abs(left - right) < 1e-12)


def _inside(value: float, interval: list[float]) -> bool:
    return interval[0] <= value <= interval[1]
