"""How often people prefer what a policy wrote to what it started from, from the judgments of blind comparisons."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from annotation.models import Judgment, Placement
from training.models import TrainingRun
from training.numbers import percent
from training.rlhf.evaluating import clustered_interval
from training.rlhf.length_bias import MATCHED

SIBLINGS = 12
ENOUGH = 400  # a true 55 % first excludes 50 % at about this many comparisons


@dataclass(frozen=True)
class Wins:
    """Of `n` judgments on `prompts` prompts; a tie counts half. Lengths match within a fifth."""

    wins: int
    ties: int
    losses: int
    share: float
    interval: tuple[float, float]
    matched: float | None
    matched_n: int

    @property
    def n(self) -> int:
        return self.wins + self.ties + self.losses

    @property
    def text(self) -> str:
        return percent(self.share)

    @property
    def between(self) -> str:
        return f"{percent(self.interval[0])}–{percent(self.interval[1])}"

    @property
    def matched_text(self) -> str:
        return "" if self.matched is None else percent(self.matched)

    @property
    def missing(self) -> int:
        """Comparisons that are missing to tell a true 55 % from chance."""
        return max(0, ENOUGH - self.n)


def siblings_of(run: TrainingRun) -> list[TrainingRun]:
    """The finished policies from the same start as this run's, itself first. One query."""
    found = TrainingRun.objects.filter(
        project=run.project,
        base=run.base,
        kind__in=(TrainingRun.Kind.PPO, TrainingRun.Kind.DPO),
        produced_model__isnull=False,
    )
    others = found.exclude(pk=run.pk).select_related("produced_model", "base").order_by("-pk")[: SIBLINGS - 1]
    return ([run] if getattr(run, "produced_model", None) else []) + list(others)


def wins_over_start(runs: Sequence[TrainingRun]) -> dict[int, Wins]:
    """By run, for those whose answers people compared with those of the model it started from. One query.

    A judgment counts wherever both answers stood in one item, in a pair or in a ranking.
    """
    pairs = {
        (run.produced_model.name, run.base.name): run.pk
        for run in runs
        if run.base is not None and getattr(run, "produced_model", None)
    }
    if not pairs:
        return {}
    project = runs[0].project
    made, starts = {new for new, _ in pairs}, {old for _, old in pairs}
    judgments = Judgment.objects.counted().filter(
        task__batch__project=project, placements__response__model_tag__in=made
    )
    placed = (
        Placement.objects.filter(judgment__in=judgments.values("pk"), response__model_tag__in=made | starts)
        .order_by("judgment", "position")
        .values_list("judgment", "judgment__task__prompt", "response__model_tag", "response__text", "rank")
    )
    items: dict[tuple[int, int], dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for judgment, prompt, tag, text, rank in placed.iterator(chunk_size=2000):
        items[judgment, prompt][tag].append((rank, len(text)))
    seen: dict[int, list[tuple[int, float, bool]]] = defaultdict(list)
    for (_, prompt), ranks in items.items():
        for (new, old), run in pairs.items():
            for mine, my_length in ranks.get(new, []):
                for its, its_length in ranks.get(old, []):
                    score = 1.0 if mine < its else 0.5 if mine == its else 0.0
                    near = min(my_length, its_length) >= MATCHED * max(my_length, its_length)
                    seen[run].append((prompt, score, near))
    return {run: _counted(entries) for run, entries in seen.items()}


def _counted(entries: list[tuple[int, float, bool]]) -> Wins:
    scores = [score for _, score, _ in entries]
    near = [score for _, score, matched in entries if matched]
    return Wins(
        wins=scores.count(1.0),
        ties=scores.count(0.5),
        losses=scores.count(0.0),
        share=sum(scores) / len(scores),
        interval=clustered_interval(scores, [str(prompt) for prompt, _, _ in entries]),
        matched=sum(near) / len(near) if near else None,
        matched_n=len(near),
    )
