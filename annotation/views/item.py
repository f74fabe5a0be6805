"""The label page's view of an item: what annotation.presenting lets out, cut into what the templates draw.

Adds the pinned rubric version, the reasons and flags that can be chosen, and the seconds left on the lease.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotation.models import Assignment, Batch, Flag, Judgment
from annotation.presenting import present
from annotation.repinning import version_of
from annotation.talk import Talk, talk_of
from annotation.views.asking import AskedCriterion, ask
from rubrics.models import Criterion, RubricVersion

CANT_JUDGE: list[tuple[str, Promise, Promise]] = [
    (
        Judgment.CantJudge.EXPERTISE.value,
        _("it needs expertise I do not have"),
        _("A lead sees this and can ask somebody with that knowledge."),
    ),
    (
        Judgment.CantJudge.LANGUAGE.value,
        _("it is in a language I do not read"),
        _("A lead sees this and can ask somebody who reads the language."),
    ),
    (
        Judgment.CantJudge.BROKEN.value,
        _("content is broken or missing"),
        _("A lead sees this and can mend the item or take it out."),
    ),
    (
        Judgment.CantJudge.UNVERIFIABLE.value,
        _("I would have to check something I cannot check here"),
        _("A lead sees this and can have it checked elsewhere."),
    ),
    (
        Judgment.CantJudge.UNCLEAR.value,
        _("the request itself is unclear"),
        _("A lead sees this and can settle what the request means."),
    ),
    (
        Judgment.CantJudge.OTHER.value,
        _("another reason"),
        _("A lead sees this. A few words as your reason help them."),
    ),
]
FLAGS: list[tuple[str, Promise]] = [
    (Flag.Kind.UNSAFE.value, _("unsafe content")),
    (Flag.Kind.PERSONAL_DATA.value, _("personal data")),
    (Flag.Kind.IDENTITY.value, _("a model gave its name away")),
    (Flag.Kind.INJECTION.value, _("text that tries to steer the rater")),
    (Flag.Kind.DUPLICATE.value, _("a duplicate")),
    (Flag.Kind.RENDERING.value, _("does not display properly")),
    (Flag.Kind.OTHER.value, _("something else")),
]
GRADES: dict[str, tuple[Promise, Promise]] = {
    "better": (_("better"), _("better")),
    "much better": (_("much better"), _("much")),
    "slightly better": (_("slightly better"), _("slightly")),
    "significantly better": (_("significantly better"), _("significantly")),
    "negligibly better or unsure": (_("negligibly better or unsure"), _("negligibly or unsure")),
    "About the same": (_("About the same"), _("About the same")),
}
"""What follows the side in the label of a grade, and the same where there is little room."""


@dataclass(frozen=True)
class Point:
    """One segment of the grade scale: its value, the side it prefers ("" for neither), its words, and fewer."""

    value: int
    side: str
    words: str | Promise
    short: str | Promise


@dataclass(frozen=True)
class Item:
    """`criteria` are all of the rubric's, for the guide and as reasons; `asked` those that the item asks."""

    token: str
    task: str
    submission: str
    lease_seconds: int
    lease_full: int
    talk: Talk
    answers: list[dict[str, Any]]
    points: list[Point]
    tie: int | None
    progress: dict[str, int]
    rubric: RubricVersion
    criteria: list[Criterion]
    asked: list[AskedCriterion]
    settings: dict[str, Any]
    cant_judge: list[tuple[str, Promise, Promise]]
    flags: list[tuple[str, Promise]]
    reason: str

    @property
    def ranks(self) -> range:
        """The ranks that a form without a script offers."""
        return range(1, len(self.answers) + 1)

    @property
    def reserves(self) -> bool:
        """Whether a criterion may appear later, for which the dock keeps room."""
        return any(criterion.when for criterion in self.asked)


def show(assignment: Assignment, form: QueryDict | None = None) -> Item:
    """The item of a live assignment. Reads only. `form` is what a refused form said, to be shown again."""
    payload = present(assignment=assignment)
    version = version_of(task=assignment.task)
    criteria = list(version.criteria.prefetch_related("points"))
    points = [_point(point) for point in payload["scale"]["points"]] if payload["scale"] else []
    left = (assignment.expires_at - timezone.now()).total_seconds()
    return Item(
        token=payload["assignment"],
        task=payload["task"],
        submission=str(uuid.uuid4()),
        lease_seconds=max(0, int(left)),
        lease_full=payload["lease_seconds"],
        talk=talk_of(payload["messages"]),
        answers=payload["answers"],
        points=points,
        tie=next((point.value for point in points if not point.side), None),
        progress=payload["progress"],
        rubric=version,
        criteria=criteria,
        asked=_asked(payload, criteria, form),
        settings=payload["settings"],
        cant_judge=CANT_JUDGE,
        flags=FLAGS,
        reason=_reason(payload),
    )


def _asked(payload: dict[str, Any], criteria: list[Criterion], form: QueryDict | None) -> list[AskedCriterion]:
    """Writing has the criteria as things to check, not as questions about an answer."""
    if payload["kind"] == Batch.Kind.DEMONSTRATION:
        return []
    slugs = {criterion["slug"] for criterion in payload["criteria"]}
    labels = [answer["label"] for answer in payload["answers"]]
    return ask(criteria=[criterion for criterion in criteria if criterion.slug in slugs], labels=labels, form=form)


def _reason(payload: dict[str, Any]) -> str:
    """When a reason is compulsory beyond "both bad": in words, always, at the strongest grade, or not at all."""
    if payload["settings"]["calibration"]:
        return "words"
    if payload["settings"]["reason_wanted"]:
        return "wanted"
    return "strongest" if payload["category"] else ""


def _point(point: dict[str, Any]) -> Point:
    """The label "A much better" → side A and what follows it; "About the same" has no side."""
    side, _space, rest = point["label"].partition(" ")
    if side not in ("A", "B"):
        side, rest = "", point["label"]
    words, short = GRADES.get(rest, (rest, rest))
    return Point(value=point["value"], side=side, words=words, short=short)
