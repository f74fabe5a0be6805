"""What changed between two versions: per criterion and score point, word by word, and what kind of change it is.

Reads content only; it does not decide whether labels are pooled.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from rubrics.content import Content, CriterionContent, PointContent, content_of
from rubrics.models import RubricVersion

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
    return diff_contents(content_of(old), content_of(new))


def diff_contents(old: Content, new: Content) -> VersionDiff:
    """As diff_versions, on plain content. Criteria are matched by slug, points by value."""
    before = {criterion["slug"]: criterion for criterion in old["criteria"]}
    after = {criterion["slug"]: criterion for criterion in new["criteria"]}
    criteria = [_criterion(before.get(slug), criterion) for slug, criterion in after.items()]
    criteria += [_criterion(criterion, None) for slug, criterion in before.items() if slug not in after]
    guidance = FieldDiff("Guidance", diff_words(old["guidance"], new["guidance"]))
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
        FieldDiff("Name", diff_words(old["name"] if old else "", new["name"] if new else "")),
        FieldDiff("Question", diff_words(old["question"] if old else "", new["question"] if new else "")),
    )
    before = {point["value"]: point for point in (old["points"] if old else [])}
    after = {point["value"]: point for point in (new["points"] if new else [])}
    points = tuple(_point(before.get(value), after.get(value), value) for value in sorted(before.keys() | after.keys()))
    return CriterionDiff(named["slug"], named["name"], _status(old, new, [*fields], points), fields, points)


def _point(old: PointContent | None, new: PointContent | None, value: int) -> PointDiff:
    fields = (
        FieldDiff("Short anchor", diff_words(old["anchor"] if old else "", new["anchor"] if new else "")),
        FieldDiff("Full anchor", diff_words(old["description"] if old else "", new["description"] if new else "")),
        FieldDiff("Example", diff_words(old["example"] if old else "", new["example"] if new else "")),
    )
    return PointDiff(value, _status(old, new, [*fields], ()), fields)


def _status(old: object, new: object, fields: Sequence[FieldDiff], points: Sequence[PointDiff]) -> Status:
    if old is None:
        return "added"
    if new is None:
        return "removed"
    return "changed" if any(f.changed for f in fields) or any(p.status != "same" for p in points) else "same"


def _proposed(guidance: FieldDiff, criteria: Sequence[CriterionDiff]) -> str:
    """Structure if a criterion or point came or went; then by how far the texts that carry meaning moved."""
    points = [point for criterion in criteria for point in criterion.points]
    if any(c.status in ("added", "removed") for c in criteria) or any(p.status in ("added", "removed") for p in points):
        return Change.STRUCTURE
    carrying = [criterion.fields[1] for criterion in criteria] + [point.fields[1] for point in points]
    closeness = min((_closeness(field) for field in carrying), default=1.0)
    if closeness < CLOSE:
        return Change.MEANING
    unchanged = closeness == 1.0 and not any(point.fields[2].changed for point in points)
    return Change.WORDING if unchanged and not guidance.changed else Change.CLARIFIED


def _closeness(field: FieldDiff) -> float:
    """Words in common over words in the longer text, in [0, 1]; 1 for two empty texts."""
    count = {"same": 0, "removed": 0, "added": 0}
    for piece in field.pieces:
        count[piece.kind] += len(piece.text.split())
    longer = count["same"] + max(count["removed"], count["added"])
    return count["same"] / longer if longer else 1.0
