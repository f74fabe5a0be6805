"""Results of runs as their loops write them, for the tests of reports."""

from typing import Any

from annotation.canonical import prompt_digest
from annotation.models import PreferenceSet, Project, Prompt
from tests.training.page_rows import make_config, make_model, make_run
from training.models import ModelVersion, RunMetric, RunSample, TrainingRun


def reward_result(frozen: PreferenceSet | None = None) -> dict[str, Any]:
    """Everything that a reward run reports; `worst` are pairs of the set."""
    pairs = frozen.pairs.select_related("prompt", "first", "second") if frozen else []
    return {
        "accuracy": 0.718,
        "interval": [0.70, 0.736],
        "interval_clustered": [0.695, 0.74],
        "n": 2412,
        "prompts": 812,
        "ties": 218,
        "accuracy_by_length_baseline": 0.62,
        "interval_length_baseline": [0.60, 0.64],
        "ece": 0.061,
        "ece_uncalibrated": 0.12,
        "temperature": 1.7,
        "calibrated_on": "validation",
        "measured_on": "test",
        "train_pairs": 9104,
        "slices": [
            {"name": "slight preference", "accuracy": 0.61, "interval": [0.58, 0.64], "n": 1092},
            {"name": "clear preference", "accuracy": 0.77, "interval": [0.74, 0.80], "n": 860},
            {"name": "strong preference", "accuracy": 0.88, "interval": [0.85, 0.91], "n": 460},
            {"name": "about equally long", "accuracy": 0.58, "interval": [0.55, 0.61], "n": 1040},
            {"name": "up to twice as long", "accuracy": 0.80, "interval": [0.77, 0.83], "n": 802},
            {"name": "more than twice as long", "accuracy": 0.86, "interval": [0.82, 0.88], "n": 570},
            {"name": "Source: kitchen", "accuracy": 0.73, "interval": [0.69, 0.76], "n": 610},
            {"name": "Source: letters", "accuracy": 0.64, "interval": [0.60, 0.68], "n": 590},
            {"name": "Script: Arabic", "accuracy": 0.64, "interval": [0.39, 0.84], "n": 14},
            {"name": "Turns: one", "accuracy": 0.72, "interval": [0.70, 0.74], "n": 2000},
            {"name": "Models: model-a and model-b", "accuracy": 0.70, "interval": [0.66, 0.74], "n": 700},
        ],
        "length": {
            "matched": {"accuracy": 0.58, "interval": [0.55, 0.61], "n": 1040},
            "shorter_preferred": {"accuracy": 0.49, "interval": [0.45, 0.53], "n": 700},
            "longer_preferred": {"model": 0.81, "people": 0.62, "n": 2300},
            "correlation": 0.31,
            "correlation_interval": [0.27, 0.35],
        },
        "reliability": [
            {"low": low / 100, "high": low / 100 + 0.05, "n": 136 + low, "predicted": p, "observed": o, "interval": i}
            for low, p, o, i in (
                (50, 0.53, 0.52, [0.46, 0.58]),
                (60, 0.63, 0.60, [0.54, 0.65]),
                (70, 0.74, 0.68, [0.62, 0.73]),
                (80, 0.84, 0.76, [0.70, 0.81]),
                (95, 0.95, 0.87, [0.81, 0.92]),
            )
        ],
        "tied": {"n": 218, "p_tie": 0.2, "p_tie_decided": 0.12, "from_half": 0.094, "closer": 0.66},
        "tie_model": "rao_kupper",
        "ranking": {"tau": 0.49, "interval": [0.45, 0.53], "prompts": 310},
        "probes": [
            {"name": "swap", "share": 1.0, "interval": [0.96, 1.0], "n": 64},
            {"name": "filler", "share": 0.42, "interval": [0.31, 0.49], "n": 64, "loss": -0.2},
            {"name": "refusal", "share": 0.96, "interval": [0.9, 0.99], "n": 64, "loss": 2.1},
        ],
        "splits": {
            "accuracies": [0.69, 0.73, 0.71, 0.66],
            "mean": 0.6975,
            "deviation": 0.03,
            "length_baseline": [0.61, 0.62, 0.63, 0.6],
            "length_mean": 0.615,
        },
        "worst": [
            {"prompt": pair.prompt.digest, "preferred": pair.first.digest, "other": pair.second.digest, "p": 0.02}
            for pair in pairs
        ],
    }


def benchmark_result() -> dict[str, Any]:
    return {
        "benchmark": {
            "subsets": [
                {"name": "Factuality", "best_of": 0.41, "interval": [0.36, 0.46], "chance": 0.25, "n": 400},
                {"name": "Math", "best_of": 0.33, "interval": [0.27, 0.4], "chance": 0.25, "n": 183},
            ],
            "ties": 0.52,
            "ties_prompts": 51,
        }
    }


def make_reported(project: Project, frozen: PreferenceSet | None = None, number: int = 2) -> TrainingRun:
    """A finished reward run with its model and everything in its report."""
    run = make_run(
        project, number, kind="reward", state="succeeded", result=reward_result(frozen), preference_set=frozen
    )
    make_model(project, f"rm-{number:03d}", "reward", run=run)
    return run


def make_policy(project: Project, base: ModelVersion, number: int, kind: str = "ppo", kl: float = 6.0) -> TrainingRun:
    """A finished run with its policy, forty steps on which KL and reward rise, and four samples on prompts."""
    result = {"reward_before": 0.1, "reward_after": 1.2, "kl": kl, "steps": 40, "samples": 4}
    if kind == "dpo":
        result = {"loss_before": 0.7, "loss_after": 0.6, "accuracy": 0.66, "pairs": 90, "kl": kl, "steps": 40}
    config = make_config(kind, kl_target=4.0) if kind == "ppo" else make_config(kind)
    run = make_run(
        project, number, kind=kind, state="succeeded", base=base, result=result, step=40, total_steps=40, config=config
    )
    make_model(project, f"policy-{number}", run=run)
    RunMetric.objects.bulk_create(
        RunMetric(run=run, step=step, epoch=1, values=_values(kind, step, kl)) for step in range(1, 41)
    )
    for n in range(1, 5):
        messages = [{"role": "user", "content": f"Sample question {n} of {number}?"}]
        prompt = Prompt.objects.create(project=project, messages=messages, digest=prompt_digest(messages))
        before, after = f"A short answer {n}.", f"That is a very good question {n}. A longer answer, and a longer one."
        rewards = {"reward_before": 0.1 * n, "reward_after": 0.3 * n, "kl": kl} if kind == "ppo" else {}
        RunSample.objects.create(
            run=run, number=n, prompt=prompt, messages=messages, before=before, after=after, **rewards
        )
    return run


def _values(kind: str, step: int, kl: float) -> dict[str, float]:
    share = step / 40
    common = {"kl": kl * share, "grad_norm": 0.5, "lr": 1e-5}
    if kind == "dpo":
        return common | {"loss": 0.7 - 0.1 * share, "margin": share, "logprob_chosen": -40 - 5 * share}
    return common | {
        "reward": 0.1 + 1.1 * share,
        "reward_total": 0.1 + 0.6 * share,
        "clip_fraction": 0.12,
        "value_clip_fraction": 0.05,
        "entropy": 2.5 - share,
        "eos_share": 0.8,
        "ratio_mean": 1.0,
    }
