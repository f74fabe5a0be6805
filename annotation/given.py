"""A judgment read back as it was given: by displayed place, in the fields of the answer that was sent."""

from collections import defaultdict
from typing import Any

from annotation.models import Batch, CriterionScore, Demonstration, Judgment

Outcome = CriterionScore.Outcome


def given_answer(*, judgment: Judgment, kind: str) -> dict[str, Any]:
    """The inverse of the canonical reading (annotation.answers, annotation.criteria), for the screen."""
    order = judgment.display_order
    places = {position: place for place, position in enumerate(order, start=1)}
    placed = {placement.position: placement for placement in judgment.placements.all()}
    ranked = kind == Batch.Kind.RANKING and bool(placed)
    lined = ranked and all(placement.acceptable is not None for placement in placed.values())
    return {
        "value": judgment.raw_value,
        "ranking": [placed[position].rank for position in order] if ranked else None,
        "acceptable": [placed[position].acceptable for position in order] if lined else None,
        "best_worst": judgment.best_worst,
        "scores": _scores(judgment, places, turned=order == [1, 0]),
        "both_bad": judgment.both_bad,
        "cant_judge": judgment.cant_judge or None,
        "reasons": judgment.reasons,
        "rationale": judgment.rationale,
        "flags": [
            {"kind": flag.kind, "target": _target(flag.target, places), "severity": flag.severity}
            for flag in judgment.flags.order_by("pk")
        ],
        "quotes": [
            {"place": places.get(quote["position"], 0), "block": quote["block"], "text": quote["text"]}
            for quote in judgment.quotes
        ],
        "improved": judgment.improved.text if judgment.improved else None,
    }


def given_text(*, demonstration: Demonstration) -> dict[str, Any]:
    """A demonstration as it was sent."""
    return {"text": demonstration.text, "checks": demonstration.checks, "pasted": demonstration.pasted}


def _target(target: str, places: dict[int, int]) -> str:
    return str(places[int(target)]) if target.isdigit() else target


def _scores(judgment: Judgment, places: dict[int, int], *, turned: bool) -> list[dict[str, Any]]:
    """One entry per criterion and place; the met points of a checklist are gathered."""
    said: dict[tuple[str, int | None], list[CriterionScore]] = defaultdict(list)
    for row in judgment.scores.select_related("criterion", "point"):
        place = None if row.position is None else places[row.position]
        said[row.criterion.slug, place].append(row)
    return [
        {"criterion": slug, "place": place, "point": None, "points": None, "side": None, "not_applicable": False}
        | _said(rows, turned=turned)
        for (slug, place), rows in said.items()
    ]


def _said(rows: list[CriterionScore], *, turned: bool) -> dict[str, Any]:
    first = rows[0]
    if first.outcome == Outcome.NOT_APPLICABLE:
        return {"not_applicable": True}
    if first.outcome == Outcome.COMPARED:
        return {"side": -(first.side or 0) if turned else first.side}
    values = [row.point.value for row in rows if row.point]
    if first.criterion.kind == first.criterion.Kind.CHECKLIST:
        return {"points": values}
    return {"point": values[0]}
