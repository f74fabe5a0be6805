"""The report's figures: slices add up, ties are seen to be close, the worst come first, draws are of whole prompts."""

import math

import numpy as np
import pytest

from tests.rlhf.test_comparisons import group
from training.rlhf.cluster_bootstrap import bootstrap_interval
from training.rlhf.evaluating import JudgedPair, reliability
from training.rlhf.probes import PROBES, ProbeRewards, probe_figures, run_probes, subjects
from training.rlhf.reward_figures import figures, ranking, slices, tied, worst


def pair(p: float, label: int, prompt: str = "p", **changes) -> JudgedPair:
    return JudgedPair(prompt, math.log(p / (1 - p)), p, label, changes.pop("lengths", (10, 10)), **changes)


def test_slices_by_strength_length_and_name_each_hold_their_own() -> None:
    found = slices(
        [
            pair(0.9, 1, "a", strength=3.0, slices=("code",)),
            pair(0.9, -1, "b", strength=1.0, slices=("code",), lengths=(10, 50)),
            pair(0.9, 1, "c", strength=2.0),
        ]
    )
    assert [(entry["name"], entry["accuracy"], entry["n"]) for entry in found] == [
        ("slight preference", 0.0, 1),
        ("clear preference", 1.0, 1),
        ("strong preference", 1.0, 1),
        ("about equally long", 1.0, 2),
        ("more than twice as long", 0.0, 1),
        ("code", 0.5, 2),
    ]


def test_tau_of_a_ranking_is_kendalls() -> None:
    """Four responses, rewards 4 1 3 2, people rank 1 2 3 4: of six pairs two are turned round, tau = 1/3."""
    rewards = [4.0, 1.0, 3.0, 2.0]
    pairs = [
        JudgedPair("p", rewards[i] - rewards[j], 0.5, 1, (1, 1), rows=(i, j)) for i in range(4) for j in range(i + 1, 4)
    ]
    assert ranking(pairs)["tau"] == pytest.approx(1 / 3)
    assert ranking(pairs[:1])["prompts"] == 0  # a pair is no ranking


def test_ties_are_closer_than_decided_pairs_for_a_model_that_knows_them() -> None:
    found = tied([pair(0.55, 0, tie=0.4), pair(0.45, 0, tie=0.4), pair(0.9, 1, tie=0.1), pair(0.2, -1, tie=0.2)])
    assert found == {
        "n": 2,
        "p_tie": pytest.approx(0.4),
        "p_tie_decided": pytest.approx(0.15),
        "from_half": pytest.approx(0.05),
        "closer": 1.0,
    }
    assert tied([pair(0.7, 0), pair(0.7, 1)])["closer"] == 0.5


def test_the_surest_mistakes_come_first() -> None:
    found = worst([pair(0.6, -1, "a", ids=("x", "y")), pair(0.01, 1, "b", ids=("x", "y")), pair(0.9, 1, "c")], most=50)
    assert [(entry["prompt"], entry["preferred"], entry["other"]) for entry in found] == [
        ("b", "x", "y"),
        ("a", "y", "x"),
    ]
    assert found[0]["p"] == pytest.approx(0.01)
    assert len(worst([pair(0.6, -1)] * 60)) == 50


def test_the_diagram_holds_every_pair_once() -> None:
    bins = reliability([pair(0.55, 1), pair(0.45, 1), pair(0.97, 1), pair(0.99, -1)])
    assert [(b.n, b.predicted, b.observed) for b in bins] == [
        (2, pytest.approx(0.55), 0.5),
        (2, pytest.approx(0.98), 0.5),
    ]


def test_whole_prompts_are_drawn() -> None:
    """400 pairs on 4 prompts are worth 4: the interval is that of 4 values, not of 400."""
    values = np.repeat([0.0, 1.0, 0.0, 1.0], 100)
    names = [str(n // 100) for n in range(400)]

    def mean(weights) -> float:
        return float(np.average(values, weights=weights))

    assert bootstrap_interval(mean, names) == (0.0, 1.0)
    low, high = bootstrap_interval(mean, [str(n) for n in range(400)])
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.1)
    assert bootstrap_interval(mean, ["p"] * 400) is None


def test_nothing_decided_is_no_error() -> None:
    found = figures([pair(0.6, 0)])
    assert found["slices"] == []
    assert found["length"]["correlation"] is None
    assert found["worst"] == []


def test_probes_tell_who_is_fooled() -> None:
    found = probe_figures([ProbeRewards(1.0, dict.fromkeys(PROBES, 0.0)), ProbeRewards(1.0, {"filler": 3.0})])
    assert {entry["name"]: (entry["share"], entry["n"], entry["loss"]) for entry in found} == {
        "empty": (1.0, 1, 1.0),
        "filler": (0.5, 2, -0.5),
        "decoration": (1.0, 1, 1.0),
        "refusal": (1.0, 1, 1.0),
    }


def test_a_model_of_length_is_fooled_by_filler_and_not_by_emptiness() -> None:
    groups = [group(["a long answer", "short"], (0, 1, 0, 0, 2, 2), prompt=f"q{n}") for n in range(3)]
    found = run_probes(lambda texts: [float(len(text)) for _, text in texts], subjects(groups, most=2))
    shares = {entry["name"]: entry["share"] for entry in found}
    assert shares == {"swap": 1.0, "empty": 1.0, "filler": 0.0, "decoration": 0.0, "refusal": 0.0}
    assert {entry["n"] for entry in found} == {2}
    assert subjects(groups, most=2)[0].preferred == "short"
    order = iter(range(10_000))
    fickle = run_probes(lambda texts: [float(next(order)) for _ in texts], subjects(groups, most=2))
    assert next(entry["share"] for entry in fickle if entry["name"] == "swap") == 0.0
