"""The audit stratum: a random part of a batch's items, drawn before the first label and answered equally often.

Nobody's answer decides how many answers such an item gets, so what is measured on the stratum is not bent by adaptive
overlap, which asks again where people are split. The seed stands in the audit log with a digest of what was drawn: that
it was drawn and not chosen can be checked afterwards.
"""

import hashlib
import random
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stratum:
    """Numbers of items, from 1 and in order, and the seed that gives them."""

    seed: str
    numbers: tuple[int, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers, a comma between."""
        return hashlib.sha256(",".join(map(str, self.numbers)).encode()).hexdigest()


def draw_stratum(*, items: int, share: int, seed: str = "") -> Stratum:
    """So many percent of the items, rounded, at least one unless the share is 0; a new seed if none is given."""
    seed = seed or secrets.token_hex(16)
    size = max(1, (items * share + 50) // 100) if share and items else 0
    drawn = random.Random(seed).sample(range(1, items + 1), size)  # noqa: S311 (open to be checked, not a secret)
    return Stratum(seed=seed, numbers=tuple(sorted(drawn)))
