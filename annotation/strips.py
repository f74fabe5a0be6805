"""What people said of an item, for the lead who adjudicates it: strips of how many said what, and each opinion.

Sides and places are canonical: A is the response at position 0. Before the lead has answered an item, a strip shows
how people are split and not which way: it is turned to the one of its two directions that both have in
common (places of a ranking: the most first), and no opinion is given out.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Prefetch, Q, QuerySet

from annotation.agreement.haste import reading_floor
from annotation.calibrating import value_of
from annotation.criteria import label_of
from annotation.models import Batch, CriterionScore, Judgment, Placement, Task
from annotation.repinning import version_of
from annotation.scales import SCALES
from rubrics.models import Criterion

SCORES = Prefetch("scores", CriterionScore.objects.select_related("criterion", "point"))
READS = ("placements", SCORES, "scores__criterion__points")
Scores = dict[tuple[Criterion, int | None], Counter[int]]
"""How many said what on each criterion of each response (None: of the pair)."""


@dataclass(frozen=True)
class Bar:
    """How many said it, what it stands for (empty: not told), and whether it is the middle of its scale."""

    n: int
    name: str
    middle: bool = False


@dataclass(frozen=True)
class Strip:
    """Bars side by side, under the title of what they are of; `blind`: turned, and without names."""

    bars: list[Bar]
    title: str
    blind: bool

    @property
    def n(self) -> int:
        return sum(bar.n for bar in self.bars)

    @property
    def most(self) -> int:
        return max((bar.n for bar in self.bars), default=0)

    @property
    def words(self) -> str:
        """The same in words, for who does not see the bars."""
        if self.blind:
            return ", ".join(str(bar.n) for bar in self.bars if bar.n) + ", sides not told"
        return ", ".join(f"{bar.name} {bar.n}" for bar in self.bars if bar.n)


@dataclass(frozen=True)
class Opinion:
    """One judgment in words. `said` is empty where its rater could not judge, and `cant` says why then."""

    n: int
    judgment: Judgment
    said: str
    cant: str
    lines: list[str]
    reasons: list[str]
    quotes: list[tuple[str, str]]
    flags: list[str]
    fast: bool


def strips_of(*, tasks: Sequence[Task], blind: Collection[int], criterion: str = "") -> dict[int, Strip]:
    """A strip for each of these tasks that anybody has an opinion on; those in `blind` (by key) do not tell sides.

    Tasks come with their batch. With `criterion` the strip is of that criterion; else of a rating it is of the scale
    and response that people are furthest apart on. The database counts: at most four queries, however many answered.
    """
    kinds = {task.pk: task.batch.kind for task in tasks}
    rated = {task for task, kind in kinds.items() if criterion or kind == Batch.Kind.RATING}
    paired = {task for task, kind in kinds.items() if task not in rated and kind == Batch.Kind.PAIRWISE}
    ranked = kinds.keys() - rated - paired
    strips: dict[int, Strip] = {}
    for task, (scale, counts) in _grades(paired).items():
        strips[task] = _of_grades(scale, counts, task in blind)
    for task, firsts in _firsts(ranked).items():
        strips[task] = _of_firsts(firsts, kinds[task], task in blind)
    for task, scores in _scores(rated, criterion).items():
        strips[task] = _of_scores(scores, kinds[task], task in blind)
    return strips


def _counted(tasks: Collection[int]) -> QuerySet[Judgment]:
    return Judgment.objects.counted().filter(task__in=tasks).order_by()


def _grades(tasks: Collection[int]) -> dict[int, tuple[str, Counter[int]]]:
    """The scale of the first answer, and how many gave each grade."""
    if not tasks:
        return {}
    rows = _counted(tasks).values_list("task", "scale", "strength").annotate(n=Count("pk"), first=Min("pk"))
    found: dict[int, tuple[str, Counter[int]]] = {}
    for task, scale, strength, n, _ in sorted(rows, key=lambda row: row[-1]):
        _, counts = found.setdefault(task, (scale, Counter()))
        if strength is not None:
            counts[strength] += n
    return found


def _firsts(tasks: Collection[int]) -> dict[int, list[int]]:
    """How often each response was put first, by position."""
    if not tasks:
        return {}
    placed = Placement.objects.filter(judgment__in=_counted(tasks)).order_by()
    rows = placed.values_list("judgment__task", "position").annotate(n=Count("pk", filter=Q(rank=1)))
    found: dict[int, list[int]] = defaultdict(list)
    for task, _, n in sorted(rows):
        found[task].append(n)
    return found


def _scores(tasks: Collection[int], slug: str) -> dict[int, Scores]:
    """How many gave each value on each criterion of each response; nothing of checklists, which have no scale."""
    if not tasks:
        return {}
    of_a_value = [CriterionScore.Outcome.SCORED, CriterionScore.Outcome.COMPARED]
    scores = CriterionScore.objects.filter(judgment__in=_counted(tasks), outcome__in=of_a_value).order_by()
    scores = scores.exclude(criterion__kind=Criterion.Kind.CHECKLIST)
    if slug:
        scores = scores.filter(criterion__slug=slug)
    columns = ("judgment__task", "criterion", "position", "point__value", "side")
    rows = list(scores.values_list(*columns).annotate(n=Count("pk")))
    criteria = Criterion.objects.filter(pk__in={row[1] for row in rows}).prefetch_related("points").in_bulk()
    found: dict[int, Scores] = defaultdict(lambda: defaultdict(Counter))
    for task, criterion, position, value, side, n in rows:
        found[task][criteria[criterion], position][side if value is None else value] += n
    return found


def opinions_of(*, task: Task) -> list[Opinion]:
    """Every current judgment of the task in the order given, in a fixed number of queries."""
    found = Judgment.objects.current().filter(task=task).order_by("pk").select_related("rater", "improved")
    names = dict(version_of(task=task).criteria.values_list("slug", "name"))
    floor = float(reading_floor([task.words])[0])
    return [
        Opinion(
            n=n,
            judgment=judgment,
            said=said_by(judgment, kind=task.batch.kind),
            cant=judgment.get_cant_judge_display() if judgment.cant_judge else "",
            lines=_score_lines(judgment, task.batch.kind),
            reasons=[names.get(slug, slug) for slug in judgment.reasons],
            quotes=[(quote["text"], _place(quote, task.batch.kind)) for quote in judgment.quotes],
            flags=[_flag(flag, task.batch.kind) for flag in judgment.flags.all()],
            fast=judgment.source == Judgment.Source.LIVE and judgment.active_ms / 1000 < floor,
        )
        for n, judgment in enumerate(found.prefetch_related(*READS, "flags"), start=1)
    ]


def said_by(judgment: Judgment, *, kind: str) -> str:
    """The judgment's verdict in words; empty for ratings and for who could not judge."""
    if judgment.cant_judge:
        return ""
    if judgment.strength is not None:
        return grade_words(judgment.strength, scale=judgment.scale)
    return order_words([placement.rank for placement in judgment.placements.all()], kind=kind)


def answer_words(answer: dict[str, Any] | None, *, task: Task) -> str:
    """An answer as annotation.panels has it, in words."""
    if answer is None:
        return "could not answer it"
    if "strength" in answer:
        return grade_words(answer["strength"], scale=task.batch.scale)
    if "ranks" in answer:
        return order_words(answer["ranks"], kind=task.batch.kind)
    return "; ".join(f"{slug} {', '.join(map(_value, values))}" for slug, values in answer.get("scores", {}).items())


def grade_words(strength: int, *, scale: str) -> str:
    """The label of the grade, or of the nearest on its side where another scale was used; a tie is always one."""
    points = (
        [point for point in SCALES[scale].points if _sign(point.strength) == _sign(strength)] if scale in SCALES else []
    )
    if not points:
        return ["A better", "About the same", "B better"][_sign(strength) + 1]
    return min(points, key=lambda point: abs(point.strength - strength)).label


def order_words(ranks: Sequence[int], *, kind: str) -> str:
    """3, 1 = 2, 4: the answers by number, best first, ties joined."""
    groups = [
        " = ".join(label_of(place=place, kind=kind) for place, rank in enumerate(ranks, start=1) if rank == one)
        for one in sorted(set(ranks))
    ]
    return ", ".join(groups)


def _of_grades(scale: str, counts: Counter[int], blind: bool) -> Strip:
    domain = SCALES[scale].domain if scale in SCALES else (-1, 0, 1)
    known = sorted({*domain, *counts})
    bars = [Bar(counts[strength], grade_words(strength, scale=scale), strength == 0) for strength in known]
    return _told(_turned(bars) if blind else bars, "Grades", blind)


def _of_firsts(firsts: Sequence[int], kind: str, blind: bool) -> Strip:
    bars = [Bar(n, f"{label_of(place=place, kind=kind)} first") for place, n in enumerate(firsts, start=1)]
    return _told(sorted(bars, key=lambda bar: -bar.n) if blind else bars, "Put first", blind)


def _of_scores(scores: Scores, kind: str, blind: bool) -> Strip:
    in_order = sorted(scores, key=lambda one: (one[0].position, -1 if one[1] is None else one[1]))
    criterion, position = max(in_order, key=lambda one: max(scores[one]) - min(scores[one]))
    counts = scores[criterion, position]
    names = {-1: "A better", 0: "About the same", 1: "B better"}
    if criterion.kind != Criterion.Kind.COMPARE:
        names = {point.value: f"{point.value} {point.anchor}" for point in criterion.points.all()}
    bars = [Bar(counts[value], name) for value, name in sorted(names.items())]
    of = "" if position is None else f", answer {label_of(place=position + 1, kind=kind)}"
    return _told(_turned(bars) if blind else bars, f"{criterion.name}{of}", blind)


def _turned(bars: list[Bar]) -> list[Bar]:
    """The same whichever side is whose."""
    return max(bars, bars[::-1], key=lambda one: [bar.n for bar in one])


def _told(bars: Iterable[Bar], title: str, blind: bool) -> Strip:
    return Strip([Bar(bar.n, "", bar.middle) if blind else bar for bar in bars], title, blind)


def _rows(judgment: Judgment) -> dict[tuple[Criterion, int | None], list[CriterionScore]]:
    rows: dict[tuple[Criterion, int | None], list[CriterionScore]] = defaultdict(list)
    for row in judgment.scores.all():
        rows[row.criterion, row.position].append(row)
    return rows


def _score_lines(judgment: Judgment, kind: str) -> list[str]:
    lines = []
    for (criterion, position), rows in _rows(judgment).items():
        of = "" if position is None else f" {label_of(place=position + 1, kind=kind)}"
        value = value_of(criterion, rows)
        said = "does not apply" if value is None else _value(value)
        if criterion.kind == Criterion.Kind.COMPARE and value is not None:
            said = ["A better", "about the same", "B better"][value + 1]
        lines.append(f"{criterion.name}{of}: {said}")
    return lines


def _value(value: Any) -> str:
    if value is None:
        return "does not apply"
    return ", ".join(map(str, value)) or "none of them" if isinstance(value, list) else str(value)


def _place(quote: dict[str, Any], kind: str) -> str:
    position = quote.get("position")
    where = "request" if position is None else label_of(place=position + 1, kind=kind)
    return f"{where}, ¶ {quote.get('block', 1)}"


def _flag(flag: Any, kind: str) -> str:
    target = f"answer {label_of(place=int(flag.target) + 1, kind=kind)}" if flag.target.isdecimal() else flag.target
    return f"{flag.get_kind_display()}, {target}"


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
