"""The list of raters and the answers of one as CSV. A cell that a spreadsheet would run is marked as text."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from django.http import HttpResponse

from annotation.models import Project, RaterFigures
from annotation.raters.answers import AnswerRow
from workforce.models import User

RUNS = ("=", "+", "-", "@", "\t", "\r", "\x00")


def raters_sheet(*, project: Project, figures: Iterable[RaterFigures]) -> HttpResponse:
    """One line a rater, with what the list shows; shares lie in [0, 1]."""
    head = (
        *("rater", "answers", "agreement_beside", "low", "high", "agreement_items", "gold_right", "gold_n"),
        *("left_share", "decisive", "tie_share", "median_seconds", "last_answer", "signals"),
    )
    lines = [
        (
            *(one.rater.username, one.answers, one.beside, one.beside_low, one.beside_high, one.beside_n),
            *(one.gold_right, one.gold_n, one.left_share, one.decisive, one.tie_share, one.seconds),
            *(one.last_at.isoformat() if one.last_at else "", getattr(one, "waiting", 0)),
        )
        for one in figures
    ]
    return _sheet(f"{project.slug}-raters.csv", head, lines)


def answers_sheet(*, project: Project, rater: User, answers: Sequence[AnswerRow]) -> HttpResponse:
    """One line an answer."""
    head = ("batch", "item", "lane", "answered", "said", "follows_others", "gold_right", "seconds", "floor", "words")
    lines = [
        (
            *(one.batch, one.item, one.lane, one.at.isoformat(), one.said, one.follows, one.gold),
            *(f"{one.seconds:.1f}", f"{one.floor:.1f}", one.words),
        )
        for one in answers
    ]
    return _sheet(f"{project.slug}-{rater.username}.csv", head, lines)


def _sheet(name: str, head: Sequence[str], lines: Iterable[Sequence[object]]) -> HttpResponse:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in line] for line in lines)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(RUNS) else "" if value is None else value
