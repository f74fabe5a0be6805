"""The two forms of the adjudication page: the lead's own answer, and the ruling. They parse; the verbs decide.

Every question is a group of radio buttons, so that a digit answers the first open one (js/pages/adjudication.js).
"""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from annotation.errors import RulingIncomplete
from annotation.models import Adjudication, Batch, Task
from annotation.repinning import version_of
from annotation.scales import SCALES
from annotation.views.canonical_form import fields_of, is_asked, letter_of, read_canonical
from rubrics.models import Criterion
from workforce.numerals import whole_number

Outcome = Adjudication.Outcome
SIDES = {"first": -1, "tie": 0, "second": 1}
NOT_APPLICABLE = "na"


@dataclass(frozen=True, slots=True)
class Option:
    """One button: what it sends, its words, and whether it is chosen."""

    value: str
    words: str
    chosen: bool
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """One question with its buttons."""

    name: str
    legend: str
    options: list[Option]


def groups_of(*, task: Task, given: QueryDict | None, answer: dict[str, Any] | None = None) -> list[Group]:
    """The questions that an answer to the item takes, as `given` by a form, or else as `answer` has them."""
    batch = task.batch
    members = [(letter_of(batch, m.position), m.position, m.response) for m in task.members.all()]
    chosen = {name: given.get(name, "") for name in given} if given is not None else _fields(answer or {})
    groups = []
    if batch.kind == Batch.Kind.PAIRWISE:
        points = [(str(point.strength), point.label) for point in SCALES[batch.scale].points]
        groups.append(_group("strength", "Overall", points, chosen))
    elif batch.kind == Batch.Kind.RANKING:
        places = [(str(place), str(place)) for place in range(1, len(members) + 1)]
        for letter, position, _ in members:
            groups.append(_group(f"rank-{position}", f"Place of answer {letter}", places, chosen))
    for criterion in _criteria(task):
        for name, letter in fields_of(criterion, members):
            legend = f"{criterion.name}, answer {letter}" if letter else criterion.name
            groups.append(_group(name, legend, _points(criterion), chosen))
    return groups


def read_answer(*, task: Task, form: QueryDict) -> dict[str, Any]:
    """The answer that the form gives. Raises RulingIncomplete naming the questions that are left."""
    left = [group.legend for group in groups_of(task=task, given=form) if not any(o.chosen for o in group.options)]
    if left:
        more = f" and {len(left) - 1} more" if len(left) > 1 else ""
        raise RulingIncomplete(fields={"answer": f"Left to answer: {left[0]}{more}."})
    return read_canonical(form, task, _criteria(task))


def outcomes_of(*, task: Task, given: str, votes: str) -> list[Option]:
    """The outcomes that a ruling on the item may have; `votes` is how people were split."""
    if task.batch.kind == Batch.Kind.PAIRWISE:
        right = [("right:first", "A is right", ""), ("right:second", "B is right", "")]
        if 0 in SCALES[task.batch.scale].domain:
            right.append(("right:tie", "Neither is better", ""))
    else:
        right = [("right", "The answer above is right", "change it there")]
    rest = [
        (Outcome.SPLIT.value, Outcome.SPLIT.label, f"keep the distribution: {votes}" if votes else "keep the votes"),
        (Outcome.AMBIGUOUS.value, Outcome.AMBIGUOUS.label, ""),
        (Outcome.GAP.value, Outcome.GAP.label, "opens a draft"),
        (Outcome.BROKEN.value, Outcome.BROKEN.label, "asks nobody any more"),
    ]
    return [Option(value, words, value == given, hint) for value, words, hint in [*right, *rest]]


def ruling_of(adjudication: Adjudication) -> dict[str, str]:
    """A ruling as the form has it, to be changed."""
    outcome = adjudication.outcome
    strength = (adjudication.answer or {}).get("strength")
    if strength is not None:
        outcome = f"right:{next(name for name, side in SIDES.items() if side == (strength > 0) - (strength < 0))}"
    return {
        "outcome": outcome,
        "cause": adjudication.cause,
        "confidence": str(adjudication.confidence or ""),
        "note": adjudication.note,
        "gold": "on" if adjudication.gold else "",
    }


def read_ruling(*, task: Task, form: QueryDict, blind: dict[str, Any] | None) -> dict[str, Any]:
    """What the verbs take. The strength of a pair is the lead's own where the side is, else the least of the side."""
    outcome, _, side = form.get("outcome", "").partition(":")
    answer = None
    if outcome == Outcome.RIGHT and task.batch.kind == Batch.Kind.PAIRWISE:
        answer = {"strength": _strength(task, SIDES.get(side, 0), blind)} if side in SIDES else None
    elif outcome == Outcome.RIGHT:
        answer = read_answer(task=task, form=form)
    return {
        "outcome": outcome,
        "cause": form.get("cause", ""),
        "confidence": whole_number(form.get("confidence")),
        "note": form.get("note", ""),
        "answer": answer,
        "gold": "gold" in form,
    }


def _strength(task: Task, side: int, blind: dict[str, Any] | None) -> int:
    mine = (blind or {}).get("strength")
    if mine is not None and (mine > 0) - (mine < 0) == side:
        return int(mine)
    return min((s for s in SCALES[task.batch.scale].domain if (s > 0) - (s < 0) == side), key=abs, default=0)


def _criteria(task: Task) -> list[Criterion]:
    """Only ratings are scored here; of pairs and rankings the verdict is what people disagree on."""
    if task.batch.kind != Batch.Kind.RATING:
        return []
    criteria = version_of(task=task).criteria.order_by("position").prefetch_related("points")
    size = len(task.members.all())
    fitting = [one for one in criteria if one.kind != Criterion.Kind.COMPARE or size == 2]
    return [criterion for criterion in fitting if is_asked(task.batch, criterion)]


def _points(criterion: Criterion) -> list[tuple[str, str]]:
    if criterion.kind == Criterion.Kind.COMPARE:
        return [("-1", "A better"), ("0", "About the same"), ("1", "B better")]
    points = [(str(point.value), f"{point.value} {point.anchor}".strip()) for point in criterion.points.all()]
    return [*points, (NOT_APPLICABLE, "does not apply")] if criterion.not_applicable else points


def _fields(answer: dict[str, Any]) -> dict[str, str]:
    """An answer as the fields of the form."""
    fields = {}
    if "strength" in answer:
        fields["strength"] = str(answer["strength"])
    for position, rank in enumerate(answer.get("ranks", [])):
        fields[f"rank-{position}"] = str(rank)
    for slug, values in answer.get("scores", {}).items():
        for place, value in enumerate(values):
            fields[f"score-{slug}-{place}"] = NOT_APPLICABLE if value is None else str(value)
    return fields


def _group(name: str, legend: str, points: list[tuple[str, str]], chosen: dict[str, str]) -> Group:
    return Group(name, legend, [Option(value, words, chosen.get(name) == value) for value, words in points])
