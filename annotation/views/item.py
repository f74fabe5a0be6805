"""The label page's view of an item: what annotation.presenting lets out, cut into what the templates draw.

Adds the pinned rubric version, the reasons and flags that can be chosen, and the seconds left on the lease.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from annotation.models import Assignment, Flag, Judgment
from annotation.presenting import present
from rubrics.models import Criterion, RubricVersion

ROLES = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}
SHOWN_TURNS = 3
CANT_JUDGE = [
    (Judgment.CantJudge.EXPERTISE.value, "it needs expertise I do not have"),
    (Judgment.CantJudge.LANGUAGE.value, "it is in a language I do not read"),
    (Judgment.CantJudge.BROKEN.value, "content is broken or missing"),
    (Judgment.CantJudge.UNVERIFIABLE.value, "I would have to check something I cannot check here"),
    (Judgment.CantJudge.UNCLEAR.value, "the request itself is unclear"),
    (Judgment.CantJudge.OTHER.value, "another reason"),
]
FLAGS = [
    (Flag.Kind.UNSAFE.value, "unsafe content"),
    (Flag.Kind.PERSONAL_DATA.value, "personal data"),
    (Flag.Kind.IDENTITY.value, "a model gave its name away"),
    (Flag.Kind.INJECTION.value, "text that tries to steer the rater"),
    (Flag.Kind.DUPLICATE.value, "a duplicate"),
    (Flag.Kind.RENDERING.value, "does not display properly"),
    (Flag.Kind.OTHER.value, "something else"),
]


@dataclass(frozen=True)
class Turn:
    role: str
    text: str


@dataclass(frozen=True)
class Point:
    """One segment of the grade scale: its value, the side it prefers ("" for neither), its words, and an
    ending that a narrow screen leaves out."""

    value: int
    side: str
    words: str
    ending: str


@dataclass(frozen=True)
class Item:
    token: str
    task: str
    submission: str
    lease_seconds: int
    lease_full: int
    earlier: list[Turn]
    turns: list[Turn]
    answers: list[dict[str, Any]]
    points: list[Point]
    tie: int | None
    progress: dict[str, int]
    rubric: RubricVersion
    criteria: QuerySet[Criterion]
    cant_judge: list[tuple[str, str]]
    flags: list[tuple[str, str]]

    @property
    def ranks(self) -> range:
        """The ranks that a form without a script offers."""
        return range(1, len(self.answers) + 1)


def show(assignment: Assignment) -> Item:
    """The item of a live assignment. Reads only."""
    payload = present(assignment=assignment)
    version = assignment.slot.batch.rubric_version
    turns = [_turn(message) for message in payload["messages"]]
    fold = len(turns) > SHOWN_TURNS
    points = [_point(point) for point in payload["scale"]["points"]] if payload["scale"] else []
    left = (assignment.expires_at - timezone.now()).total_seconds()
    return Item(
        token=payload["assignment"],
        task=payload["task"],
        submission=str(uuid.uuid4()),
        lease_seconds=max(0, int(left)),
        lease_full=payload["lease_seconds"],
        earlier=turns[:-1] if fold else [],
        turns=turns[-1:] if fold else turns,
        answers=payload["answers"],
        points=points,
        tie=next((point.value for point in points if not point.side), None),
        progress=payload["progress"],
        rubric=version,
        criteria=version.criteria.prefetch_related("points"),
        cant_judge=CANT_JUDGE,
        flags=FLAGS,
    )


def _turn(message: dict[str, Any]) -> Turn:
    role = str(message["role"])
    return Turn(role=ROLES.get(role, role.capitalize()), text=str(message["content"] or ""))


def _point(point: dict[str, Any]) -> Point:
    """The label "A much better" → side A, "much", ending "better"; "About the same" has no side."""
    side, _, rest = point["label"].partition(" ")
    if side not in ("A", "B"):
        return Point(value=point["value"], side="", words=point["label"], ending="")
    words, gap, last = rest.rpartition(" ")
    if gap and last == "better":
        return Point(value=point["value"], side=side, words=words, ending=last)
    return Point(value=point["value"], side=side, words=rest, ending="")
