"""What the loss is asked to fit: a pair's outcomes and a ranking's order, out of judgments, votes and posteriors.

``labels`` of a run says which: the counts as they were given, their majority, the posterior that the file has, or
the shares that weigh raters ("reliable"), where pairs and prompts also count as far as their raters are relied on.
"""

from __future__ import annotations

from collections.abc import Sequence

from .configs import DPOConfig, RewardConfig
from .evaluating import majority
from .records import Group, Pair, Ranking

Counts = tuple[float, float, float]
"""(wins i, ties, wins j), or shares of them."""


def plain_counts(pair: Pair) -> Counts:
    """The judgments as they were given."""
    return float(pair.wins_i), float(pair.ties), float(pair.wins_j)


def votes_on(pair: Pair, rankings: Sequence[Ranking]) -> list[tuple[Ranking, Counts]]:
    """What each ranking that placed both responses says of the pair."""
    found = []
    for ranking in rankings:
        first, second = ranking.places[pair.i], ranking.places[pair.j]
        if first is not None and second is not None and not (ranking.partial and first == second):
            found.append((ranking, (float(first < second), float(first == second), float(first > second))))
    return found


def member_counts(votes: Sequence[tuple[Counts, Sequence[float]]]) -> tuple[Counts, ...]:
    """Votes added up for each member, each vote as often as given beside it: one weight for all, or one for each."""
    members = max((len(times) for _, times in votes), default=0)
    sums = []
    for member in range(members):
        weighted = [(said, times[member % len(times)]) for said, times in votes]
        first, ties, second = (sum(said[side] * weight for said, weight in weighted) for side in range(3))
        sums.append((first, ties, second))
    return tuple(sums)


def reliance(labels: str, values: Sequence[float]) -> float:
    """The mean of how far raters are relied on, where ``labels`` asks for it; else, and of nobody, 1."""
    return sum(values) / len(values) if labels == "reliable" and values else 1.0


def taught_counts(pair: Pair, labels: str) -> Counts:
    """The pair's judgments as they were given, or where ``labels`` asks and the file says so, weighing their raters."""
    if labels == "reliable" and pair.reliable is not None:
        first, ties, second = (share * pair.reliance * pair.count for share in pair.reliable)
        return first, ties, second
    return plain_counts(pair)


def fitted_counts(counts: Counts, posterior: Counts | None, config: RewardConfig | DPOConfig) -> Counts:
    """``counts`` as the settings want them fitted; nothing stays nothing.

    Without a posterior of a rater model, half a win is added to each side: the mean of the Beta posterior that
    Jeffreys' prior gives.
    """
    first, ties, second = counts
    if sum(counts) == 0:
        return counts
    if config.labels == "majority":
        side = majority(*counts)
        first, ties, second = float(side > 0), float(side == 0), float(side < 0)
    elif config.labels == "posterior":
        first, ties, second = posterior if posterior is not None else (first + 0.5, ties, second + 0.5)
    if config.ties == "drop":
        ties = 0.0
    moved = config.label_smoothing
    return (1 - moved) * first + moved * second, ties, (1 - moved) * second + moved * first


def rankings_of(group: Group) -> tuple[Ranking, ...]:
    """The group's rankings; where the file has none, the one that its pairs tell when a single judgment gave all."""
    size = len(group.responses)
    if group.rankings or len(group.pairs) != size * (size - 1) // 2:
        return group.rankings
    judgments = {pair.judgments for pair in group.pairs}
    if len(judgments) != 1 or any(pair.count != 1 for pair in group.pairs):
        return ()
    places = [1] * size
    for pair in group.pairs:
        places[pair.i] += pair.wins_j
        places[pair.j] += pair.wins_i
    return (Ranking("", tuple(places)),)


def order_of(ranking: Ranking) -> tuple[int, ...] | None:
    """Responses from best to worst; None when two share a place."""
    placed = sorted((place, index) for index, place in enumerate(ranking.places) if place is not None)
    strict = len({place for place, _ in placed}) == len(placed)
    return tuple(index for _, index in placed) if strict else None
