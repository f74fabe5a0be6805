"""Simulated raters of every kind, and how many of each are seen, in the labels that they are meant to be seen in.

Run as `python -m benchmarks.raters [raters per kind] [seed]`. Panels of five label the same items, one in ten of them
gold, and five of the first ten. About 78 of 100 raters are honest, some slow, some with the taste of a minority, which
turns round a quarter of the items. Prints the table of goals with what was measured; the last line is one JSON object.
The thresholds were chosen on the seeds 3, 4 and 6; the seed printed by default is none of them.
"""

import json
import sys
from dataclasses import dataclass

import numpy as np

from annotation.agreement.chance_answers import TOLERANT_SKILL, chance_answers
from annotation.agreement.clicking import clicking
from annotation.agreement.columns import columns_of
from annotation.agreement.copying import copying
from annotation.agreement.fading import fading
from annotation.agreement.haste import haste, reading_floor
from annotation.agreement.peers import peers_of

LABELS, PANEL, LAZY_FROM, NOT_GOLD = 120, 5, 60, -1
HONEST = ("honest", "honest and slow", "honest minority")
CHEATS = (
    "always left",
    "alternating",
    "90 % left",
    "random",
    "bot with delays",
    "too fast",
    "copier",
    "good, then lazy",
    "knows the gold",
)
GOALS = {
    "always left": (25, 0.99),
    "alternating": (25, 0.99),
    "90 % left": (50, 0.95),
    "random": (100, 0.95),
    "bot with delays": (100, 0.95),
    "too fast": (20, 0.99),
    "copier": (60, 0.90),
    "good, then lazy": (LAZY_FROM + 60, 0.80),
    "knows the gold": (100, 0.70),
}
FALSE_FLAGS = 0.01


@dataclass
class Panel:
    """What five raters did on the same items; every array is (raters, labels), in the order that each worked."""

    kinds: list[str]
    sides: np.ndarray
    answers: np.ndarray
    seconds: np.ndarray
    times: np.ndarray
    floors: np.ndarray
    gold: np.ndarray


def panel_of(kinds: list[str], generator: np.random.Generator) -> Panel:
    """Simulate one panel. Answers are 0 first, 1 tie, 2 second, in canonical order; sides as they were shown."""
    n = len(kinds)
    truth = generator.choice([0, 2], LABELS)
    # How clear an item is decides how often a careful rater is right: .97 for clear ones, .62 for close ones.
    clear = generator.choice([0.97, 0.85, 0.62], LABELS, p=[0.45, 0.35, 0.20])
    taste = generator.random(LABELS) < 0.25
    is_gold = np.zeros(LABELS, dtype=bool)
    is_gold[generator.permutation(10)[:5]] = True
    is_gold[10:] = generator.random(LABELS - 10) < 0.1
    words = generator.gamma(4, 60, LABELS) + 20
    skill = generator.uniform(0.85, 1.0, n)
    answers, sides, seconds = (np.zeros((n, LABELS)) for _ in range(3))
    flipped = generator.random((n, LABELS)) < 0.5
    for rater, kind in enumerate(kinds):
        right = 0.5 + (clear - 0.5) * skill[rater]
        right = np.where(is_gold, generator.uniform(0.9, 0.98), right)
        if kind == "honest minority":
            right = np.where(taste & ~is_gold, 1 - right, right)
        judged = np.where(generator.random(LABELS) < right, truth, 2 - truth)
        judged = np.where((generator.random(LABELS) < 0.08) & ~is_gold, 1, judged)
        by_lot = generator.choice([0, 2], LABELS)
        pace = words / 4 * np.exp(generator.normal(np.log(0.9), 0.45, LABELS))
        answer = judged
        if kind in ("random", "bot with delays", "too fast"):
            answer = by_lot
        elif kind == "good, then lazy":
            answer = np.where(np.arange(LABELS) >= LAZY_FROM, by_lot, judged)
        elif kind == "knows the gold":
            answer = np.where(is_gold, np.where(generator.random(LABELS) < 0.97, truth, 2 - truth), by_lot)
        shown = np.where(flipped[rater] & (answer != 1), 2 - answer, answer)
        if kind == "always left":
            shown = np.zeros(LABELS)
        elif kind == "alternating":
            shown = np.arange(LABELS) % 2 * 2
        elif kind == "90 % left":
            shown = np.where(generator.random(LABELS) < 0.9, 0, 2)
        sides[rater] = shown
        answers[rater] = np.where(flipped[rater] & (shown != 1), 2 - shown, shown)
        seconds[rater] = pace * (3 if kind == "honest and slow" else 1)
        if kind == "too fast":
            seconds[rater] = generator.uniform(1, 2.5, LABELS)
    times = np.cumsum(seconds + 5, axis=1) + generator.uniform(0, 3600, (n, 1))
    for rater, kind in enumerate(kinds):
        if kind == "copier":
            sources = [other for other, of in enumerate(kinds) if of in HONEST]
            source = sources[0] if sources else (rater + 1) % n
            kept = generator.random(LABELS) < 0.95
            answers[rater] = np.where(kept, answers[source], answers[rater])
            sides[rater] = np.where(flipped[rater] & (answers[rater] != 1), 2 - answers[rater], answers[rater])
            times[rater] = times[source] + generator.uniform(20, 600, LABELS)
    gold = np.where(is_gold, (answers == truth).astype(int), NOT_GOLD)
    floors = np.tile(reading_floor(words), (n, 1))
    return Panel(kinds, sides.astype(int), answers.astype(int), seconds, times, floors, gold)


@dataclass
class Seen:
    """At which of their labels, from 1, each rater was seen by each signal; 0 where they were not. (raters,) each."""

    kinds: np.ndarray
    signals: dict[str, np.ndarray]

    def by(self, label: int, kind: str) -> float:
        """Share of a kind's raters that any signal saw by then."""
        return float(np.mean(self.any_by(label)[self.kinds == kind]))

    def any_by(self, label: int) -> np.ndarray:
        return np.any([(at > 0) & (at <= label) for at in self.signals.values()], axis=0)


def columns_of_panels(panels: list[Panel], labels_seen: int) -> tuple:
    """What is not gold among the first labels of all panels, and the row and label that each came from."""
    answers = np.concatenate([panel.answers for panel in panels])
    gold = np.concatenate([panel.gold for panel in panels])
    raters, places = np.nonzero(gold[:, :labels_seen] == NOT_GOLD)
    labels = columns_of(raters // PANEL * LABELS + places, raters, answers[raters, places], domain=[0, 1, 2])
    return labels, labels.unit_names[labels.units] % LABELS


def look(panels: list[Panel]) -> Seen:
    """Every signal over every rater, as a lead's queue would show them."""
    kinds = np.concatenate([panel.kinds for panel in panels])
    sides, seconds, floors, times, gold = (
        np.concatenate([getattr(panel, name) for panel in panels])
        for name in ("sides", "seconds", "floors", "times", "gold")
    )
    labels, places = columns_of_panels(panels, LABELS)
    peers = peers_of(labels)
    evidence, follows, expected = np.zeros(gold.shape), np.zeros(gold.shape), np.full(gold.shape, 0.5)
    evidence[labels.raters, places] = peers.evidence_of_chance(TOLERANT_SKILL)
    follows[labels.raters, places] = peers.follows
    expected[labels.raters, places] = peers.expected
    found = {name: np.zeros(len(kinds), dtype=int) for name in ("clicking", "haste", "chance", "fading", "copying")}
    for rater in range(len(kinds)):
        for name, at in (
            ("clicking", clicking(sides[rater]).at),
            ("haste", haste(seconds[rater], floors[rater])),
            ("chance", chance_answers(evidence[rater], gold[rater]).at),
            ("fading", fading(follows[rater], expected[rater], gold[rater]).at),
        ):
            found[name][rater] = 0 if at is None else at + 1
    for seen in (100, 60):
        labels, places = columns_of_panels(panels, seen)
        for pair in copying(labels, times[labels.raters, places]):
            found["copying"][pair.copier] = seen
    return Seen(kinds, found)


def simulated(per_kind: int, seed: int) -> list[Panel]:
    """Panels in which 78 of 100 raters are honest, each dishonest kind in equal numbers, all mixed by lot."""
    generator = np.random.default_rng(seed)
    kinds = [kind for kind in CHEATS for _ in range(per_kind)]
    n_honest = round(len(kinds) * 0.78 / 0.22)
    n_honest += -(len(kinds) + n_honest) % PANEL
    kinds += generator.choice(HONEST, n_honest, p=[0.8, 0.1, 0.1]).tolist()
    order = generator.permutation(len(kinds))
    return [
        panel_of([kinds[at] for at in order[start : start + PANEL]], generator) for start in range(0, len(order), PANEL)
    ]


def main(per_kind: int = 200, seed: int = 11) -> None:
    panels = simulated(per_kind, seed)
    seen = look(panels)
    results = []
    print(f"{len(seen.kinds)} raters, {per_kind} per dishonest kind, panels of {PANEL}, {LABELS} labels, seed {seed}")
    print(f"{'kind':18} {'within':>7} {'recall':>8} {'goal':>7}  first signals")
    for kind, (within, goal) in GOALS.items():
        recall = seen.by(within, kind)
        mine = seen.kinds == kind
        shares = {name: float(np.mean((at[mine] > 0) & (at[mine] <= within))) for name, at in seen.signals.items()}
        named = ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share >= 0.005)
        print(f"{kind:18} {within:>7} {recall:>8.1%} {'≥ ' + format(goal, '.0%'):>7}  {named}")
        results.append(result(f"{kind}, seen within {within} labels", recall, goal, recall >= goal))
    for kind in HONEST:
        print(f"{kind:18} {100:>7} {seen.by(100, kind):>8.2%}")
    honest = np.isin(seen.kinds, HONEST)
    flags = float(np.mean(seen.any_by(100)[honest]))
    shares = {name: float(np.mean((at[honest] > 0) & (at[honest] <= 100))) for name, at in seen.signals.items()}
    named = ", ".join(f"{name} {share:.2%}" for name, share in shares.items() if share)
    print(f"{'honest of all kinds':18} {100:>6} {flags:>8.2%} {'≤ 1%':>7}  {named}")
    results.append(result("honest of all kinds, flagged within 100 labels", flags, FALSE_FLAGS, flags <= FALSE_FLAGS))
    print("Nobody is ever blocked by a signal: it asks a lead for a look.")
    print(json.dumps({"results": results}))


def result(name: str, value: float, goal: float, met: bool) -> dict[str, object]:
    return {
        "name": name,
        "value": round(value, 4),
        "unit": "share",
        "peer": None,
        "peer_value": None,
        "ratio": None,
        "goal": goal,
        "met": met,
    }


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
