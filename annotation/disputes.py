"""Items that people disagree on, and how much: the browser's filters as one query over tasks. Reads only.

What the spread of an item is says annotation.spreading; it is kept with every answer and the list is read in its order.
Of one criterion it is worked out when it is asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import (
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce

from annotation.models import (
    Adjudication,
    Batch,
    CriterionScore,
    Flag,
    Judgment,
    Placement,
    Project,
    Task,
    TaskResponse,
)
from annotation.spreading import spread_on
from workforce.numerals import whole_number

MOST_RESPONSES = 9
NONE = 1e-9
WIDE = 0.75
SPREADS = {"": "Some disagreement", "flip": "Both sides taken", "wide": "Wide: 75 % or more", "all": "All, agreed too"}
STATES = {"open": "Open", "ruled": "Adjudicated", "all": "All"}
SIDES = {"first": Q(strength__lt=0), "tie": Q(strength=0), "second": Q(strength__gt=0)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the list, as its query string says it; empty: not asked. Numbers that are none match nothing.

    `batch` and `version` are numbers; `kind` as in Batch; `criterion` a slug: spread and values are then of that
    criterion; `slice` is "name:value" (annotation.disputes.SLICES); `rater` and `rater2` usernames that both judged;
    `value` what `rater`, or anybody, said, `value2` what `rater2`, or anybody: a grade's canonical strength, or first,
    tie, second; the number of the response put first in a ranking; a score or side where a criterion is asked.
    `spread` is a key of SPREADS, by default "all" where `cant` or `flag` asks; `cant` a reason or "any", `flag` a kind
    or "any"; `state` a key of STATES.
    """

    batch: str = ""
    version: str = ""
    kind: str = ""
    criterion: str = ""
    slice: str = ""
    rater: str = ""
    rater2: str = ""
    value: str = ""
    value2: str = ""
    spread: str = ""
    cant: str = ""
    flag: str = ""
    state: str = "open"

    @property
    def given(self) -> dict[str, str]:
        """The parameters that say anything, for a query string."""
        return {one.name: said for one in fields(self) if (said := getattr(self, one.name)) != one.default}


def read_asked(given: Mapping[str, Any]) -> Asked:
    """The parameters of a query string; others are somebody else's."""
    said = {one.name: str(given.get(one.name, one.default))[:200].replace("\x00", "") for one in fields(Asked)}
    if not said["spread"] and (said["cant"] or said["flag"]):
        said["spread"] = "all"
    if said["state"] not in STATES:
        said["state"] = "open"
    return Asked(**said)


def disputes(*, project: Project, asked: Asked) -> QuerySet[Any]:
    """The tasks of the project that fit, most disputed first, then what is worth most to training, then the oldest.

    Each has `spread` in [0, 1] and `ruled`, whether a ruling is in force.
    """
    ruled = Exists(Adjudication.objects.in_force().filter(task=OuterRef("pk")))
    found = Task.objects.work().filter(kept_spread__project=project, batch__mode=Batch.Mode.WORK)
    of_one = Coalesce(spread_on(criterion=asked.criterion), Value(0.0))
    spread = of_one if asked.criterion else F("kept_spread__spread")
    found = found.filter(_fits(project, asked)).annotate(ruled=ruled, spread=spread)
    if asked.spread != "all":
        found = found.filter(spread__gt=NONE)
    if asked.spread == "wide":
        found = found.filter(spread__gte=WIDE)
    if asked.state != "all":
        found = found.filter(ruled=asked.state == "ruled")
    return found.order_by("-spread", "-kept_spread__priority", "kept_spread__pk")


def counts_of(*, project: Project, asked: Asked) -> dict[str, dict[str, int]]:
    """How many items fit, by "state", and of the state asked for by "batch" and by "kind"; one query."""
    everywhere = Asked(**{one.name: getattr(asked, one.name) for one in fields(asked)} | {"state": "all"})
    grouped = disputes(project=project, asked=everywhere).order_by()
    rows = grouped.values("ruled", "batch__number", "batch__name", "batch__kind").annotate(n=Count("pk"))
    counts: dict[str, dict[str, int]] = {"state": dict.fromkeys(STATES, 0), "batch": {}, "kind": {}}
    for row in rows:
        state = "ruled" if row["ruled"] else "open"
        counts["state"][state] += row["n"]
        counts["state"]["all"] += row["n"]
        if asked.state in (state, "all"):
            for what, key in (("batch", str(row["batch__number"])), ("kind", row["batch__kind"])):
                counts[what][key] = counts[what].get(key, 0) + row["n"]
    return counts


def _fits(project: Project, asked: Asked) -> Q:
    said = Judgment.objects.counted().filter(task=OuterRef("pk"))
    current = Judgment.objects.current().filter(task=OuterRef("pk"))
    fits = Q()
    if asked.batch:
        fits &= Q(batch__number=_number(asked.batch))
    if asked.version:
        fits &= Q(Exists(said.filter(rubric_version__number=_number(asked.version))))
    if asked.kind:
        fits &= Q(batch__kind=asked.kind)
    if asked.criterion:
        fits &= Q(Exists(said.filter(scores__criterion__slug=asked.criterion)))
    if asked.slice:
        name, _, value = asked.slice.partition(":")
        fits &= SLICES[name](project, value) if name in SLICES else Q(pk__in=[])
    for rater, value in ((asked.rater, asked.value), (asked.rater2, asked.value2)):
        if rater or value:
            who = said.filter(rater__username=rater) if rater else said
            fits &= Q(Exists(who.filter(_said(value, asked.criterion)) if value else who))
    if asked.spread == "flip":
        fits &= _both_sides(said)
    if asked.cant:
        unable = current.exclude(cant_judge="")
        fits &= Q(Exists(unable if asked.cant == "any" else unable.filter(cant_judge=asked.cant)))
    if asked.flag:
        flags = Flag.objects.filter(judgment__task=OuterRef("pk"), judgment__superseded_by=None)
        fits &= Q(Exists(flags if asked.flag == "any" else flags.filter(kind=asked.flag)))
    return fits


def _said(value: str, criterion: str) -> Q:
    """Of a judgment: whether it said the value."""
    if value in SIDES and not criterion:
        return SIDES[value]
    number = _number(value)
    if criterion:
        of = CriterionScore.objects.filter(judgment=OuterRef("pk"), criterion__slug=criterion)
        return Q(Exists(of.filter(Q(point__value=number) | Q(side=number))))
    first = Placement.objects.filter(judgment=OuterRef("pk"), rank=1, position=number - 1)
    return Q(strength=number) | (Q(strength=None) & Q(Exists(first)))


def _both_sides(said: QuerySet[Judgment]) -> Q:
    """Pairs whose both responses somebody prefers; rankings with two responses that somebody puts first."""
    firsts = Placement.objects.filter(
        judgment__task=OuterRef("pk"),
        judgment__superseded_by=None,
        judgment__voided=None,
        judgment__surplus=False,
        rank=1,
    )
    several = firsts.order_by().values("judgment__task").annotate(n=Count("position", distinct=True)).filter(n__gt=1)
    pair = Q(Exists(said.filter(SIDES["first"])), Exists(said.filter(SIDES["second"])), batch__kind="pairwise")
    return pair | Q(Exists(several), batch__kind="ranking")


def _of_source(project: Project, value: str) -> Q:
    return Q(prompt__source=value)


def _of_reason(project: Project, value: str) -> Q:
    return Q(reason=value)


def _of_audit(project: Project, value: str) -> Q:
    return Q(audit=value == "yes")


def _of_model(project: Project, value: str) -> Q:
    return Q(Exists(TaskResponse.objects.filter(task=OuterRef("pk"), response__model_tag=value)))


def _of_models(project: Project, value: str) -> Q:
    """Two model tags with " vs " between them, in either order."""
    first, _, second = value.partition(" vs ")
    return _of_model(project, first) & _of_model(project, second)


def _of_vendor(project: Project, value: str) -> Q:
    theirs = Q(rater__memberships__vendor__slug=value, rater__memberships__team=project.team_id)
    return Q(Exists(Judgment.objects.counted().filter(theirs, task=OuterRef("pk"))))


SLICES: dict[str, Callable[[Project, str], Q]] = {
    "source": _of_source,
    "reason": _of_reason,
    "audit": _of_audit,
    "model": _of_model,
    "models": _of_models,
    "vendor": _of_vendor,
}


def _number(text: str) -> int:
    """A whole number, perhaps negative; one that nothing has where it is none."""
    number = whole_number(text.removeprefix("-").removeprefix("−"))
    if number is None or number > 30_000:
        return -30_000
    return -number if text[:1] in ("-", "−") else number
