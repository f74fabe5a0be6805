"""What a run learns from its preference set: the words for it, and whether the set has it."""

from dataclasses import dataclass
from typing import Any

from annotation.models import PreferenceSet
from training.models import TrainingRun

LABELS = {
    "counts": ("Vote shares", "Every judgment is one vote; a pair on which people split stays split."),
    "majority": ("Majority", "The most frequent vote alone; a pair without one counts as a tie."),
    "posterior": (
        "Posterior",
        "How likely each side is given the votes and how often each rater is right (Dawid–Skene); gold stays as the "
        "panel decided.",
    ),
    "reliable": (
        "Reliability-weighted",
        "Vote shares in which a vote counts as far as its rater is relied on; so do pairs and prompts.",
    ),
}
TIES = {
    "rao_kupper": "an outcome of their own, by a threshold (Rao–Kupper)",
    "davidson": "an outcome of their own, by a weight (Davidson)",
    "half": "half a win for each side",
    "drop": "left out",
}
RANKINGS = {"pairs": "as all their pairs", "plackett_luce": "whole where they hold no tie (Plackett–Luce)"}
# The settings that say what is learned from the votes, in the order they are asked.
LESSON_SETTINGS = {"labels": "Learn from", "ties": "Ties", "objective": "Rankings", "rankings": "Rankings"}
NEEDS_TARGETS = ("posterior", "reliable")


@dataclass(frozen=True)
class Lesson:
    """What a run's page says it learns from."""

    labels: str
    ties: str
    rankings: str


def lesson_of(run: TrainingRun) -> Lesson | None:
    """None for a run that learns from no preferences, or from before it could be chosen."""
    config = run.config
    if run.preference_set_id is None or "labels" not in config:
        return None
    order = config.get("objective", config.get("rankings", "pairs"))
    return Lesson(LABELS[config["labels"]][0].lower(), TIES[config["ties"]], RANKINGS[order])


def said(name: str, value: str) -> str:
    """A choice of one of these settings in words."""
    if name == "labels":
        label, words = LABELS[value]
        return f"{label} — {words}"
    return {"ties": TIES, "objective": RANKINGS, "rankings": RANKINGS}[name][value]


def unteachable(*, preferences: PreferenceSet | None, config: dict[str, Any]) -> str:
    """Why the set does not have what the run is to learn from, in a sentence; empty if it has."""
    labels = config.get("labels")
    if preferences is None or labels not in NEEDS_TARGETS:
        return ""
    if preferences.targets is None:
        return (
            f"P-{preferences.number} was frozen before sets carried this. Freeze its batches again, or learn from vote "
            "shares or the majority."
        )
    if preferences.targets["model"] is None:
        why = preferences.targets["reason"].split("undefined here: ")[-1]
        return f"P-{preferences.number} has no model of its raters: {why} Learn from vote shares or the majority."
    return ""
