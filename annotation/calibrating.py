"""Calibration: an answer beside the panel's, how a rater's round went, and the skill that passing it grants.

A pair is right when the grade is on the panel's side; a ranking when no two answers that the panel orders stand the
other way or level; a score when it is within one point. "Can't judge" is neither right nor wrong. A round is over
when the rater has answered every item of the batch.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import combinations
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from annotation.agreement.intervals import Interval, wilson
from annotation.errors import AlreadyChallenged, UnknownLease
from annotation.evidence import evidence_of_round
from annotation.locking import lock_rater
from annotation.models import Batch, Challenge, CriterionScore, Judgment, PanelAnswer, RoundResult
from rubrics.models import Criterion
from workforce import auditing
from workforce.models import SkillGrant, User

GRANTED_FOR = timedelta(days=180)
TRIES = 2
REREAD = 3
NOTE_MAX = 20_000


@dataclass(frozen=True)
class Score:
    """One criterion of one response (canonical position; None: of the pair), the rater's beside the panel's.

    A value is a point, a sorted list of points met, a side, or None for "does not apply" and for no answer.
    """

    criterion: Criterion
    position: int | None
    mine: Any
    panel: Any

    @property
    def right(self) -> bool:
        if self.criterion.kind == Criterion.Kind.SCALE and self.mine is not None and self.panel is not None:
            return bool(abs(self.mine - self.panel) <= 1)
        return bool(self.mine == self.panel)


@dataclass(frozen=True)
class Line:
    """One item of a rater's round. `right` is None where the rater could not judge."""

    judgment: Judgment
    panel: PanelAnswer

    @cached_property
    def scores(self) -> list[Score]:
        return scores_beside(judgment=self.judgment, panel=self.panel)

    @cached_property
    def right(self) -> bool | None:
        return agrees(judgment=self.judgment, panel=self.panel, scores=self.scores)

    @property
    def why(self) -> str:
        """What to look for, or else why the panel saw it so."""
        return self.panel.look_for or self.panel.note

    @property
    def distance(self) -> int:
        """How far from the panel, for the order in which items are worth reading again."""
        if self.judgment.strength is not None and "strength" in self.panel.answer:
            return abs(self.judgment.strength - int(self.panel.answer["strength"]))
        return sum(not score.right for score in self.scores)


@dataclass(frozen=True)
class Share:
    """So many right of so many, with the Wilson interval; `few` below eight."""

    name: str
    right: int
    n: int

    @property
    def interval(self) -> Interval | None:
        return wilson(self.right, self.n)

    @property
    def low(self) -> int | None:
        """The interval's lower end in per cent."""
        return round(100 * self.interval.low) if self.interval else None

    @property
    def high(self) -> int | None:
        return round(100 * self.interval.high) if self.interval else None

    @property
    def few(self) -> bool:
        return self.n < 8


@dataclass(frozen=True)
class Round:
    """How one rater's round in a calibration batch went so far."""

    batch: Batch
    rater: User
    total: int
    lines: list[Line]

    @property
    def url(self) -> str:
        return reverse("label-round", args=[self.batch.pk])

    @property
    def finished(self) -> bool:
        return bool(self.total) and len(self.lines) >= self.total

    @cached_property
    def share(self) -> Share:
        said = [line.right for line in self.lines if line.right is not None]
        return Share("", sum(said), len(said))

    @property
    def right(self) -> int:
        return self.share.right

    @property
    def n(self) -> int:
        return self.share.n

    @property
    def bar(self) -> int | None:
        return self.batch.pass_at

    @cached_property
    def missed_critical(self) -> list[Line]:
        return [line for line in self.lines if line.panel.critical and line.right is False]

    @property
    def passed(self) -> bool | None:
        """None while the round is not over, or where it has no bar."""
        if not self.finished or self.bar is None:
            return None
        return self.right >= self.bar and not self.missed_critical

    @cached_property
    def criteria(self) -> list[Share]:
        """Per criterion, in the rubric's order."""
        found: dict[str, list[bool]] = {}
        for line in self.lines:
            for score in line.scores:
                found.setdefault(score.criterion.name, []).append(score.right)
        return [Share(name, sum(rights), len(rights)) for name, rights in found.items()]

    @cached_property
    def reread(self) -> list[Line]:
        """The items worth reading again: missed ones, critical first, then the furthest from the panel."""
        missed = [line for line in self.lines if line.right is False]
        return sorted(missed, key=lambda line: (not line.panel.critical, -line.distance, line.judgment.pk))[:REREAD]


@dataclass(frozen=True)
class Ended:
    """How a finished round went, as it was written down with its last answer."""

    batch: Batch
    share: Share
    criteria: list[Share]
    passed: bool | None
    at: datetime

    @property
    def url(self) -> str:
        return reverse("label-round", args=[self.batch.pk])


def agrees(*, judgment: Judgment, panel: PanelAnswer, scores: Iterable[Score]) -> bool | None:
    """Whether the judgment is on the panel's side; None where the rater could not judge."""
    if judgment.cant_judge:
        return None
    if "strength" in panel.answer:
        return _sign(judgment.strength or 0) == _sign(panel.answer["strength"])
    if "ranks" in panel.answer:
        mine = [placement.rank for placement in judgment.placements.all()]
        return _keeps_order(mine, panel.answer["ranks"], skip_level=judgment.best_worst)
    return all(score.right for score in scores)


def _keeps_order(mine: list[int], panel: list[int], *, skip_level: bool) -> bool:
    """`skip_level`: answers that the rater was not asked to order say nothing."""
    for first, second in combinations(range(len(panel)), 2):
        wanted, got = _sign(panel[first] - panel[second]), _sign(mine[first] - mine[second])
        if wanted and got != wanted and not (skip_level and not got):
            return False
    return True


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def scores_beside(*, judgment: Judgment, panel: PanelAnswer) -> list[Score]:
    """The criteria that the panel scored, each beside what the rater said. None if the rater could not judge."""
    said: dict[tuple[str, int | None], list[CriterionScore]] = {}
    criteria: dict[str, Criterion] = {}
    for row in judgment.scores.all():
        said.setdefault((row.criterion.slug, row.position), []).append(row)
        criteria[row.criterion.slug] = row.criterion
    scores = []
    for criterion in sorted(criteria.values(), key=lambda one: one.position):
        values = panel.answer.get("scores", {}).get(criterion.slug, [])
        pair = criterion.kind == Criterion.Kind.COMPARE
        for place, value in enumerate(values):
            position = None if pair else place
            if (criterion.slug, position) in said:
                rows = said[criterion.slug, position]
                wanted = sorted(value) if isinstance(value, list) else value
                scores.append(Score(criterion, position, value_of(criterion, rows), wanted))
    return scores


def value_of(criterion: Criterion, rows: list[CriterionScore]) -> Any:
    """What a judgment's rows say on one criterion of one response, as in a Score."""
    if rows[0].outcome == CriterionScore.Outcome.NOT_APPLICABLE:
        return None
    if rows[0].outcome == CriterionScore.Outcome.COMPARED:
        return rows[0].side
    values = sorted(row.point.value for row in rows if row.point)
    return values if criterion.kind == Criterion.Kind.CHECKLIST else values[0]


def rounds_in(*, batch: Batch, rater: User | None = None) -> list[Round]:
    """The rounds of everybody who answered something in the batch, or only the rater's, in a few queries."""
    panels = {panel.task_id: panel for panel in PanelAnswer.objects.filter(task__batch=batch)}
    found = Judgment.objects.filter(task__in=panels, supersedes=None).order_by("pk")
    if rater is not None:
        found = found.filter(rater=rater)
    said: dict[User, list[Line]] = {}
    for judgment in found.select_related("rater", "task__prompt").prefetch_related(
        "placements", "scores__criterion", "scores__point"
    ):
        said.setdefault(judgment.rater, []).append(Line(judgment, panels[judgment.task_id]))
    total = batch.tasks.count()
    return [Round(batch, person, total, lines) for person, lines in said.items()]


def round_of(*, batch: Batch, rater: User) -> Round:
    """The rater's round in the batch, perhaps not begun."""
    found = rounds_in(batch=batch, rater=rater)
    return found[0] if found else Round(batch, rater, batch.tasks.count(), [])


def results_of(*, rater: User) -> list[Ended]:
    """The rater's finished rounds in projects they work in, newest first; one query."""
    found = RoundResult.objects.filter(rater=rater, batch__in=Batch.objects.worked_on_by(rater))
    return [
        Ended(
            batch=row.batch,
            share=Share("", row.right, row.n),
            criteria=[Share(**criterion) for criterion in row.criteria],
            passed=row.passed,
            at=row.ended_at,
        )
        for row in found.select_related("batch__project", "batch__grants").order_by("-batch")
    ]


def failed_of(*, results: Iterable[Ended], granted: Mapping[int, datetime]) -> Counter[int]:
    """How many of these rounds were not passed, by skill, since it was last `granted`."""
    failed: Counter[int] = Counter()
    for one in results:
        skill = one.batch.grants_id
        if skill is not None and one.passed is False and (skill not in granted or one.at > granted[skill]):
            failed[skill] += 1
    return failed


def failed_rounds(*, skill_id: int, rater: User) -> int:
    """How many rounds for the skill the rater has finished without passing, since it was last granted."""
    granted = dict(SkillGrant.objects.filter(skill=skill_id, user=rater).values_list("skill", "granted_at"))
    return failed_of(results=results_of(rater=rater), granted=granted)[skill_id]


@transaction.atomic
def conclude(*, batch: Batch, rater: User) -> SkillGrant | None:
    """Write down how the rater's round went if it is over, and grant the batch's skill if it is passed.

    The same round again changes nothing. A suspended skill stays suspended: a person took it away, and a person gives
    it back.
    """
    done = round_of(batch=batch, rater=rater)
    if done.finished:
        criteria = [{"name": share.name, "right": share.right, "n": share.n} for share in done.criteria]
        figures = {"right": done.right, "n": done.n, "passed": done.passed, "criteria": criteria}
        RoundResult.objects.get_or_create(batch=batch, rater=rater, defaults=figures)
    if not done.passed or batch.grants is None:
        return None
    evidence = evidence_of_round(batch=batch.number, right=done.right, n=done.n, bar=done.bar)
    held = SkillGrant.objects.filter(skill=batch.grants, user=rater).first()
    if held is not None and (held.evidence == evidence or held.state == SkillGrant.State.SUSPENDED):
        return held
    now = timezone.now()
    grant, _ = SkillGrant.objects.update_or_create(
        skill=batch.grants,
        user=rater,
        defaults={"evidence": evidence, "granted_at": now, "expires_at": now + GRANTED_FOR},
    )
    auditing.record(
        stream=batch.project.team.slug,
        actor=rater,
        verb="grant_skill",
        target=f"user:{rater.pk}",
        detail={"skill": batch.grants.slug, "batch": batch.pk, "right": done.right, "of": done.n},
    )
    return grant


def reveal_url(judgment: Judgment) -> str | None:
    """Where the rater reads what the panel said of the item just answered; None if there is nothing to read."""
    if judgment.task.batch.mode != Batch.Mode.CALIBRATION or not hasattr(judgment.task, "panel_answer"):
        return None
    return reverse("label-reveal", args=[judgment.uid])


def challenge_of(judgment: Judgment) -> Challenge | None:
    """What the rater said against the panel, if they did."""
    return Challenge.objects.filter(judgment=judgment).first()


@transaction.atomic
def challenge(*, judgment: Judgment, rater: User, note: str) -> Challenge:
    """Tell the leads why the rater disagrees with the panel. Raises UnknownLease, AlreadyChallenged, ValueError."""
    if judgment.rater_id != rater.pk:
        raise UnknownLease
    lock_rater(rater=rater)
    if Challenge.objects.filter(judgment=judgment).exists():
        raise AlreadyChallenged
    if not note.strip():
        raise ValueError("a challenge says why")
    made = Challenge.objects.create(judgment=judgment, note=note[:NOTE_MAX])
    batch = judgment.task.batch
    auditing.record(
        stream=batch.project.team.slug,
        actor=rater,
        verb="challenge_panel",
        target=f"judgment:{judgment.uid}",
        detail={"batch": batch.pk},
    )
    return made
