"""What folds come to together: every pair is of a topic that its model never saw, and topics are the clusters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

from benchmarks.convincing.dataset import Convincing
from training.rlhf.calibration import cross_fitted, enough
from training.rlhf.cluster_bootstrap import Weights, bootstrap_interval
from training.rlhf.evaluating import JudgedPair, calibration_error, credit, summarise
from training.rlhf.reward_figures import length, slices, tied

Fold = dict[str, Any]


def pairs_of(folds: Sequence[Fold]) -> list[JudgedPair]:
    """The judged pairs of all folds, each topic being its pairs' prompt."""
    return [
        JudgedPair(
            prompt=fold["topic"],
            difference=pair["difference"],
            p=pair["p"],
            label=pair["label"],
            lengths=tuple(pair["lengths"]),
            tie=pair["tie"],
            ids=tuple(pair["ids"]),
            slices=tuple(pair["slices"]),
        )
        for fold in folds
        for pair in fold["pairs"]
    ]


def calibrated_error(decided: Sequence[JudgedPair]) -> float | None:
    """Calibration error once each pair's log odds are divided by a temperature fitted on the topics of other folds."""
    topics = [pair.prompt for pair in decided]
    if not enough(topics):
        return None
    odds = torch.logit(torch.tensor([pair.p for pair in decided], dtype=torch.float64), eps=1e-9)
    labels = torch.tensor([float(pair.label > 0) for pair in decided], dtype=torch.float64)
    warm = cross_fitted(odds, labels, topics, torch.sigmoid).tolist()
    return calibration_error([pair.at(p) for pair, p in zip(decided, warm, strict=True)])


def over_topics(values: Sequence[float]) -> dict[str, Any]:
    """The mean of one value a topic, an interval from drawing topics, and the values."""
    found = np.asarray(values)

    def mean(weights: Weights) -> float:
        return float(np.average(found, weights=weights))

    interval = bootstrap_interval(mean, [str(number) for number in range(len(found))])
    return {"mean": float(found.mean()), "interval": interval and list(interval), "topics": list(values)}


def rank_correlation(data: Convincing, folds: Sequence[Fold], score: Callable[[Fold, str], float]) -> dict[str, Any]:
    """Spearman's correlation of ``score`` (fold, argument) with the published ranking, topic by topic."""
    found = []
    for fold in folds:
        known = [argument for argument in data.arguments[fold["topic"]] if argument.id in fold["rewards"]]
        own = [score(fold, argument.id) for argument in known]
        found.append(float(spearmanr(own, [argument.published for argument in known]).statistic))
    return over_topics(found)


def figures(data: Convincing, folds: Sequence[Fold]) -> dict[str, Any]:
    """Everything that is said of one way to learn, over the topics that have been held out so far."""
    judged = pairs_of(folds)
    decided = [pair for pair in judged if pair.label != 0]
    lengths = {argument.id: len(argument.text) for own in data.arguments.values() for argument in own}
    return {
        "folds": len(folds),
        "seconds_a_fold": float(np.median([fold["seconds"] for fold in folds])),
        **summarise(judged),
        "ece_calibrated": calibrated_error(decided),
        "spearman": rank_correlation(data, folds, lambda fold, argument: fold["rewards"][argument]),
        "spearman_of_length": rank_correlation(data, folds, lambda fold, argument: lengths[argument]),
        "length": length(decided),
        "slices": slices(decided),
        "tied": tied(judged),
    }


def accuracies(folds: Sequence[Fold]) -> dict[str, float]:
    """Accuracy on each topic's decided pairs."""
    found = {}
    for fold in folds:
        right = [credit(pair["difference"], pair["label"]) for pair in fold["pairs"] if pair["label"]]
        found[fold["topic"]] = sum(right) / len(right)
    return found


def against(folds: Sequence[Fold], others: Sequence[Fold]) -> dict[str, Any] | None:
    """Accuracy less that of ``others`` on the topics that both have; None without one."""
    own, theirs = accuracies(folds), accuracies(others)
    both = sorted(set(own) & set(theirs))
    return over_topics([own[topic] - theirs[topic] for topic in both]) if both else None
