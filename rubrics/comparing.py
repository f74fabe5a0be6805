"""What changed between two versions: per criterion and score point, word by word, and what kind of change it is.

Reads content only; it does not decide whether labels are pooled.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from rubrics.conditions import in_words
from rubrics.content import Content, CriterionContent, PointContent, contents_of, kind_of
from rubrics.models import Criterion, RubricVersion

Status = Literal["same", "changed", "added", "removed"]
Change = RubricVersion.Change
PIECES = re.compile(r"\S+\s*|\s+")  # a word keeps the space after it, so that spaces alone never match
CLOSE = 0.75  # share of words two texts have in common, from which an edit is taken for wording


@dataclass(frozen=True)
class Piece:
    """A run of text: in both ("same"), only in the older ("removed"), only in the newer ("added")."""

    kind: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True)
class FieldDiff:
    """One text of a criterion or point. `label` is English, and in the catalogue; the pieces are to be read as they
    are, those that nobody wrote in the active language."""

    label: str
    pieces: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        return any(piece.kind != "same" for piece in self.pieces)


@dataclass(frozen=True)
class PointDiff:
    value: int
    status: Status
    fields: tuple[FieldDiff, ...]


@dataclass(frozen=True)
class CriterionDiff:
    slug: str
    name: str
    status: Status
    fields: tuple[FieldDiff, ...]
    points: tuple[PointDiff, ...]


@dataclass(frozen=True)
class VersionDiff:
    guidance: FieldDiff
    criteria: tuple[CriterionDiff, ...]
    reordered: bool
    proposed: str

    @property
    def changed(self) -> bool:
        return self.guidance.changed or self.reordered or any(c.status != "same" for c in self.criteria)


def diff_versions(old: RubricVersion, new: RubricVersion) -> VersionDiff:
    """The difference from `old` to `new`, with the kind of change it looks like."""
    said = contents_of(old, new)
    return diff_contents(said[old], said[new])


def diff_contents(old: Content, new: Content) -> VersionDiff:
    """As diff_versions, on plain content. Criteria are matched by slug, points by value."""
    before = {criterion["slug"]: criterion for criterion in old["criteria"]}
    after = {criterion["slug"]: criterion for criterion in new["criteria"]}
    criteria = [_criterion(before.get(slug), criterion) for slug, criterion in after.items()]
    criteria += [_criterion(criterion, None) for slug, criterion in before.items() if slug not in after]
    guidance = FieldDiff(_("Guidance"), diff_words(old["guidance"], new["guidance"]))
    reordered = [s for s in before if s in after] != [s for s in after if s in before]
    return VersionDiff(guidance, tuple(criteria), reordered, _proposed(guidance, criteria))


def diff_words(old: str, new: str) -> tuple[Piece, ...]:
    """The two texts as runs. The same and removed runs together give `old`, the same and added ones `new`."""
    a, b = PIECES.findall(old), PIECES.findall(new)
    pieces: list[Piece] = []
    for kind, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(a[a1:a2])))
            continue
        if a1 < a2:
            pieces.append(Piece("removed", "".join(a[a1:a2])))
        if b1 < b2:
            pieces.append(Piece("added", "".join(b[b1:b2])))
    return tuple(pieces)


def _criterion(old: CriterionContent | None, new: CriterionContent | None) -> CriterionDiff:
    named = new or old
    assert named is not None  # noqa: S101 (one of the two is always given)
    fields = (
        FieldDiff(_("Name"), diff_words(old["name"] if old else "", new["name"] if new else "")),
        FieldDiff(_("Question"), diff_words(old["question"] if old else "", new["question"] if new else "")),
        *(FieldDiff(label, diff_words(say(old), say(new))) for label, say in SAID),
    )
    before = {point["value"]: point for point in (old["points"] if old else [])}
    after = {point["value"]: point for point in (new["points"] if new else [])}
    points = tuple(_point(before.get(value), after.get(value), value) for value in sorted(before.keys() | after.keys()))
    return CriterionDiff(named["slug"], named["name"], _status(old, new, [*fields], points), fields, points)


def _point(old: PointContent | None, new: PointContent | None, value: int) -> PointDiff:
    fields = (
        FieldDiff(_("Short anchor"), diff_words(old["anchor"] if old else "", new["anchor"] if new else "")),
        FieldDiff(_("Full anchor"), diff_words(old["description"] if old else "", new["description"] if new else "")),
        FieldDiff(_("Example"), diff_words(old["example"] if old else "", new["example"] if new else "")),
        FieldDiff(_("Weight"), diff_words(_point_weight(old), _point_weight(new))),
    )
    return PointDiff(value, _status(old, new, [*fields], ()), fields)


def _kind(criterion: CriterionContent | None) -> str:
    return str(Criterion.Kind(kind_of(criterion)).label) if criterion else ""


def _applies(criterion: CriterionContent | None) -> str:
    return gettext("may be left out as not applicable") if criterion and criterion.get("not_applicable") else ""


def _asked_when(criterion: CriterionContent | None) -> str:
    return in_words(criterion.get("shown_when", "")) if criterion else ""


def _weight(criterion: CriterionContent | None) -> str:
    return f"{criterion.get('weight', 1.0):g}" if criterion else ""


def _point_weight(point: PointContent | None) -> str:
    return f"{point['weight']:+d}" if point and point.get("weight") else ""


SAID: tuple[tuple[str, Callable[[CriterionContent | None], str]], ...] = (
    (_("Kind"), _kind),
    (_("Not applicable"), _applies),
    (_("Asked when"), _asked_when),
    (_("Weight"), _weight),
)
KIND, APPLIES, ASKED_WHEN, WEIGHT = range(2, 6)


def _status(old: object, new: object, fields: Sequence[FieldDiff], points: Sequence[PointDiff]) -> Status:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    return "changed" if any(f.changed for f in fields) or any(p.status != "same" for p in points) else "same"


def _proposed(guidance: FieldDiff, criteria: Sequence[CriterionDiff]) -> str:
    """Structure if a criterion or point came, went or became of another kind; meaning changed if it is asked of
    others; then by how far the texts that carry meaning moved."""
    points = [point for criterion in criteria for point in criterion.points]
    if any(c.status in ("added", "removed") for c in criteria) or any(p.status in ("added", "removed") for p in points):
        return Change.STRUCTURE
    if any(criterion.fields[KIND].changed for criterion in criteria):
        return Change.STRUCTURE
    if any(criterion.fields[place].changed for criterion in criteria for place in (APPLIES, ASKED_WHEN)):
        return Change.MEANING
    carrying = [criterion.fields[1] for criterion in criteria] + [point.fields[1] for point in points]
    closeness = min((_closeness(field) for field in carrying), default=1.0)
    if closeness < CLOSE:
        return Change.MEANING
    weighted = any(criterion.fields[WEIGHT].changed for criterion in criteria)
    unchanged = closeness == 1.0 and not any(point.fields[n].changed for point in points for n in (2, 3))
    return Change.WORDING if unchanged and not guidance.changed and not weighted else Change.CLARIFIED


def _closeness(field: FieldDiff) -> float:
    """Words in common over words in the longer text, in [0, 1]; 1 for two empty texts."""
    count = {"same": 0, "removed": 0, "added": 0}
    for piece in field.pieces:
        count[piece.kind] += len(piece.text.split())
    longer = count["same"] + max(count["removed"], count["added"])
    return count["same"] / longer if longer else 1.0
