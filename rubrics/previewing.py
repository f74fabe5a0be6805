"""How a criterion of a draft is asked: for the editor's fields and for the picture of the rater's dock."""

from dataclasses import dataclass
from typing import Any

from rubrics.conditions import FLAGS, read_condition
from rubrics.content import Content, CriterionContent, kind_of
from rubrics.models import Criterion

Kind = Criterion.Kind
SIDES = ("A better", "Same", "B better")


@dataclass(frozen=True)
class Asking:
    """A criterion's kind, weight and condition as fields, and what they come to in words and rows."""

    kind: str
    weight: str
    when: str
    when_values: str
    whens: list[tuple[str, str]]
    words: str
    rows: list[str]
    choices: list[dict[str, Any]]

    @property
    def waits_for_values(self) -> bool:
        return bool(self.when) and not self.when.startswith("flag:")


def asking(content: Content, place: int) -> Asking:
    """How the criterion at the place is asked."""
    criterion = content["criteria"][place]
    kind, text = kind_of(criterion), criterion.get("shown_when", "")
    slug, equals, values = text.partition("=")
    earlier = [one for one in content["criteria"][:place] if kind_of(one) != Kind.COMPARE]
    whens = [("", "always")]
    whens += [(f"flag:{flag}", f"a flag: {words}") for flag, words in FLAGS.items()]
    whens += [(one["slug"], f"a value of “{one['name'] or one['slug']}”") for one in earlier]
    when = slug if equals else text
    if when not in dict(whens):
        whens.append((when, f"“{when}”, which does not come before it"))
    return Asking(
        kind=kind,
        weight=f"{criterion.get('weight', 1.0):g}",
        when=when,
        when_values=values.replace(",", ", "),
        whens=whens,
        words=condition_in_words(text, content["criteria"]),
        rows=["pair"] if kind == Kind.COMPARE else ["a", "b"],
        choices=_choices(criterion),
    )


def condition_in_words(text: str, criteria: list[CriterionContent]) -> str:
    """When it is asked: "asked only where …"; empty where it always is, or cannot be read yet."""
    try:
        condition = read_condition(text)
    except ValueError:
        return ""
    if condition is None:
        return ""
    if condition.flag:
        return f"asked only where somebody flags {FLAGS.get(condition.flag, condition.flag)}"
    names = {one["slug"]: one["name"] or one["slug"] for one in criteria}
    values = " or ".join(str(value) for value in condition.values)
    return f"asked only where “{names.get(condition.slug, condition.slug)}” is {values}"


def _choices(criterion: CriterionContent) -> list[dict[str, Any]]:
    """The segments or boxes of one row with their keys, as the label page draws them: yes before no."""
    kind = kind_of(criterion)
    points = criterion["points"][::-1] if kind == Kind.RULE else criterion["points"]
    words = [(point["anchor"] or "…", point.get("weight", 0)) for point in points]
    if kind == Kind.COMPARE:
        words = [(text, 0) for text in SIDES]
    found = [{"key": key, "words": text, "weight": weight} for key, (text, weight) in enumerate(words, start=1)]
    if kind == Kind.CHECKLIST:
        found.append({"key": 0, "words": "None of these"})
    if criterion.get("not_applicable"):
        found.append({"key": 9, "words": "n/a"})
    return found


def in_words(content: Content) -> list[dict[str, Any]]:
    """Each criterion's content with `notes`: its kind, condition and weight, where they are not as they come."""
    return [{**one, "notes": _notes(one, content["criteria"])} for one in content["criteria"]]


def _notes(criterion: CriterionContent, criteria: list[CriterionContent]) -> list[str]:
    notes = [] if kind_of(criterion) == Kind.SCALE else [str(Kind(kind_of(criterion)).label)]
    if words := condition_in_words(criterion.get("shown_when", ""), criteria):
        notes.append(words)
    if criterion.get("not_applicable"):
        notes.append("may be left out as not applicable")
    if "weight" in criterion:
        notes.append(f"weight {criterion['weight']:g}")
    return notes
