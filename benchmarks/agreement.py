"""Alpha and its interval at a million labels, beside the krippendorff library in the same run.

Run as `python -m benchmarks.agreement`. Simulated ordinal labels of 250,000 units, overlap 3 to 5. The library's
own interval would be 1,000 calls; a few are timed and multiplied, as the line printed for it says. The last line
is one JSON object.
"""

import json
import time
from collections.abc import Callable

import krippendorff
import numpy as np

from annotation.agreement.alpha import alpha_of_patterns, library_alpha, measure_alpha
from annotation.agreement.patterns import fold

DOMAIN = [1, 2, 3, 4, 5]
UNITS, RESAMPLES, LIBRARY_RESAMPLES, REPEATS = 250_000, 1000, 5, 5


def simulated_counts(generator: np.random.Generator) -> np.ndarray:
    """Counts (units, 5) of noisy labels around each unit's own truth."""
    truth, overlap = generator.integers(0, 5, UNITS), generator.integers(3, 6, UNITS)
    units = np.repeat(np.arange(UNITS), overlap)
    labels = np.rint(truth[units] + generator.normal(0, 1.2, len(units))).clip(0, 4).astype(np.int64)
    return np.bincount(units * 5 + labels, minlength=UNITS * 5).reshape(UNITS, 5)


def best(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """Shortest of a few runs, in milliseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - start))
    return min(times)


def result(name: str, value: float, peer: str, peer_value: float, goal: float) -> dict[str, object]:
    print(f"{name}: {value:.3f} ms, goal {goal:g} ms; {peer}: {peer_value:.1f} ms")
    return {
        "name": name,
        "value": round(value, 4),
        "unit": "ms",
        "peer": peer,
        "peer_value": round(peer_value, 3),
        "ratio": round(peer_value / value, 1),
        "goal": goal,
        "met": value <= goal,
    }


def main() -> None:
    generator = np.random.default_rng(20)
    counts = simulated_counts(generator)
    patterns = fold(counts)
    print(f"{int(counts.sum())} labels, {len(counts)} units, {len(patterns.units)} patterns")
    options = {"level": "ordinal", "domain": DOMAIN, "scope": "benchmark"}

    own = alpha_of_patterns(fold(counts), **options, resamples=0)
    library = library_alpha(counts, level="ordinal", domain=DOMAIN)
    assert own.value is not None and abs(own.value - library) <= 1e-12, (own.value, library)
    print(f"alpha {library:.9f}, own {own.value:.9f}")

    library_time = best(lambda: library_alpha(counts, level="ordinal", domain=DOMAIN))
    folding = best(lambda: alpha_of_patterns(fold(counts), **options, resamples=0))
    maintained = best(lambda: alpha_of_patterns(patterns, **options, resamples=0), 50)
    with_interval = best(lambda: alpha_of_patterns(patterns, **options, resamples=RESAMPLES))
    page = best(lambda: measure_alpha(counts, **options, resamples=RESAMPLES))

    def resample_with_library() -> None:
        for _ in range(LIBRARY_RESAMPLES):
            drawn = counts[generator.integers(0, UNITS, UNITS)]
            krippendorff.alpha(value_counts=drawn, value_domain=np.array(DOMAIN), level_of_measurement="ordinal")

    loop = best(resample_with_library, 1) * RESAMPLES / LIBRARY_RESAMPLES
    once, from_few = (
        "krippendorff, value counts",
        f"krippendorff in a loop, {RESAMPLES} extrapolated from {LIBRARY_RESAMPLES}",
    )
    print(f"as a page shows it (library's alpha, own interval and jackknife, from counts): {page:.1f} ms")
    results = [
        result("alpha of 1e6 labels from counts, own", folding, once, library_time, 10),
        result("alpha of 1e6 labels from maintained patterns, own", maintained, once, library_time, 1),
        result("alpha with 1,000 resamples, from maintained patterns", with_interval, from_few, loop, 30),
    ]
    print(json.dumps({"results": results}))


if __name__ == "__main__":
    main()
