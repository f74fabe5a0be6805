"""Quantiles of Student's t, which published intervals of few units are built on.

The distribution function for whole degrees of freedom is a finite sum (Abramowitz and Stegun 26.7.3 and 26.7.4), turned
round by halving; above 200 degrees the expansion about the normal (26.7.5) is as good.
"""

from math import atan, cos, pi, sin, sqrt
from statistics import NormalDist

EXPANDED_ABOVE = 200


def central_probability(t: float, degrees: int) -> float:
    """P(|T| <= t) for t >= 0 with whole degrees of freedom, at least 1."""
    angle = atan(t / sqrt(degrees))
    term = total = cos(angle) if degrees % 2 else 1.0
    for k in range(3 if degrees % 2 else 2, degrees - 1, 2):
        term *= (k - 1) / k * cos(angle) ** 2
        total += term
    if degrees == 1:
        return 2 * angle / pi
    if degrees % 2:
        return 2 / pi * (angle + sin(angle) * total)
    return sin(angle) * total


def t_quantile(confidence: float, degrees: int) -> float:
    """The t with P(|T| <= t) = confidence. Raises ValueError unless 0 < confidence < 1 and degrees >= 1."""
    if not 0 < confidence < 1 or degrees < 1:
        raise ValueError(f"There is no quantile at {confidence} with {degrees} degrees of freedom.")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    if degrees > EXPANDED_ABOVE:
        return (
            z
            + (z**3 + z) / (4 * degrees)
            + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
            + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
            + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * degrees**4)
        )
    low, high = 0.0, 2 * z
    while central_probability(high, degrees) < confidence:
        high *= 2
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if central_probability(middle, degrees) < confidence else (low, middle)
    return (low + high) / 2
