"""Bootstraps of an ensemble's members: how often each drew each prompt, and how often each rater.

Efron 1979. Raters are drawn as wholes, so that members disagree where people do.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def draws(items: int, members: int, seed: int) -> Tensor:
    """How often each member drew each item, float32 [items, members]; every column sums to ``items``."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(items, (members, items), generator=generator)
    return torch.stack([torch.bincount(draw, minlength=items) for draw in drawn], dim=1).float()


def prompt_weights(prompts: int, members: int, *, over: str, seed: int) -> Tensor:
    """[prompts, members]; ones for a single member, or when only raters are drawn (``over`` is raters)."""
    if members == 1 or over == "raters":
        return torch.ones(prompts, members)
    return draws(prompts, members, seed)


def rater_draws(raters: Sequence[str], members: int, *, over: str, seed: int) -> dict[str, Tensor]:
    """Each rater's draws [members]; none for a single member, or when only prompts are drawn."""
    known = sorted(set(raters))
    if members == 1 or over == "prompts" or not known:
        return {}
    return dict(zip(known, draws(len(known), members, seed + 1), strict=True))
