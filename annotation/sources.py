"""Where the items of a new batch can come from: comparisons by their source, prompts by their set. Reads only."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet

from annotation.batching import RESPONSES_WANTED, Item, items_from_comparisons, items_from_prompts
from annotation.models import Batch, Comparison, Project, Prompt, Task

CHOSEN_FROM = (Batch.Kind.PAIRWISE, Batch.Kind.RANKING)


@dataclass(frozen=True)
class Source:
    """`key` is "c:" and the comparisons' source, or "p:" and a prompt set's primary key."""

    key: str
    label: str
    project: Project

    @property
    def is_prompts(self) -> bool:
        return self.key.startswith("p:")


def sources_of(project: Project) -> list[Source]:
    """What this project could label, with counts, comparisons first."""
    pools = project.comparisons.values("source").annotate(n=Count("pk")).order_by("source")
    sets = project.prompt_sets.annotate(n=Count("prompts")).order_by("name")
    comparisons = [
        Source(f"c:{pool['source']}", f"{pool['source'] or 'comparisons without a source'} ({pool['n']:,})", project)
        for pool in pools
    ]
    return comparisons + [Source(f"p:{s.pk}", f"prompts of “{s.name}” ({s.n:,})", project) for s in sets]


def fitting(source: Source, *, kind: str, fresh: bool) -> QuerySet[Comparison] | QuerySet[Prompt]:
    """What of the source fits the kind; with `fresh`, only what is work in no batch of that kind yet.

    Pairs of nearly the same answers are nothing to choose from.
    """
    used = Batch.objects.filter(project=source.project, kind=kind)
    if source.is_prompts:
        prompts = Prompt.objects.filter(project=source.project, sets=int(source.key[2:])).order_by("pk")
        wanted = prompts if kind == Batch.Kind.DEMONSTRATION else prompts.none()
        return wanted.exclude(tasks__batch__in=used) if fresh else wanted
    return _comparisons(source.project, kind=kind, fresh=fresh).filter(source=source.key[2:]).order_by("pk")


def first_fitting(project: Project, *, kind: str) -> str | None:
    """The key of the first source, in their order, whose comparisons give work of that kind that is in no batch yet."""
    fit = _comparisons(project, kind=kind, fresh=True).order_by("source").values_list("source", flat=True).first()
    return None if fit is None else f"c:{fit}"


def _comparisons(project: Project, *, kind: str, fresh: bool) -> QuerySet[Comparison]:
    used = Batch.objects.filter(project=project, kind=kind)
    low, high = RESPONSES_WANTED[Batch.Kind(kind)]
    pool = Comparison.objects.filter(project=project)
    if kind in CHOSEN_FROM:
        pool = pool.worth_choosing_from()
    sized = pool.annotate(size=Count("members"))
    if kind == Batch.Kind.DEMONSTRATION:
        wanted_pool = sized.filter(size__gte=1)
    else:
        wanted_pool = sized.filter(size__gte=low, size__lte=high)
    labelled = Task.objects.work().filter(comparison=OuterRef("pk"), batch__in=used)
    return wanted_pool.filter(~Exists(labelled)) if fresh else wanted_pool


def items_of(source: Source, *, kind: str, fresh: bool, limit: int | None) -> list[Item]:
    """The items a batch of that kind would be opened with, at most `limit`."""
    found = fitting(source, kind=kind, fresh=fresh)[:limit]
    if source.is_prompts:
        return items_from_prompts(prompts=found)  # type: ignore[arg-type]  # what fitting gives of prompts
    return items_from_comparisons(comparisons=found, kind=kind)  # type: ignore[arg-type]  # and else
