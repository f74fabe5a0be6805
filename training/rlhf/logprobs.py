"""What a policy says of given responses, in whichever layout they lie."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .layouts import Layout, Rows, choose_layout, token_states


def response_logprobs(policy: nn.Module, rows: Rows) -> Tensor:
    """log P of every response token given its prompt and what stands before it, nats, float32 [response tokens].

    The output layer sees only the positions that predict a response token: over a long prompt its logits
    would be the largest tensor of a step.
    """
    plain: Any = policy
    if hasattr(plain, "get_base_model"):
        plain = plain.get_base_model()
    states = token_states(plain.base_model, rows)
    logits = plain.get_output_embeddings()(states[rows.predictors])
    return -cross_entropy(logits.float(), rows.targets, reduction="none")


def per_response(values: Tensor, rows: Rows, responses: int) -> Tensor:
    """Sum of [response tokens] `values` over each response, [responses]."""
    return values.new_zeros(responses).index_add(0, rows.owners, values)


def policy_layout(policy: Any, *, pad_id: int) -> Layout:
    """How rows are laid out for ``policy``, an unwrapped model. Raises ConfigError."""
    return choose_layout("auto", policy.base_model, lambda rows: response_logprobs(policy, rows), pad_id=pad_id)
