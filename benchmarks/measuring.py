"""Times of the processor, memory, and a result beside its peer's, as the benchmarks of agreement print them."""

import time
import tracemalloc
from collections.abc import Callable

MEGABYTE = 1e6


def best(run: Callable[[], object], repeats: int = 3) -> float:
    """Shortest of a few runs, in milliseconds of the processor."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        times.append(1000 * (time.process_time() - start))
    return min(times)


def held(run: Callable[[], object]) -> float:
    """Most memory that a run holds at once, in megabytes."""
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1] / MEGABYTE
    tracemalloc.stop()
    return peak


def result(name: str, value: float, peer: str, peer_value: float, goal: float, unit: str = "ms") -> dict[str, object]:
    print(f"{name}: {value:.3f} {unit}, goal {goal:g} {unit}; {peer}: {peer_value:.1f} {unit}", flush=True)
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "peer": peer,
        "peer_value": round(peer_value, 3),
        "ratio": round(peer_value / value, 1),
        "goal": goal,
        "met": value <= goal,
    }
