"""Ten raters with one fault each and four who judge, through the verbs: whatever the platform finds, it finds in rows.

Every item has a better answer, which careful raters nearly always choose and call level now and then; the longer one
is another matter. The clock is the test's: an answer takes as long as its rater takes.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from annotation.assigning import claim_next
from annotation.batch_options import BatchOptions
from annotation.batching import items_from_comparisons, open_batch
from annotation.models import Assignment, Batch, Project, Task
from rubrics.models import RubricVersion
from tests.annotation.golds import make_golds
from tests.annotation.makers import answer, make_comparison
from workforce import people
from workforce.models import Role, User

SCALE = "pref7"
SEED = 1  # one at which each fault is seen: of those who know the gold one in four is not (`make simulate-raters`)
ITEMS = 105
CAREFUL = ("Cara", "Cleo", "Carl", "Cyra")
CAREFUL_ITEMS = 100
LEFT, LEVEL, RIGHT = 3, 4, 5


@dataclass(frozen=True)
class Fault:
    """A rater's name, the alarm that is theirs, and how many items they answer."""

    name: str
    detector: str
    items: int


FAULTS = (
    Fault("Hasso", "haste", 20),
    Fault("Lotte", "one_side", 30),
    Fault("Anton", "alternating", 30),
    Fault("Tilda", "ties", 65),
    Fault("Nelly", "side", 55),
    Fault("Lars", "length", 65),
    Fault("Fritz", "fading", 100),
    Fault("Randi", "chance", 40),
    Fault("Goldie", "gold_known", 105),
    Fault("Kopi", "copying", 95),
)


class Panel:
    """The batch, its raters by name, and what has been said so far: {task: {name: canonical choice}}."""

    def __init__(self, project: Project, lead: User, version: RubricVersion, move: Callable[..., object]) -> None:
        self.draw, self.move = random.Random(5), move
        self.draws = {name: random.Random(f"{name} {SEED}") for name in [*CAREFUL, *(one.name for one in FAULTS)]}
        make_golds(project, [1 if n % 2 else -1 for n in range(30)])
        self.longer: dict[int, int] = {}
        self.batch: Batch = self._open(project, lead, version)
        self.people = {
            name: people.add_member(
                team=project.team, username=name.lower(), display_name=name, role=Role.RATER, actor=None
            )
            for name in [*CAREFUL, *(fault.name for fault in FAULTS)]
        }
        self.said: dict[int, dict[str, int]] = {}
        self.better = self._better()
        self.lefts: dict[str, list[bool]] = {}

    def _better(self) -> dict[int, int]:
        """The better response of each task, 0 or 1: gold's is the panel's."""
        found = {}
        for task in Task.objects.filter(batch=self.batch).select_related("comparison").order_by("pk"):
            panel = task.comparison.panel if task.comparison else None
            says = panel["answer"]["strength"] if panel else self.draw.choice([-1, 1])
            found[task.pk] = int(says > 0)
        return found

    def _open(self, project: Project, lead: User, version: RubricVersion) -> Batch:
        """A batch of items of which one response is longer."""
        longer = [self.draw.choice([0, 1]) for _ in range(ITEMS)]
        made = [
            make_comparison(project, f"seeded {n}", [f"{n} says so" + " and more" * (k == long) for k in (0, 1)])
            for n, long in enumerate(longer)
        ]
        batch = open_batch(
            project=project,
            name="Seeded",
            kind="pairwise",
            scale=SCALE,
            rubric_version=version,
            overlap=len(CAREFUL) + len(FAULTS),
            items=items_from_comparisons(comparisons=made, kind="pairwise"),
            actor=lead,
            options=BatchOptions(gold_rate=10),
        )
        by_comparison = {comparison.pk: long for comparison, long in zip(made, longer, strict=True)}
        rows = Task.objects.work().filter(batch=batch).values_list("pk", "comparison")
        self.longer = {task: by_comparison[comparison] for task, comparison in rows}
        return batch

    def works(self, name: str, items: int) -> None:
        """That rater answers so many items in their own way, or as many as there are for them."""
        rater, behave, self.draw = self.people[name], BEHAVIOUR.get(name, careful), self.draws[name]
        for n in range(items):
            held = claim_next(batch=self.batch, rater=rater)
            assert held is not None, f"nothing for {name} after {n}"
            gold = held.task.lane == Task.Lane.GOLD
            self.move(seconds=1 if name == "Hasso" else self.draw.randint(20, 60))
            choice = behave(self, held, n, gold)
            self.said.setdefault(held.task_id, {})[name] = choice
            answer(held, value=LEVEL if choice == -1 else shown(held, choice))


def shown(held: Assignment, choice: int) -> int:
    return LEFT if held.display_order[0] == choice else RIGHT


def on_side(held: Assignment, side: int) -> int:
    """The canonical response on that side of the screen, 0 left."""
    return int(held.display_order[side])


def careful(panel: Panel, held: Assignment, n: int, gold: bool, right: float = 0.95) -> int:
    """The choice of somebody who judges: mostly the better one, level in one of fourteen."""
    better = panel.better[held.task_id]
    if gold:
        return better if panel.draw.random() < 0.96 else 1 - better
    if panel.draw.random() < 0.07:
        return -1
    return better if panel.draw.random() < right else 1 - better


def _by_lot(panel: Panel, held: Assignment, n: int, gold: bool) -> int:
    return panel.draw.choice([0, 1])


def _fading(panel: Panel, held: Assignment, n: int, gold: bool) -> int:
    return careful(panel, held, n, gold) if n < 60 else _by_lot(panel, held, n, gold)


def _knows_gold(panel: Panel, held: Assignment, n: int, gold: bool) -> int:
    return panel.better[held.task_id] if gold else _by_lot(panel, held, n, gold)


def _leans(panel: Panel, held: Assignment, n: int, gold: bool) -> int:
    """Left in three of four: more than chance, and less than somebody who presses one button."""
    lefts = panel.lefts.setdefault("Nelly", [])
    choice = panel.better[held.task_id] if gold else on_side(held, int(sum(lefts) >= 0.75 * (len(lefts) + 1)))
    lefts.append(choice == on_side(held, 0))
    return choice


def _longer(panel: Panel, held: Assignment, n: int, gold: bool) -> int:
    return panel.better[held.task_id] if gold else panel.longer[held.task_id]


def _level(panel: Panel, held: Assignment, n: int, gold: bool) -> int:
    return -1 if not gold and panel.draw.random() < 0.7 else careful(panel, held, n, gold)


def _copies(panel: Panel, held: Assignment, n: int, gold: bool) -> int:
    """Cara's answer where she gave one."""
    own = careful(panel, held, n, gold)
    return panel.said[held.task_id].get("Cara", own)


BEHAVIOUR = {
    "Cara": lambda panel, held, n, gold: careful(
        panel, held, n, gold, right=0.86
    ),  # whom somebody copies, errors and all
    "Lotte": lambda panel, held, n, gold: on_side(held, 0),
    "Anton": lambda panel, held, n, gold: on_side(held, n % 2),
    "Tilda": _level,
    "Nelly": _leans,
    "Lars": _longer,
    "Fritz": _fading,
    "Randi": _by_lot,
    "Goldie": _knows_gold,
    "Kopi": _copies,
}
