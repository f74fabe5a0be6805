"""Whether alpha exists for a scope, and whether there is enough of it to judge by.

Both answers are sentences for a page, or None when nothing stands in the way.
"""

import numpy as np
import numpy.typing as npt

MIN_UNITS = 30
MIN_LABELS_OFF_MODE = 30


def why_undefined(n_units: int, marginals: npt.NDArray[np.float64]) -> str | None:
    """Why alpha has no value: no overlap, no variation, or a single unit.

    n_units: units with at least two labels; marginals: (values,), their labels per value.
    """
    if not n_units:
        return "Alpha is undefined here: no unit has labels from two raters yet."
    if np.count_nonzero(marginals) < 2:
        return (
            "Alpha is undefined here: everyone gave the same answer "
            f"(all {marginals.sum():.0f} labels are the same). Raw agreement is 100 %."
        )
    if n_units == 1:
        return "Alpha is undefined here: only one unit has labels from two raters."
    return None


def why_insufficient(n_units: int, marginals: npt.NDArray[np.float64], *, n_clusters: int | None = None) -> str | None:
    """Why a defined alpha may not yet be passed or failed.

    Below 30 units, or 30 labels outside the most frequent value, simulated 95 % intervals cover the truth in
    as few as 70 to 83 of 100 cases. Clusters, where units come in them, are what is resampled: 30 of them as well.
    """
    off_mode = marginals.sum() - marginals.max()
    short = []
    if n_units < MIN_UNITS:
        short.append(f"{n_units} of the {MIN_UNITS} units needed have two or more labels")
    if n_clusters is not None and n_clusters < MIN_UNITS:
        short.append(f"they come from {n_clusters} of the {MIN_UNITS} clusters needed")
    if off_mode < MIN_LABELS_OFF_MODE:
        short.append(f"{off_mode:g} of the {MIN_LABELS_OFF_MODE} labels needed differ from the most frequent answer")
    return f"Not enough to judge by: {' and '.join(short)}." if short else None
