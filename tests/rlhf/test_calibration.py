"""A temperature undoes over-confidence, changes no order, and is never fitted on the prompts it is judged on."""

import pytest
import torch

from training.rlhf.calibration import FOLDS, cross_fitted, enough, fit_temperature, fold_of
from training.rlhf.evaluating import JudgedPair, calibration_error


def judged(over: float, n: int = 4000) -> tuple[torch.Tensor, torch.Tensor]:
    """Differences that a model states ``over`` times too large, and labels drawn from the true ones."""
    generator = torch.Generator().manual_seed(0)
    true = torch.randn(n, generator=generator, dtype=torch.float64)
    labels = (torch.rand(n, generator=generator, dtype=torch.float64) < true.sigmoid()).double()
    return over * true, labels


@pytest.mark.parametrize("over", [0.4, 1.0, 5.0])
def test_an_over_confident_model_is_cooled_by_as_much(over: float) -> None:
    differences, labels = judged(over)
    found = fit_temperature(differences, labels, torch.sigmoid)
    assert found == pytest.approx(over, rel=0.1)  # standard error of a slope near 1 on 4,000 labels: 0.05
    a = torch.tensor(1 / found, dtype=torch.float64, requires_grad=True)
    torch.nn.functional.binary_cross_entropy((differences * a).sigmoid(), labels).backward()
    assert a.grad is not None
    assert abs(float(a.grad)) < 1e-4 * over  # the bottom of the valley


def test_calibration_error_falls_and_order_stays() -> None:
    differences, labels = judged(5.0)
    prompts = [str(n // 4) for n in range(len(labels))]

    def error(p: torch.Tensor) -> float:
        rows = zip(p.tolist(), labels.tolist(), strict=True)
        return calibration_error(
            [JudgedPair("p", share - 0.5, share, 1 if label else -1, (1, 1)) for share, label in rows]
        )

    after = cross_fitted(differences, labels, prompts, torch.sigmoid)
    assert error(torch.sigmoid(differences)) > 0.1
    assert error(after) < 0.03
    assert torch.equal(after > 0.5, differences > 0)


def test_what_a_pair_is_given_does_not_depend_on_its_own_prompt() -> None:
    differences, labels = judged(2.0, n=200)
    prompts = [str(n // 4) for n in range(200)]
    folds = fold_of(prompts)
    assert all(len({int(folds[n]) for n in range(200) if prompts[n] == prompt}) == 1 for prompt in set(prompts))
    assert set(folds.tolist()) == set(range(FOLDS))
    turned = torch.where(folds == 2, 1 - labels, labels)
    before, after = (cross_fitted(differences, said, prompts, torch.sigmoid) for said in (labels, turned))
    assert torch.equal(before[folds == 2], after[folds == 2])
    assert not torch.equal(before[folds != 2], after[folds != 2])


def test_a_handful_of_pairs_is_not_enough() -> None:
    assert not enough(["a"] * 100)
    assert not enough([str(n) for n in range(19)])
    assert enough([str(n % 5) for n in range(20)])
