"""Ten raters with one fault each and four who judge, through the verbs: what the platform finds, it finds in rows.

Every item has a better answer; which one is longer has nothing to do with it. Whoever judges is wrong or undecided on
items of their own, evenly spread, and right on gold. Nothing is drawn by lot, so that each fault shows every time; the
share that is found of raters who do draw is measured elsewhere (`make simulate-raters`).
"""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F

from annotation.answers import Answer
from annotation.assigning import claim_next
from annotation.batch_options import BatchOptions
from annotation.batching import close_batch, items_from_comparisons, open_batch
from annotation.importing import import_file
from annotation.judging import submit_judgment
from annotation.models import Assignment, Batch, Comparison, Project, Task
from rubrics.models import RubricVersion
from workforce import people
from workforce.models import Role, User

ITEMS, GOLDS = 105, 30
CAREFUL, CAREFUL_ITEMS = ("Cara", "Cleo", "Carl", "Cyra"), 100
LEFT, LEVEL, RIGHT = 3, 4, 5
UNDECIDED = -1


@dataclass(frozen=True)
class Fault:
    """A rater's name, the alarm that is theirs alone, and how many items they answer."""

    name: str
    detector: str
    items: int


FAULTS = (
    Fault("Hasso", "haste", 20),
    Fault("Lotte", "one_side", 30),
    Fault("Anton", "alternating", 30),
    Fault("Tilda", "ties", 66),
    Fault("Nelly", "side", 56),
    Fault("Lars", "length", 66),
    Fault("Fritz", "fading", 105),
    Fault("Randi", "chance", 40),
    Fault("Goldie", "gold_known", 105),
    Fault("Kopi", "copying", 95),
)


@dataclass(frozen=True)
class Turn:
    """An item in somebody's hands: their n-th, its number in the batch, the better and the longer response, and what
    others chose there by their names. Responses are canonical, 0 or 1. golds: how many they had before it; lefts: where
    they chose the left side.
    """

    held: Assignment
    n: int
    number: int
    gold: bool
    golds: int
    better: int
    longer: int
    said: dict[str, int]
    lefts: list[bool]

    @property
    def worse(self) -> int:
        return 1 - self.better

    def on_side(self, side: int) -> int:
        """The response on that side of the screen, 0 left."""
        return int(self.held.display_order[side])


def careful(wrong_at: int, every: int = 20) -> Callable[[Turn], int]:
    """Somebody who judges: wrong on every twentieth item, undecided on every thirteenth, right on gold."""

    def choose(turn: Turn) -> int:
        if turn.gold:
            return turn.better
        if turn.number % every == wrong_at:
            return turn.worse
        return UNDECIDED if turn.number % 13 == wrong_at % 13 else turn.better

    return choose


def _coin(*wrong: int) -> Callable[[Turn], int]:
    """As good as a coin on work: the worse one on two items of four."""
    return lambda turn: turn.worse if turn.number % 4 in wrong else turn.better


def _random(turn: Turn) -> int:
    if turn.gold:
        return turn.worse if turn.golds % 3 else turn.better
    return _coin(0, 2)(turn)


def _fading(turn: Turn) -> int:
    return careful(17)(turn) if turn.n < 60 or turn.gold else _coin(1, 2)(turn)


def _leaning(turn: Turn) -> int:
    """Left in three of four: more than chance, and less than somebody who presses one button."""
    return turn.better if turn.gold else turn.on_side(int(sum(turn.lefts) >= 0.76 * (len(turn.lefts) + 1)))


WAYS: dict[str, Callable[[Turn], int]] = {
    "Cara": careful(2, every=7),  # whom somebody copies, errors and all
    "Cleo": careful(4),
    "Carl": careful(8),
    "Cyra": careful(12),
    "Hasso": careful(6),
    "Lotte": lambda turn: turn.on_side(0),
    "Anton": lambda turn: turn.on_side(turn.n % 2),
    "Tilda": lambda turn: UNDECIDED if not turn.gold and turn.number % 10 < 7 else turn.better,
    "Nelly": _leaning,
    "Lars": lambda turn: turn.better if turn.gold else turn.longer,
    "Fritz": _fading,
    "Randi": _random,
    "Goldie": lambda turn: turn.better if turn.gold else _coin(0, 1)(turn),
    "Kopi": lambda turn: turn.said.get("Cara", turn.better),
}


class Panel:
    """The batch and its people by their names. `answer` makes all of them work; `works` one of them."""

    def __init__(self, *, project: Project, lead: User, version: RubricVersion) -> None:
        self.batch = _open(project=project, lead=lead, version=version)
        self.people = {
            name: people.add_member(
                team=project.team, username=name.lower(), display_name=name, role=Role.RATER, actor=None
            )
            for name in WAYS
        }
        self.said: dict[int, dict[str, int]] = {}

    def answer(self) -> None:
        """Everybody answers, one after the other: who copies comes after whom they copy."""
        for name in CAREFUL:
            self.works(name, CAREFUL_ITEMS)
        for fault in FAULTS:
            self.works(fault.name, fault.items)

    def works(self, name: str, items: int) -> None:
        """That rater answers so many items; a hurried one in a second each, the others in half a minute or more."""
        lefts: list[bool] = []
        golds = 0
        for n in range(items):
            held = claim_next(batch=self.batch, rater=self.people[name])
            if held is None:
                raise RuntimeError(f"There is nothing for {name} after {n} items.")
            turn = self._turn(held, n, golds, lefts)
            golds += turn.gold
            choice = WAYS[name](turn)
            lefts.append(choice == turn.on_side(0))
            self.said.setdefault(held.task_id, {})[name] = choice
            seconds = 1 if name == "Hasso" else 30 + 7 * (n % 9)
            Assignment.objects.filter(pk=held.pk).update(begun_at=F("begun_at") - timedelta(seconds=seconds))
            value = LEVEL if choice == UNDECIDED else LEFT if choice == turn.on_side(0) else RIGHT
            ms = 1000 * seconds
            said = Answer(value=value, active_ms=ms, wall_ms=ms)
            submit_judgment(token=held.token, rater=self.people[name], submission=uuid.uuid4(), answer=said)

    def _turn(self, held: Assignment, n: int, golds: int, lefts: list[bool]) -> Turn:
        task, gold = held.task, held.task.lane == Task.Lane.GOLD
        better, longer = _truth(task.number)
        if gold and task.comparison is not None and task.comparison.panel:
            better = int(task.comparison.panel["answer"]["strength"] > 0)
        return Turn(held, n, task.number, gold, golds, better, longer, self.said.get(held.task_id, {}), lefts)


def seed_faulty_raters(*, project: Project, lead: User, version: RubricVersion) -> Panel:
    """The panel in the project, everything answered and the batch closed."""
    panel = Panel(project=project, lead=lead, version=version)
    panel.answer()
    close_batch(batch=panel.batch, actor=lead)
    return panel


def _truth(number: int) -> tuple[int, int]:
    """The better and the longer response of the item of that number: as if each had been drawn."""
    return number * 37 % 11 % 2, number * 29 % 17 % 2


def _open(*, project: Project, lead: User, version: RubricVersion) -> Batch:
    _import(project, lead, "comparisons", (_pair(f"seeded-{n}", _truth(n)[1]) for n in range(1, ITEMS + 1)))
    _import(
        project,
        lead,
        "calibration",
        (
            _pair(f"seeded-gold-{n}", n // 2 % 2) | {"panel": {"grade": 1 if n % 2 else -1, "note": "It says more."}}
            for n in range(GOLDS)
        ),
    )
    pairs = Comparison.objects.filter(project=project, source="seeded", panel__isnull=True).order_by("pk")
    batch = open_batch(
        project=project,
        name="Raters with one fault each",
        kind=Batch.Kind.PAIRWISE,
        scale="pref7",
        rubric_version=version,
        overlap=len(WAYS),
        items=items_from_comparisons(comparisons=pairs, kind=Batch.Kind.PAIRWISE),
        actor=lead,
        options=BatchOptions(gold_rate=10),
    )
    for task in Task.objects.filter(batch=batch):  # which side is shown first follows from it
        Task.objects.filter(pk=task.pk).update(uid=uuid.uuid5(uuid.NAMESPACE_OID, f"{project.slug} {task.number}"))
    return batch


def _pair(name: str, longer: int) -> dict[str, object]:
    texts = [f"The {'first' if place == 0 else 'second'} answer to {name}" for place in (0, 1)]
    texts[longer] += ", with more words than the other one has, which say no more than it"
    return {
        "id": name,
        "prompt": f"Question {name}",
        "source": "seeded",
        "responses": [{"text": f"{text}."} for text in texts],
    }


def _import(project: Project, lead: User, kind: str, rows: Iterator[dict[str, object]]) -> None:
    lines = (json.dumps(row).encode() + b"\n" for row in rows)
    report = import_file(project=project, kind=kind, filename=f"seeded-{kind}.jsonl", lines=lines, actor=lead)
    if report.error_count:
        raise RuntimeError(f"The seeded {kind} were refused: {report.errors[:3]}")
