"""The leaderboard of a project's models, the same as a table file, and what both are narrowed to."""

import csv
import io
from dataclasses import dataclass
from math import ceil, floor
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotation import leaderboard as boards
from annotation.agreement.leaderboard import Group, Standing
from annotation.models import Project
from annotation.views.projects import led_project, page
from workforce.numerals import whole_number
from workforce.scoping import me

# A wider table of who met whom is in the file alone.
MATRIX_MOST = 30
CLUSTERS = {"prompt": "prompts", "rater": "raters"}


@dataclass(frozen=True)
class Asked:
    """What the address narrows the board to, and the same as a query string."""

    filters: boards.Filters
    cluster: boards.Cluster
    choices: dict[str, list[Any]]

    @property
    def query(self) -> str:
        given = {
            "version": self.filters.version.pk if self.filters.version else "",
            "batch": self.filters.batch.number if self.filters.batch else "",
            "source": self.filters.source,
            "cluster": self.cluster if self.cluster != "prompt" else "",
        }
        return urlencode({name: value for name, value in given.items() if value})


@dataclass(frozen=True)
class Row:
    """A model in its group as the page shows it."""

    name: str
    next_name: str
    standing: Standing

    @property
    def ranks(self) -> str:
        best, worst = self.standing.best, self.standing.worst
        return str(best) if best == worst else f"{best}–{worst}"

    @property
    def last(self) -> bool:
        return not self.next_name


@dataclass(frozen=True)
class Cell:
    """Two models: how often they met, and the row's share of it, ties as half."""

    n: int
    share: float | None
    own: bool

    @property
    def shade(self) -> str:
        """The stylesheet's tone, from far below a half to far above."""
        if self.share is None:
            return "hatch"
        step = min(3, int(abs(self.share - 0.5) * 10 / 1.5 + 0.5))
        return "z0" if step == 0 else f"{'p' if self.share > 0.5 else 'm'}{step}"


@login_required
@require_safe
def leaderboard(request: HttpRequest, slug: str) -> HttpResponse:
    """Strengths with intervals and ranks, who met whom, and how much more would tell two apart."""
    project = led_project(request, slug)
    asked = asked_of(project, request.GET)
    found = boards.leaderboard_of(project=project, reader=me(request), filters=asked.filters, cluster=asked.cluster)
    groups = [(group, _rows(group, found.models)) for group in found.board.groups]
    ends = [end for group, _ in groups for one in group.standings for end in (one.low, one.high)]
    context = page(
        project,
        "leaderboard",
        found=found,
        asked=asked,
        groups=groups,
        single=len(groups) == 1,
        outside=[found.models[group.items[0]] for group, _ in groups if len(group.items) == 1],
        start=floor(min([0.0, *ends]) * 10) / 10,
        end=ceil(max([0.0, *ends]) * 10) / 10 or 1.0,
        matrix=_matrix(found),
        matrix_most=MATRIX_MOST,
        empty_pairs=_empty_pairs(found),
        clusters=CLUSTERS,
    )
    return render(request, "annotation/leaderboard.html", context)


@login_required
@require_safe
def leaderboard_file(request: HttpRequest, slug: str) -> HttpResponse:
    """The board as a table file, narrowed as the page is."""
    project = led_project(request, slug)
    asked = asked_of(project, request.GET)
    found = boards.leaderboard_of(project=project, reader=me(request), filters=asked.filters, cluster=asked.cluster)
    out = io.StringIO()
    rows = boards.table_of(found=found)
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else ["group", "model"])
    writer.writeheader()
    writer.writerows(row | {"model": _plain(row["model"])} for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{project.slug}-leaderboard.csv"'}
    return HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)


def asked_of(project: Project, given: QueryDict) -> Asked:
    """What an address asks for. Raises Http404 where it names what the project has not."""
    choices = boards.choices_of(project=project)
    version = _among(choices["versions"], "pk", given.get("version", ""))
    batch = _among(choices["batches"], "number", given.get("batch", ""))
    cluster = given.get("cluster") or "prompt"
    if cluster not in CLUSTERS:
        raise Http404
    filters = boards.Filters(version, batch, given.get("source", ""))
    return Asked(filters, cast(boards.Cluster, cluster), choices)


def _among(rows: list[Any], name: str, asked: str) -> Any:
    if not asked:
        return None
    found = [row for row in rows if getattr(row, name) == whole_number(asked)]
    if not found:
        raise Http404
    return found[0]


def _rows(group: Group, models: list[str]) -> list[Row]:
    names = [models[one.item] for one in group.standings] + [""]
    return [Row(names[n], names[n + 1], one) for n, one in enumerate(group.standings)]


def _matrix(found: boards.Leaderboard) -> list[tuple[str, list[Cell]]]:
    """Who met whom, in the order of the board; nothing where there are too many models for a page."""
    order = [item for group in found.board.groups for item in group.items]
    if len(order) > MATRIX_MOST:
        return []
    met, earned = found.board.met, found.board.earned
    return [
        (
            found.models[i],
            [Cell(int(met[i, j]), float(earned[i, j] / met[i, j]) if met[i, j] else None, i == j) for j in order],
        )
        for i in order
    ]


def _empty_pairs(found: boards.Leaderboard) -> int:
    """How many pairs of models never met."""
    n = len(found.models)
    return int((found.board.met == 0).sum() - n) // 2


def _plain(text: str) -> str:
    """A name that a spreadsheet would take for a formula, as text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
