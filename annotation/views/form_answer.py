"""The answer that a plain form of the dock says, for people whose browser runs no script.

Names: value, rank-N, score-<slug>-<place> (place 0 for the pair), flags with flag-target-<kind> and
flag-severity-<kind>, both_bad, cant_judge, reasons, rationale, improved.
"""

import re

from django.http import QueryDict

from annotation.answers import Answer, GivenFlag, GivenScore
from annotation.models import Flag
from annotation.views.asking import MET, NONE, NOT_APPLICABLE
from annotation.writing import one_ending
from workforce.numerals import whole_number

SCORE = "score-"
SIGNED = re.compile(r"-?\d{1,3}")


def read_form(form: QueryDict) -> Answer:
    """What was filled in. Nothing is checked here: that is for the verbs, which know the item."""
    return Answer(
        value=whole_number(form.get("value")),
        ranking=_ranking(form),
        scores=[score for name in form if name.startswith(SCORE) for score in _scores(form, name)],
        both_bad="both_bad" in form,
        cant_judge=form.get("cant_judge", ""),
        reasons=form.getlist("reasons"),
        rationale=form.get("rationale", ""),
        flags=[_flag(form, kind) for kind in form.getlist("flags")],
        improved=one_ending(form.get("improved", "")) or None,
    )


def _ranking(form: QueryDict) -> list[int] | None:
    given = [whole_number(str(form[name])) for name in sorted(form) if name.startswith("rank-")]
    ranks = [rank for rank in given if rank is not None]
    return ranks if ranks and len(ranks) == len(given) else None


def _flag(form: QueryDict, kind: str) -> GivenFlag:
    target = form.get(f"flag-target-{kind}") or "item"
    return GivenFlag(kind=kind, target=target, severity=form.get(f"flag-severity-{kind}") or Flag.Severity.LOW)


def _scores(form: QueryDict, name: str) -> list[GivenScore]:
    slug, _dash, last = name.removeprefix(SCORE).rpartition("-")
    place, said = whole_number(last), [value for value in form.getlist(name) if value]
    if not slug or place is None or not said:
        return []
    if NOT_APPLICABLE in said:
        return [GivenScore(slug, place or None, not_applicable=True)]
    met = [_value(value.removeprefix(MET)) for value in said if value.startswith(MET)]
    if met or any(value.startswith(NONE) for value in said):
        return [GivenScore(slug, place or None, points=[value for value in met if value is not None])]
    point = _value(said[0])
    if place == 0:
        return [GivenScore(slug, side=point)]
    return [GivenScore(slug, place, point=point)]


def _value(text: str) -> int | None:
    return int(text) if SIGNED.fullmatch(text) else None
