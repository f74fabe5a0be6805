"""Every figure of agreement at a million labels or comparisons, each beside a peer in the same run.

Run as `python -m benchmarks.agreement`. Labels are simulated: 250,000 units, 2,000 raters, overlap 3 to 5; comparisons:
100 models. Peers are the krippendorff library, and where none is a dependency the obvious way to do it: EM with
np.add.at, and an optimiser over the rows. Times are of the processor, in one thread, so that what else the machine is
busy with does not count. What takes a peer too long is timed a few times and multiplied, as the line printed for it
says. Memory is what numpy and Python hold at once beyond the input. The last line is one JSON object.
"""

import json
import time

import krippendorff
import numpy as np
from scipy.optimize import minimize

from annotation.agreement.alpha import alpha_of_patterns, library_alpha, measure_alpha
from annotation.agreement.bradley_terry import bootstrapped_values, bradley_terry
from annotation.agreement.columns import Columns, columns_of
from annotation.agreement.dawid_skene import dawid_skene
from annotation.agreement.leaderboard import board_of
from annotation.agreement.maintained import MaintainedPatterns
from annotation.agreement.paired import pair_cells
from annotation.agreement.patterns import fold
from benchmarks import agreement_page
from benchmarks.measuring import best, held, result

DOMAIN = [1, 2, 3, 4, 5]
UNITS, RATERS, RESAMPLES, LIBRARY_RESAMPLES = 250_000, 2_000, 1000, 3
MODELS, COMPARISONS, BOOTSTRAPS, PROMPTS = 100, 1_000_000, 100, 512


def simulated_labels(generator: np.random.Generator) -> tuple[Columns, np.ndarray]:
    """Labels of noisy raters, each with an accuracy of their own, and the true values."""
    truth, overlap = generator.integers(0, 5, UNITS), generator.integers(3, 6, UNITS)
    units = np.repeat(np.arange(UNITS), overlap)
    # Steps from a rater drawn by lot: nobody meets a unit twice.
    place = np.arange(len(units)) - np.repeat(np.cumsum(overlap) - overlap, overlap)
    raters = (np.repeat(generator.integers(0, RATERS, UNITS), overlap) + place * 397) % RATERS
    noise = generator.uniform(0.4, 1.6, RATERS)[raters]
    values = np.rint(truth[units] + generator.normal(0, 1, len(units)) * noise).clip(0, 4).astype(np.int64)
    return columns_of(units, raters, values, domain=range(5)), truth


def simulated_comparisons(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First, second and outcome of comparisons of models, about one in six of them a tie."""
    strengths = generator.normal(0, 1, MODELS)
    first = generator.integers(0, MODELS, COMPARISONS)
    second = (first + generator.integers(1, MODELS, COMPARISONS)) % MODELS
    a, b = np.exp(strengths[first]), np.exp(strengths[second])
    tied = 0.5 * np.sqrt(a * b)
    at = generator.random(COMPARISONS) * (a + b + tied)
    return first, second, np.where(at < a, 0, np.where(at < a + tied, 1, 2))


def of_alpha(labels: Columns, generator: np.random.Generator) -> list[dict[str, object]]:
    counts = labels.counts
    patterns = fold(counts)
    print(f"{len(labels.units)} labels, {len(counts)} units, {RATERS} raters, {len(patterns.units)} patterns")
    options = {"level": "ordinal", "domain": DOMAIN, "scope": "benchmark"}
    own = alpha_of_patterns(fold(counts), **options, resamples=0)
    library = library_alpha(counts, level="ordinal", domain=DOMAIN)
    assert own.value is not None and abs(own.value - library) <= 1e-12, (own.value, library)
    print(f"alpha {library:.9f}, own {own.value:.9f}")

    def ask_the_library() -> float:
        return library_alpha(counts, level="ordinal", domain=DOMAIN)

    library_time = best(ask_the_library)
    folding = best(lambda: alpha_of_patterns(fold(counts), **options, resamples=0))
    maintained = best(lambda: alpha_of_patterns(patterns, **options, resamples=0), 50)
    with_interval = best(lambda: alpha_of_patterns(patterns, **options, resamples=RESAMPLES))
    page = best(lambda: measure_alpha(counts, **options, resamples=RESAMPLES))

    def resample_with_library() -> None:
        for _ in range(LIBRARY_RESAMPLES):
            drawn = counts[generator.integers(0, UNITS, UNITS)]
            krippendorff.alpha(value_counts=drawn, value_domain=np.array(DOMAIN), level_of_measurement="ordinal")

    loop = best(resample_with_library, 1) * RESAMPLES / LIBRARY_RESAMPLES
    once = "krippendorff, value counts"
    from_few = f"krippendorff in a loop, {RESAMPLES} extrapolated from {LIBRARY_RESAMPLES}"
    print(f"as a page shows it (library's alpha, own interval and jackknife, from counts): {page:.1f} ms")
    memory = held(lambda: alpha_of_patterns(fold(counts), **options, resamples=RESAMPLES))
    return [
        result("alpha of 1e6 labels from counts, own", folding, once, library_time, 10),
        result("alpha of 1e6 labels from maintained patterns, own", maintained, once, library_time, 1),
        result("alpha with 1,000 resamples, from maintained patterns", with_interval, from_few, loop, 30),
        result("memory of alpha with its interval", memory, once, held(ask_the_library), 150, "MB"),
        of_update(labels, library_time),
    ]


def of_update(labels: Columns, library_time: float) -> dict[str, object]:
    """Labels in random order, added one by one; the peer computes alpha anew after each."""
    order = np.random.default_rng(4).permutation(len(labels.units))
    units, values = labels.units[order].tolist(), (labels.values[order] + 1).tolist()
    kept = MaintainedPatterns(domain=DOMAIN)
    start = time.process_time()
    for unit, value in zip(units, values, strict=True):
        kept.add(unit, value)
    each = 1e6 * (time.process_time() - start) / len(units)
    assert kept.patterns.units.tolist() == fold(labels.counts).units.tolist()
    return result("one label added to maintained patterns", each, "krippendorff anew", 1000 * library_time, 5, "µs")


def of_consensus(labels: Columns, truth: np.ndarray) -> list[dict[str, object]]:
    found = dawid_skene(labels)
    majority = labels.counts.argmax(axis=1)
    print(
        f"Dawid-Skene: {found.n_steps} steps, right {(found.values == truth).mean():.4f}, "
        f"majority {(majority == truth).mean():.4f}"
    )
    own = best(lambda: dawid_skene(labels), 2)
    post = np.eye(5)[majority]

    def plain_step() -> None:
        tables = np.full((RATERS, 5, 5), 0.01)
        np.add.at(tables, (labels.raters[:, None], np.arange(5), labels.values[:, None]), post[labels.units])
        tables /= tables.sum(axis=2, keepdims=True)
        joint = np.zeros_like(post)
        np.add.at(joint, labels.units, np.log(tables[labels.raters, :, labels.values]))
        np.exp(joint - joint.max(axis=1, keepdims=True))

    plain = best(plain_step, 1) * found.n_steps
    peer = f"EM with np.add.at, {found.n_steps} steps extrapolated from 1"
    return [
        result("Dawid-Skene of 1e6 labels", own, peer, plain, 2000),
        result(
            "memory of Dawid-Skene", held(lambda: dawid_skene(labels, max_steps=2)), peer, held(plain_step), 150, "MB"
        ),
    ]


def of_strengths(generator: np.random.Generator) -> list[dict[str, object]]:
    first, second, outcomes = simulated_comparisons(generator)
    scores = 1 - outcomes / 2

    def with_sandwich() -> np.ndarray:
        return bradley_terry(pair_cells(first, second, outcomes, n_items=MODELS)).values

    def unlikeliness(values: np.ndarray) -> tuple[float, np.ndarray]:
        lead = values[first] - values[second]
        missed = 1 / (1 + np.exp(-lead)) - scores
        slope = np.bincount(first, weights=missed, minlength=MODELS)
        slope -= np.bincount(second, weights=missed, minlength=MODELS)
        return float((np.logaddexp(0, lead) - scores * lead).sum()) / COMPARISONS, slope / COMPARISONS

    def by_rows() -> np.ndarray:
        return minimize(unlikeliness, np.zeros(MODELS), jac=True, method="L-BFGS-B", options={"gtol": 1e-8}).x

    plain = by_rows()
    gap = float(np.abs(plain - plain.mean() - with_sandwich()).max())
    assert gap < 0.01, gap
    print(f"furthest apart from the optimiser's strengths: {gap:.1e}")
    rows_time = best(by_rows, 1)
    cells = pair_cells(first, second, outcomes, n_items=MODELS)
    many = best(lambda: bootstrapped_values(cells, resamples=BOOTSTRAPS, seed=1), 2)
    peer = "L-BFGS over the rows, no errors"
    return [
        result("Bradley-Terry, 100 models x 1e6 comparisons, with sandwich", best(with_sandwich), peer, rows_time, 15),
        result("100 bootstraps of it", many, f"{peer}, 100 extrapolated from 1", 100 * rows_time, 1000),
        result("memory of Bradley-Terry", held(with_sandwich), peer, held(by_rows), 150, "MB"),
    ]


def of_leaderboard(generator: np.random.Generator) -> list[dict[str, object]]:
    """A board with errors over prompts, ranks and what would separate the models; the peer has strengths alone."""
    first, second, outcomes = simulated_comparisons(generator)
    prompts, once = generator.integers(0, PROMPTS, COMPARISONS), np.ones(COMPARISONS, dtype=np.int64)
    win, tie = (outcomes != 2).astype(float) - (outcomes == 1) / 2, outcomes == 1

    def unlikeliness(values: np.ndarray) -> tuple[float, np.ndarray]:
        half, tied = (values[first] - values[second]) / 2, np.exp(values[-1])
        total = np.exp(half) + np.exp(-half) + tied
        missed = (np.exp(half) - np.exp(-half)) / total / 2 - (win - 0.5)
        slope = np.bincount(first, weights=missed, minlength=MODELS + 1)
        slope -= np.bincount(second, weights=missed, minlength=MODELS + 1)
        slope[-1] = (tied / total - tie).sum()
        loss = np.log(total) - (2 * win - 1) * half - tie * values[-1]
        return float(loss.sum()) / COMPARISONS, slope / COMPARISONS

    def by_rows() -> np.ndarray:
        start = np.zeros(MODELS + 1)
        return minimize(unlikeliness, start, jac=True, method="L-BFGS-B", options={"gtol": 1e-8, "ftol": 1e-14}).x

    def board() -> np.ndarray:
        [group] = board_of(first, second, outcomes, prompts, once, n_items=MODELS).groups
        return np.array([one.strength for one in sorted(group.standings, key=lambda one: one.item)])

    plain = by_rows()[:-1]
    gap = float(np.abs(plain - plain.mean() - board()).max())
    assert gap < 0.01, gap
    print(f"furthest apart from Davidson's strengths by the optimiser: {gap:.1e}")
    peer = "Davidson by L-BFGS over the rows, no errors and no ranks"
    return [result("leaderboard, 100 models x 1e6 comparisons", best(board), peer, best(by_rows, 1), 1000)]


def main() -> None:
    generator = np.random.default_rng(20)
    labels, truth = simulated_labels(generator)
    results = of_alpha(labels, generator) + of_consensus(labels, truth) + of_strengths(generator)
    results += of_leaderboard(generator) + agreement_page.run()
    print(json.dumps({"results": results}, ensure_ascii=False))


if __name__ == "__main__":
    main()
