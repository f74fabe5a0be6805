"""Whether the oracles of training can fail: `python -m tests.oracles.mutants [NUMBER …]` spoils the code and runs them.

Numbers are those of docs/training.md, under "Checked against". Each break is made in a copy of the code; the test
that should notice must fail with it and pass without any. Prints a line for each; exits with 1 if one was not noticed.
Where TRL is not installed (make oracles) its breaks are left out and said so.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("config", "training", "annotation", "rubrics", "workforce", "demo", "tests", "locale", "templates", "static")
FAILED, PASSED = 1, 0  # pytest's exit statuses; any other is a break that did not come to life


@dataclass(frozen=True)
class Break:
    """In `file`, `old` becomes `new`; `test` must notice."""

    oracle: int
    what: str
    file: str
    old: str
    new: str
    test: str


RLHF = "training/rlhf/"
BREAKS = [
    Break(
        1,
        "margin added, not taken",
        "losses.py",
        "-logsigmoid(d - margin)",
        "-logsigmoid(d + margin)",
        "rlhf/test_losses.py::test_reference_values",
    ),
    Break(
        1,
        "Davidson's halves left out",
        "losses.py",
        "torch.stack([d / 2,",
        "torch.stack([d,",
        "rlhf/test_losses.py::test_tie_models_reference_values",
    ),
    Break(
        2,
        "ties of Rao and Kupper too rare",
        "losses.py",
        "torch.expm1(2 * t)",
        "torch.expm1(t)",
        "rlhf/test_losses.py::test_outcomes_of_tie_models_sum_to_one",
    ),
    Break(
        3,
        "a prompt's pairs are summed",
        "losses.py",
        "return total / weight.clamp(min=torch.finfo(losses.dtype).tiny)",
        "return total",
        "rlhf/test_comparisons.py::test_one_forward_per_response_equals_one_per_pair_and_side",
    ),
    Break(
        4,
        "centering on the difference",
        "losses.py",
        "(first + second).square()",
        "(first - second).square()",
        "oracles/test_reward_against_trl.py",
    ),
    Break(
        5,
        "implicit rewards without beta",
        "dpo_figures.py",
        "rewards = self.config.beta * ratios",
        "rewards = ratios",
        "oracles/test_dpo_against_trl.py",
    ),
    Break(
        6,
        "ties say nothing",
        "losses.py",
        "wins_i * win + ties * tie + wins_j * loss",
        "wins_i * win + wins_j * loss",
        "rlhf/test_comparisons.py::test_strengths_and_tie_parameter_are_found_again",
    ),
    Break(
        7,
        "positions count padding",
        "tokens.py",
        "(attention_mask.cumsum(-1) - 1).clamp(min=0)",
        "torch.arange(attention_mask.shape[1]).expand_as(attention_mask)",
        "rlhf/test_rollout.py::test_a_model_with_learned_positions_needs_ours",
    ),
    Break(
        8,
        "mask made of ids",
        "tokens.py",
        "attention[index, start : start + size] = 1",
        "attention[index] = (input_ids[index] != pad_id).long()",
        "rlhf/test_tokens.py::test_pad_equal_to_end_gives_what_another_pad_gives",
    ),
    Break(
        9,
        "new tokens stand where the longest prompt ends",
        "rollout.py",
        "prompts.attention_mask, prompts.attention_mask.sum(1, keepdim=True)",
        "prompts.attention_mask, torch.full_like(prompts.attention_mask[:, :1], prompts.attention_mask.shape[1])",
        "rlhf/test_rollout.py::test_eight_prompts_together_are_answered_as_each_alone",
    ),
    Break(
        10,
        "what follows the end counts",
        "rollout.py",
        "real.append(open_rows)",
        "real.append(torch.ones_like(open_rows))",
        "rlhf/test_rollout.py::test_responses_end_with_the_first_stop_token_and_hold_no_other",
    ),
    Break(
        10,
        "ids of padding are read",
        "rollout.py",
        "chosen = rollout.response_ids[rollout.response_mask]\n    return on",
        "chosen = rollout.response_ids.flatten()[: len(logits)]\n    return on",
        "rlhf/test_rollout.py::test_what_stands_after_the_end_contributes_nothing",
    ),
    Break(
        11,
        "advantages forget lambda",
        "advantages.py",
        "gamma * lam * advantage",
        "gamma * advantage",
        "rlhf/test_advantages.py::test_equals_the_explicit_double_sum",
    ),
    Break(
        12,
        "the score one token too early",
        "kl.py",
        "rewards[rows, lengths - 1] += score",
        "rewards[rows, lengths - 2] += score",
        "rlhf/test_kl.py::test_rewards_sum_to_score_less_the_penalty_and_the_score_sits_on_the_last_real_token",
    ),
    Break(
        13,
        "old log-probabilities at another temperature",
        "ppo.py",
        "logits, values = model(piece, config.temperature)",
        "logits, values = model(piece, 1.01 * config.temperature)",
        "rlhf/test_ppo_run.py::test_every_kind_reports_all_metrics_and_starts_from_an_unmoved_policy",
    ),
    Break(
        14,
        "advantages with the wrong sign",
        "policy_losses.py",
        "plain = -advantages * ratio\n    clipped = -advantages",
        "plain = advantages * ratio\n    clipped = advantages",
        "rlhf/test_ppo_learning.py::test_without_a_penalty_the_rewarded_tokens_become_common",
    ),
    Break(
        14,
        "the penalty is not paid",
        "kl.py",
        "keep(-coefficient * kl, mask)",
        "keep(0 * kl, mask)",
        "rlhf/test_ppo_learning.py::test_an_overwhelming_penalty_keeps_the_policy_where_it_was",
    ),
    Break(
        15,
        "the error is not clipped",
        "kl.py",
        "min(max(kl / self.target - 1, -0.2), 0.2)",
        "kl / self.target - 1",
        "rlhf/test_kl.py::test_adaptive_controller_follows_the_closed_form",
    ),
    Break(
        16,
        "k3 of the other direction",
        "kl.py",
        "log_ratio = reference - logprobs",
        "log_ratio = logprobs - reference",
        "rlhf/test_kl.py::test_unbiased_estimators_meet_the_enumerated_divergence",
    ),
    Break(
        17,
        "the adapter stays on",
        "actor_critic.py",
        "layer._disable_adapters = True",
        "layer._disable_adapters = False",
        "rlhf/test_ppo_actor_critic.py::test_the_reference_stays_where_training_started",
    ),
    Break(
        18,
        "a forward pass divides by its own tokens",
        "ppo_update.py",
        "        mask = seen.rollout.response_mask[rows]\n",
        "        mask = seen.rollout.response_mask[rows]\n        tokens = float(mask.sum()) * len(parts)\n",
        "rlhf/test_ppo_update.py::test_eight_forward_passes_of_one_give_the_gradient_of_one_pass_of_eight",
    ),
    Break(
        19,
        "the generator starts anew",
        "ppo.py",
        '    generator.set_state(checkpoint.tensors("rng")["generators"][0])\n',
        "",
        "rlhf/test_ppo_resume.py::test_stopped_and_resumed_equals_uninterrupted",
    ),
    Break(
        19,
        "the optimiser starts anew",
        "weights.py",
        '    restore_optimiser(optimiser, checkpoint.tensors("optimiser"), state["optimiser"])\n',
        "",
        "rlhf/test_dpo.py::test_stopped_anywhere_and_resumed_equals_uninterrupted",
    ),
    Break(
        20,
        "the policy is not clipped",
        "policy_losses.py",
        "per_token = torch.maximum(plain, clipped)",
        "per_token = plain",
        "oracles/test_ppo_against_trl.py",
    ),
    Break(
        21,
        "who never ends pays nothing",
        "ppo.py",
        "scores = scores - config.missing_eos_penalty * ~rollout.finished",
        "scores = scores - 0",
        "rlhf/test_ppo_scoring.py::test_a_response_without_the_chosen_stop_token_pays_the_penalty",
    ),
    Break(
        22,
        "the stopped gradient stays",
        "ppo_update.py",
        "                optimiser.zero_grad(set_to_none=True)\n                return _summary",
        "                return _summary",
        "rlhf/test_ppo_update.py::test_the_early_stop_throws_the_gradient_away_and_begins_no_further_batch",
    ),
    Break(
        23,
        "any reward is taken",
        "scoring.py",
        "    if wrong:\n",
        "    if False:\n",
        "rlhf/test_ppo_run.py::test_a_reward_that_is_not_a_number_is_refused",
    ),
    Break(
        24,
        "the interval of a normal share",
        "evaluating.py",
        "return max(0.0, centre - half), min(1.0, centre + half)",
        "return max(0.0, share - half), min(1.0, share + half)",
        "rlhf/test_evaluating.py::test_wilson_interval_of_newcombe_1998",
    ),
    Break(
        25,
        "bins weigh the same",
        "evaluating.py",
        "sum(part.n * abs(part.predicted - part.observed)",
        "sum(abs(part.predicted - part.observed)",
        "rlhf/test_evaluating.py::test_calibration_error_weighs_bins_by_their_pairs",
    ),
    Break(
        25,
        "the temperature multiplies",
        "models.py",
        "difference / (self.gain * self.temperature)",
        "difference / self.gain * self.temperature",
        "rlhf/test_models.py::test_a_temperature_divides_differences",
    ),
    Break(
        26,
        "preference is not taken away",
        "length_bias.py",
        "(xy - xg * yg)",
        "(xy)",
        "rlhf/test_length_bias.py::test_it_is_the_correlation_of_residuals",
    ),
    Break(
        26,
        "the longer for the shorter",
        "length_bias.py",
        "* pair.label < 0",
        "* pair.label > 0",
        "rlhf/test_length_bias.py::test_pairs_are_sorted_by_length",
    ),
    Break(
        27,
        "a prompt may be in two splits",
        "records.py",
        "        if prompt == other:\n",
        "        if False:\n",
        "rlhf/test_records.py::test_a_prompt_in_two_splits_is_refused",
    ),
    Break(
        28,
        "the hard form is the easy one",
        "rewardbench.py",
        "(min(tied[key].gap, reference[key].gap), tied[key].spread)",
        "(tied[key].gap, tied[key].spread)",
        "rlhf/test_rewardbench.py::test_ties_by_hand",
    ),
    Break(
        30,
        "the surest pair first",
        "../choosing.py",
        "return -pair.uncertainty, hash_order",
        "return pair.uncertainty, hash_order",
        "training/test_choosing_beats_chance.py",
    ),
    Break(
        31,
        "alarms eight times too easily",
        "drift.py",
        "min(energy_p, rewards_p) <= LEVEL / 2",
        "min(energy_p, rewards_p) <= 4 * LEVEL",
        "rlhf/test_drift.py::test_where_nothing_moved_alarms_are_as_rare_as_promised",
    ),
    Break(
        31,
        "features are not looked at",
        "drift.py",
        "min(energy_p, rewards_p) <= LEVEL / 2",
        "rewards_p <= LEVEL / 2",
        "rlhf/test_drift.py::test_a_shift_is_seen_nine_times_of_ten",
    ),
    Break(
        32,
        "responses are drawn without the seed",
        "ppo.py",
        "torch.Generator(accelerator.device).manual_seed(config.seed)\n\n    def total",
        "torch.Generator(accelerator.device)\n    generator.seed()\n\n    def total",
        "rlhf/test_ppo_run.py::test_two_runs_with_one_seed_are_equal_and_another_seed_differs",
    ),
]


def outcome(copy: Path, *tests: str) -> int:
    """Exit status of some tests on a copy of the code."""
    words = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider"]
    words += [f"tests/{test}" for test in tests]
    environment = os.environ | {"PYTHONPATH": str(copy), "ASSAY_VAR": str(copy / "var"), "OMP_NUM_THREADS": "1"}
    environment |= {"HF_HUB_OFFLINE": "1"}
    return subprocess.run(words, cwd=copy, env=environment, capture_output=True, text=True).returncode


def main() -> int:
    wanted = {int(number) for number in sys.argv[1:]} or {each.oracle for each in BREAKS}
    unnoticed = 0
    with tempfile.TemporaryDirectory() as shelf:
        copy = Path(shelf) / "assay"
        for name in CODE:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("manage.py", "pyproject.toml"):
            shutil.copy(ROOT / name, copy / name)
        known = [each for each in BREAKS if each.oracle in wanted]
        if importlib.util.find_spec("trl") is None:
            print("TRL is not installed (make oracles): breaks that its trainers should notice are not tried")
            known = [each for each in known if not each.test.startswith("oracles/")]
        assert outcome(copy, *sorted({each.test for each in known})) == PASSED, "they fail without any break"
        for each in known:
            path = (copy / RLHF / each.file).resolve()
            text = path.read_text(encoding="utf-8")
            assert text.count(each.old) == 1, f"{each.file} has {text.count(each.old)} times {each.old!r}"
            path.write_text(text.replace(each.old, each.new), encoding="utf-8")
            status = outcome(copy, each.test)
            path.write_text(text, encoding="utf-8")
            unnoticed += status != FAILED
            word = "noticed" if status == FAILED else f"NOT noticed (pytest ended with {status})"
            print(f"{each.oracle:2} {each.what}: {word} by {each.test}", flush=True)
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main())
