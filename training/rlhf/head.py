"""Fitting linear reward heads on frozen features: a convex problem, solved to convergence.

Every step is a short L-BFGS run that starts from the weights alone, so weights are all a checkpoint needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from .bootstrap import prompt_weights
from .comparisons import PromptPairs
from .failures import Stopped
from .features import cache_key, cached_features
from .fitting import Fitted, Job, rows_of, split_loss
from .folders import digest_folder
from .models import RewardModel
from .pair_loss import PairTensors, pair_tensors, prompt_losses
from .resplits import over_splits
from .ties import TieModel
from .weights import require_finite, restore_progress, save_progress

HEAD_STEPS = 10  # with 20 iterations each, more than such problems have needed


class HeadFit(nn.Module):
    """Heads on standardised features, in float64, with the model of ties."""

    def __init__(
        self, features: Tensor, train_rows: Tensor, *, members: int, ties: TieModel | None, centre: float = 0.0
    ) -> None:
        """``features`` [rows, hidden]; mean and deviation are those of ``train_rows``."""
        super().__init__()
        self.mean = features[train_rows].double().mean(0)
        self.deviation = features[train_rows].double().std(0, correction=0).clamp(min=1e-6)
        self.features = (features.double() - self.mean) / self.deviation
        self.weight = nn.Parameter(torch.zeros(members, features.shape[1], dtype=torch.float64))
        self.ties, self.centre = ties, centre

    def raw(self) -> Tensor:
        """Raw rewards of every row, [rows, members]."""
        return self.features @ self.weight.T

    def objective(self, pairs: PairTensors, l2: float) -> Tensor:
        """Mean loss per prompt plus the penalty; a scalar."""
        penalty = l2 / 2 * self.weight.square().sum(1).mean()
        return prompt_losses(self.raw(), pairs, self.ties, centre=self.centre) / len(pairs.weights) + penalty

    def optimiser(self) -> torch.optim.LBFGS:
        """A fresh L-BFGS with a line search: no learning rate to choose."""
        return torch.optim.LBFGS(
            self.parameters(), max_iter=20, line_search_fn="strong_wolfe", tolerance_grad=1e-10, tolerance_change=1e-14
        )

    def step(self, pairs: PairTensors, l2: float) -> tuple[Tensor, Tensor]:
        """One L-BFGS run; returns (objective before, largest gradient entry before)."""
        optimiser = self.optimiser()
        seen: list[tuple[Tensor, Tensor]] = []

        def closure() -> Tensor:
            optimiser.zero_grad()
            value = self.objective(pairs, l2)
            value.backward()
            gradients = [weight.grad for weight in self.parameters() if weight.grad is not None]
            seen.append((value.detach(), torch.stack([g.abs().max() for g in gradients]).max()))
            return value

        optimiser.step(closure)
        return seen[0]

    @torch.no_grad()
    def install(self, model: RewardModel) -> None:
        """Put the heads into ``model``, whose features are not standardised."""
        weight = self.weight / self.deviation
        model.head.weight.copy_(weight)
        model.head.bias.copy_(-(weight @ self.mean))


def _features(job: Job) -> Tensor:
    config, rows = job.config, job.comparisons.rows
    base = digest_folder(Path(config.base))
    return cached_features(
        job.model,
        rows,
        Path(job.out) / "features.safetensors",
        key=cache_key(rows, model_digest=base, size=job.pass_size, precision=config.precision, layout=job.layout.name),
        size=job.pass_size,
        accelerator=job.accelerator,
        layout=job.layout,
        should_stop=job.should_stop,
    )


def fit_head(job: Job) -> Fitted:
    """Fit heads on the frozen backbone's features and install them in the job's model."""
    config, train = job.config, job.comparisons.train
    job.model.to(job.accelerator.device)
    features = _features(job)
    ties = job.tie_model(torch.float64)
    fit = HeadFit(features, torch.tensor(rows_of(train)), members=config.members, ties=ties, centre=config.centering)
    weights = prompt_weights(len(train), config.members, over=config.bootstrap, seed=config.seed)
    pairs = pair_tensors(train, weights=weights, dtype=torch.float64)
    loss_before = split_loss(fit.raw(), job.comparisons.measured, fit.ties)
    steps = config.steps or HEAD_STEPS
    start, _ = restore_progress(job.out, config=config, model=fit, optimiser=fit.optimiser())

    def checkpoint(step: int) -> None:
        if job.accelerator.is_main_process:
            save_progress(job.out, step, config=config, model=fit, optimiser=fit.optimiser(), state={})

    for step in range(start + 1, steps + 1):
        if job.should_stop():
            checkpoint(step - 1)
            raise Stopped(step - 1)
        loss, gradient = fit.step(pairs, config.l2)
        require_finite(loss, what="loss", step=step)
        job.report(step, {"loss": float(loss), "gradient": float(gradient)})
        if step % config.checkpoint_every == 0 or step == steps:
            checkpoint(step)

    fit.install(job.model)
    with torch.no_grad():
        raw = job.model.raw(features.to(job.accelerator.device)).cpu()
    return Fitted(raw, fit.ties, loss_before, steps, _over_splits(job, features, steps))


def _over_splits(job: Job, features: Tensor, step: int) -> dict[str, object] | None:
    """Single heads on random splits of the train prompts; nothing of them is kept. Raises Stopped(step)."""
    config = job.config

    def fit(prompts: Sequence[PromptPairs]) -> Tensor:
        ties = job.tie_model(torch.float64)
        own = HeadFit(features, torch.tensor(rows_of(prompts)), members=1, ties=ties, centre=config.centering)
        pairs = pair_tensors(prompts, weights=torch.ones(len(prompts), 1), dtype=torch.float64)
        for _ in range(config.steps or HEAD_STEPS):
            own.step(pairs, config.l2)
            if job.should_stop():
                raise Stopped(step)
        return own.raw()[:, 0].detach()

    return over_splits(fit, job.comparisons.train, splits=config.splits, seed=config.seed)
