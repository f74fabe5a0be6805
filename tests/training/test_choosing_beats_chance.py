"""Oracle 30: pairs that are chosen teach more than pairs drawn by lot, on raters simulated from known worth.

The model is the simplest that has members: logistic heads on fixed features, each on its own bootstrap of what was
judged so far. Chosen and drawn start from the same judgments and see the same number.
"""

from itertools import combinations

import numpy as np
import pytest
import torch

from training.choosing import propose
from training.rlhf.acquisition import pair_uncertainty

PROMPTS, RESPONSES, WIDTH, MEMBERS, START, ROUND, ROUNDS = 300, 4, 6, 5, 12, 12, 6
PAIRS = list(combinations(range(RESPONSES), 2))


def fitted(differences: np.ndarray, won: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights of a logistic regression without intercept, penalty 1/2 |w|^2, by Newton's steps."""
    found = np.zeros(WIDTH)
    for _ in range(15):
        p = 1 / (1 + np.exp(-differences @ found))
        slope = differences.T @ (weights * (p - won)) + found
        bend = (differences * (weights * p * (1 - p))[:, None]).T @ differences + np.eye(WIDTH)
        found -= np.linalg.solve(bend, slope)
    return found


def learning(seed: int, *, chosen: bool) -> float:
    """Share of unseen pairs put in their true order, mean over the rounds."""
    world = np.random.default_rng(seed)
    worth = 2 * world.normal(size=WIDTH)
    features = world.normal(size=(PROMPTS, RESPONSES, WIDTH))
    unseen = world.normal(size=(2000, WIDTH))
    draw = np.random.default_rng(seed + 1000)
    untouched = list(range(PROMPTS))
    differences: list[np.ndarray] = []
    won: list[bool] = []

    def judge(prompt: int, i: int, j: int) -> None:
        difference = features[prompt, i] - features[prompt, j]
        differences.append(difference)
        won.append(bool(draw.random() < 1 / (1 + np.exp(-difference @ worth))))
        untouched.remove(prompt)

    for prompt in draw.permutation(PROMPTS)[:START]:
        judge(int(prompt), 0, 1)
    shares = []
    for _ in range(ROUNDS):
        heads = np.stack(
            [
                fitted(np.array(differences), np.array(won), draw.multinomial(len(won), [1 / len(won)] * len(won)))
                for _ in range(MEMBERS)
            ]
        )
        if chosen:
            for choice in propose(scores=lines(features, untouched, heads), holdout={}, items=ROUND, seed=seed):
                first, second = (int(name) for name in choice.responses)
                judge(int(choice.prompt), first, second)
        else:
            for prompt in draw.permutation(untouched)[:ROUND]:
                judge(int(prompt), *PAIRS[draw.integers(len(PAIRS))])
        learned = fitted(np.array(differences), np.array(won), np.ones(len(won)))
        shares.append(float(np.mean((unseen @ learned > 0) == (unseen @ worth > 0))))
    return float(np.mean(shares))


def lines(features: np.ndarray, prompts: list[int], heads: np.ndarray) -> list[dict[str, object]]:
    """What scoring writes of a pool."""
    found = []
    for prompt in prompts:
        rewards = torch.tensor(features[prompt] @ heads.T)
        p, bits = pair_uncertainty(torch.stack([rewards[i] - rewards[j] for i, j in PAIRS]).sigmoid())
        found.append(
            {
                "prompt": str(prompt),
                "responses": [{"id": str(n)} for n in range(RESPONSES)],
                "pairs": [
                    {"i": i, "j": j, "p": float(p[n]), "uncertainty": float(bits[n])} for n, (i, j) in enumerate(PAIRS)
                ],
            }
        )
    return found


@pytest.fixture(scope="module")
def gains() -> np.ndarray:
    """Accuracy of chosen less that of drawn, of each of 24 worlds."""
    return np.array([learning(seed, chosen=True) - learning(seed, chosen=False) for seed in range(24)])


def test_chosen_pairs_teach_more_than_pairs_drawn_by_lot(gains: np.ndarray) -> None:
    draw = np.random.default_rng(0)
    means = gains[draw.integers(len(gains), size=(4000, len(gains)))].mean(1)
    low = np.quantile(means, 0.025)
    assert low > 0, f"gain {gains.mean():.4f}, interval from {low:.4f}"
