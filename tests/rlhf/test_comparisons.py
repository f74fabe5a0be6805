"""One forward per distinct response changes nothing; known strengths and tie rates are found again."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from training.rlhf.bootstrap import prompt_weights, rater_draws
from training.rlhf.comparisons import PairTarget, PromptPairs, RankTarget, build
from training.rlhf.configs import RewardConfig
from training.rlhf.head import HeadFit
from training.rlhf.losses import bradley_terry, plackett_luce
from training.rlhf.models import load_tokenizer, new_reward_model
from training.rlhf.pair_loss import PairLoss, pair_tensors, prompt_losses
from training.rlhf.records import Group, Pair, Ranking, Response
from training.rlhf.ties import TIE_MODELS, TieModel, likeliest
from training.rlhf.tokens import Encoded, collate


def group(
    texts: list[str],
    *pairs: tuple[int, int, int, int, int, int],
    prompt: str = "p",
    rankings: tuple[Ranking, ...] = (),
    weight: float = 1.0,
) -> Group:
    return Group(
        group="g",
        prompt=prompt,
        messages=({"role": "user", "content": prompt},),
        responses=tuple(Response(str(n), text) for n, text in enumerate(texts)),
        pairs=tuple(Pair(*pair, judgments=()) for pair in pairs),
        split="train",
        rankings=rankings,
        weight=weight,
    )


def beats(i: int, j: int, weight: float = 1.0) -> PairTarget:
    return PairTarget(i, j, ((1.0, 0.0, 0.0),), weight=weight)


def settings(tiny: Path, **changes: Any) -> RewardConfig:
    return RewardConfig.from_dict({"base": str(tiny)} | changes)


def test_each_distinct_response_is_one_row(tiny: Path) -> None:
    groups = [group(["x", "y", "z"], (0, 1, 1, 0, 0, -1), (0, 2, 1, 0, 0, -1)), group(["y", "x"], (0, 1, 1, 0, 0, -1))]
    found = build(groups, [], load_tokenizer(tiny), settings(tiny))
    assert len(found.rows) == 3
    assert [len(prompt.pairs) for prompt in found.train] == [3]  # one prompt, two groups


def test_pairs_without_a_lesson_are_counted(tiny: Path) -> None:
    groups = [group(["x", "x", "y"], (0, 1, 1, 0, 0, -1), (0, 2, 0, 3, 0, 0))]
    found = build(groups, [], load_tokenizer(tiny), settings(tiny, ties="drop"))
    assert (found.identical_pairs, found.dropped_ties, found.train) == (1, 1, [])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (2.0, 1.0, 1.0, 0.0)),
        ({"labels": "majority"}, (1.0, 0.0, 0.0, 0.0)),
        ({"label_smoothing": 0.25}, (1.75, 1.0, 1.25, 0.0)),
        ({"ties": "drop"}, (2.0, 0.0, 1.0, 0.0)),
        ({"margin": 0.5}, (2.0, 1.0, 1.0, 0.25)),
        ({"labels": "posterior"}, (2.5, 1.0, 1.5, 0.0)),
    ],
)
def test_what_the_loss_is_asked_to_fit(tiny: Path, changes: dict[str, Any], expected: tuple[float, ...]) -> None:
    found = build([group(["x", "y"], (0, 1, 2, 1, 1, -2))], [], load_tokenizer(tiny), settings(tiny, **changes))
    [pair] = found.train[0].pairs
    assert (*pair.counts[0], pair.margin) == expected


def test_a_posterior_of_a_rater_model_comes_before_counts(tiny: Path) -> None:
    judged = group(["x", "y"], (0, 1, 2, 1, 1, -2))
    told = dataclasses.replace(judged, pairs=(dataclasses.replace(judged.pairs[0], posterior=(0.7, 0.2, 0.1)),))
    found = build([told], [told], load_tokenizer(tiny), settings(tiny, labels="posterior"))
    assert found.train[0].pairs[0].counts == ((0.7, 0.2, 0.1),)
    assert found.measured[0].pairs[0].counts == ((2.0, 1.0, 1.0),)  # people, not a model, are what is measured against


def test_a_rater_counts_as_far_as_they_are_relied_on(tiny: Path) -> None:
    rankings = Ranking("a", (1, 2), 0.5), Ranking("b", (1, 1), 2.0), Ranking("c", (2, 1), 0.25)
    found = build(
        [group(["x", "y"], (0, 1, 1, 1, 1, 0), rankings=rankings, weight=3.0)], [], load_tokenizer(tiny), settings(tiny)
    )
    [pair] = found.train[0].pairs
    assert (pair.counts, pair.weight) == (((0.5, 2.0, 0.25),), 3.0)


def test_each_member_hears_the_raters_it_drew(tiny: Path) -> None:
    rankings = Ranking("a", (1, 2)), Ranking("b", (2, 1)), Ranking("c", (1, 1))
    config = settings(tiny, members=16, bootstrap="raters", seed=4)
    found = build([group(["x", "y"], (0, 1, 1, 1, 1, 0), rankings=rankings)], [], load_tokenizer(tiny), config)
    [pair] = found.train[0].pairs
    drawn = rater_draws(["a", "b", "c"], 16, over="raters", seed=4)
    assert [list(column) for column in zip(*pair.counts, strict=True)] == [drawn[k].tolist() for k in ("a", "c", "b")]
    assert {sum(own) for own in pair.counts} == {3.0}
    assert len(set(pair.counts)) > 3


def test_whole_rankings_take_the_place_of_their_pairs(tiny: Path) -> None:
    """Of three raters one has a tie: that one's pairs stay pairs, with tie terms."""
    rankings = Ranking("a", (3, 1, 2)), Ranking("b", (2, 1, None)), Ranking("c", (1, 1, 2))
    pairs = (0, 1, 0, 1, 2, 2), (0, 2, 1, 0, 1, 0), (1, 2, 2, 0, 0, -2)
    config = settings(tiny, objective="plackett_luce")
    found = build([group(["x", "y", "z"], *pairs, rankings=rankings)], [], load_tokenizer(tiny), config)
    [held] = found.train
    assert [rank.rows for rank in held.rankings] == [(1, 2, 0), (1, 0)]
    assert [(pair.i, pair.j, pair.counts) for pair in held.pairs] == [
        (0, 1, ((0.0, 1.0, 0.0),)),
        (0, 2, ((1.0, 0.0, 0.0),)),
        (1, 2, ((1.0, 0.0, 0.0),)),
    ]


def test_one_judgment_of_a_whole_group_is_a_ranking(tiny: Path) -> None:
    pairs = (0, 1, 0, 0, 1, 1), (0, 2, 1, 0, 0, -1), (1, 2, 1, 0, 0, -1)
    config = settings(tiny, objective="plackett_luce")
    found = build([group(["x", "y", "z"], *pairs)], [], load_tokenizer(tiny), config)
    [held] = found.train
    assert ([rank.rows for rank in held.rankings], held.pairs) == ([(1, 0, 2)], [])


def test_a_ranking_with_equal_texts_stays_pairs(tiny: Path) -> None:
    pairs = (0, 1, 1, 0, 0, -1), (0, 2, 1, 0, 0, -1), (1, 2, 1, 0, 0, -1)
    config = settings(tiny, objective="plackett_luce")
    judged = group(["x", "y", "y"], *pairs, rankings=(Ranking("a", (1, 2, 3)),))
    found = build([judged], [], load_tokenizer(tiny), config)
    [held] = found.train
    assert (held.rankings, len(held.pairs), found.identical_pairs) == ([], 2, 1)


def test_a_ranking_of_two_is_a_pair_in_value_and_gradient() -> None:
    raw = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    as_pairs = [PromptPairs("p", [beats(0, 1, 2.0), beats(2, 1)]), PromptPairs("q", [beats(3, 4)])]
    as_ranks = [
        PromptPairs("p", [], [RankTarget((0, 1), (2.0,)), RankTarget((2, 1))]),
        PromptPairs("q", [], [RankTarget((3, 4))]),
    ]
    values, gradients = [], []
    for prompts in (as_pairs, as_ranks):
        judged = pair_tensors(prompts, weights=torch.ones(2, 3), dtype=torch.float64)
        value = prompt_losses(raw, judged, None, centre=0.1)
        values.append(value.detach())
        gradients += torch.autograd.grad(value, raw)
    torch.testing.assert_close(values[0], values[1], rtol=0, atol=1e-12)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=0, atol=1e-12)


def test_a_weight_is_a_share_of_its_prompt() -> None:
    raw = torch.tensor([[1.0], [0.0], [-2.0]], dtype=torch.float64)
    prompts = [PromptPairs("p", [beats(0, 1, 3.0), beats(2, 1, 1.0)]), PromptPairs("q", [beats(0, 2, 5.0)])]
    judged = pair_tensors(prompts, weights=torch.ones(2, 1), dtype=torch.float64)
    first, second, third = bradley_terry(torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64))
    expected = (3 * first + second) / 4 + third
    torch.testing.assert_close(prompt_losses(raw, judged, None), expected, rtol=0, atol=1e-12)


def test_rankings_of_different_lengths_in_one_batch_are_each_their_own() -> None:
    raw = torch.randn(6, 1, dtype=torch.float64, requires_grad=True)
    prompts = [PromptPairs("p", [], [RankTarget((2, 0, 1))]), PromptPairs("q", [], [RankTarget((5, 3))])]
    judged = pair_tensors(prompts, weights=torch.ones(2, 1), dtype=torch.float64)
    value = prompt_losses(raw, judged, None)
    by_hand = plackett_luce(raw[[2, 0, 1], 0]) / 2 + plackett_luce(raw[[5, 3], 0])
    torch.testing.assert_close(value, by_hand, rtol=0, atol=1e-12)
    [gradient] = torch.autograd.grad(value, raw)
    assert gradient.isfinite().all()


def test_a_ranking_of_three_as_pairs_is_their_mean() -> None:
    prompts = [PromptPairs("p", [beats(0, 1), beats(0, 2), beats(1, 2)])]
    judged = pair_tensors(prompts, weights=torch.ones(1, 1), dtype=torch.float64)
    raw = torch.tensor([[1.2], [0.3], [-0.5]], dtype=torch.float64)
    assert float(prompt_losses(raw, judged, None)) == pytest.approx(0.293346856689, abs=1e-10)  # reference value


def test_the_loss_of_a_batch_is_that_of_trl() -> None:
    """RewardTrainer.compute_loss of TRL 1.16: mean of -logsigmoid(c - r - margin), plus coefficient times mean of
    (c + r)^2. One pair a prompt, as there."""
    chosen, rejected = torch.randn(2, 7, dtype=torch.float64)
    margin = torch.rand(7, dtype=torch.float64)
    expected = -torch.nn.functional.logsigmoid(chosen - rejected - margin).mean()
    expected += 0.01 * torch.mean((chosen + rejected) ** 2)
    prompts = [
        PromptPairs(str(n), [PairTarget(n, n + 7, ((1.0, 0.0, 0.0),), margin=float(margin[n]))]) for n in range(7)
    ]
    judged = pair_tensors(prompts, weights=torch.ones(7, 1), dtype=torch.float64)
    found = prompt_losses(torch.cat([chosen, rejected])[:, None], judged, None, centre=0.01) / 7
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_one_forward_per_response_equals_one_per_pair_and_side(tiny: Path) -> None:
    texts = [Encoded([5, 6], [7] * (n + 1)) for n in range(4)]
    ranking = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    torch.manual_seed(0)
    model = new_reward_model(tiny, members=1, scope="full").double()

    prompts = [PromptPairs("p", [beats(i, j) for i, j in ranking])]
    pairs = pair_tensors(prompts, weights=torch.ones(1, 1), dtype=torch.float64)
    once = PairLoss(model, ties=None)(collate(texts, pad_id=2), pairs)
    once.backward()
    gradients = {name: weight.grad.clone() for name, weight in model.named_parameters()}
    model.zero_grad()
    sides = ([texts[pair[side]] for pair in ranking] for side in (0, 1))
    better, worse = (model.raw(model.read(collate(rows, pad_id=2))) for rows in sides)
    per_pair = bradley_terry(better - worse).mean()
    per_pair.backward()
    torch.testing.assert_close(once, per_pair, rtol=0, atol=1e-6)
    for name, weight in model.named_parameters():
        torch.testing.assert_close(weight.grad, gradients[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", TIE_MODELS)
def test_strengths_and_tie_parameter_are_found_again(kind: str) -> None:
    """Judgments drawn from known strengths and t or nu = 0.7; each item its own feature."""
    strengths = torch.tensor([1.5, 0.6, 0.0, -0.4, -1.7], dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    pairs = []
    for i in range(5):
        for j in range(i + 1, 5):
            logs = TIE_MODELS[kind](strengths[i] - strengths[j], torch.tensor(0.7, dtype=torch.float64))
            drawn = torch.multinomial(torch.stack(logs).exp(), 20_000, replacement=True, generator=generator)
            wins, ties, losses = torch.bincount(drawn, minlength=3).tolist()
            pairs.append(PairTarget(i, j, ((float(wins), float(ties), float(losses)),)))
    fit = HeadFit(torch.eye(5), torch.arange(5), members=1, ties=TieModel(kind, 0.3, torch.float64))
    data = pair_tensors([PromptPairs("p", pairs)], weights=torch.ones(1, 1), dtype=torch.float64)
    for _ in range(10):
        _, gradient = fit.step(data, 0.0)
    assert gradient < 1e-6
    found = fit.raw()[:, 0].detach()
    # 20,000 judgments a pair: standard errors near 0.01.
    torch.testing.assert_close(found - found.mean(), strengths - strengths.mean(), rtol=0, atol=0.04)
    assert fit.ties is not None
    assert float(fit.ties.value.detach()) == pytest.approx(0.7, abs=0.02)


@pytest.mark.parametrize("kind", TIE_MODELS)
def test_the_tie_parameter_starts_where_equal_rewards_tie_as_often_as_people_do(kind: str) -> None:
    model = TieModel(kind, likeliest(kind, 0.3), torch.float64)
    _, tie, _ = model(torch.zeros(1, dtype=torch.float64))
    assert float(tie.exp().detach()) == pytest.approx(0.3)


def test_bootstraps_draw_as_many_prompts_as_there_are() -> None:
    weights = prompt_weights(50, 8, over="both", seed=3)
    assert weights.sum(0).tolist() == [50.0] * 8
    assert not torch.equal(weights[:, 0], weights[:, 1])
    assert torch.equal(weights, prompt_weights(50, 8, over="prompts", seed=3))
    assert prompt_weights(5, 1, over="prompts", seed=3).tolist() == [[1.0]] * 5
    assert prompt_weights(5, 2, over="raters", seed=3).tolist() == [[1.0, 1.0]] * 5


def test_a_prompt_without_weight_is_not_seen() -> None:
    prompts = [PromptPairs("p", [beats(0, 1)]), PromptPairs("q", [beats(2, 3)])]
    pairs = pair_tensors(prompts, weights=torch.tensor([[1.0], [0.0]]), dtype=torch.float32)
    raw = torch.tensor([[1.0], [0.0], [5.0], [9.0]], requires_grad=True)
    loss = prompt_losses(raw, pairs, None)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(math.log1p(math.exp(-1)))
    assert raw.grad is not None
    assert raw.grad[2:].abs().max() == 0


def test_a_cut_prompt_is_counted_once_however_many_responses_it_has(tiny: Path) -> None:
    groups = [group(["x", "y", "z"], (0, 1, 1, 0, 0, -1), prompt="p " * 40), group(["x", "y"], (0, 1, 1, 0, 0, -1))]
    found = build(groups, [], load_tokenizer(tiny), settings(tiny, max_prompt_tokens=30))
    assert (found.truncations.prompts, found.truncations.texts) == (1, 5)
