"""Which charts each kind of run shows, by the names of the metrics that its loop reports."""

from dataclasses import dataclass

from training.models import TrainingRun


@dataclass(frozen=True)
class Spec:
    """A chart: its metrics with their labels, and what is drawn beside them."""

    key: str
    title: str
    note: str
    unit: str
    metrics: tuple[tuple[str, str], ...]
    from_zero: bool = False
    rule: tuple[float, str] | None = None


LOSS = Spec(
    "loss",
    "Loss",
    "mean over response tokens",
    "nats per token",
    (("loss", "training loss"), ("eval_loss", "held out")),
    True,
)
GRADIENT = Spec(
    "grad_norm",
    "Gradient norm",
    "before clipping",
    "norm",
    (("grad_norm", "gradient norm"), ("gradient", "gradient of the head")),
    True,
)
RATE = Spec("lr", "Learning rate", "as set for the step", "rate", (("lr", "learning rate"),), True)

CATALOGUE: dict[str, tuple[Spec, ...]] = {
    TrainingRun.Kind.SFT: (LOSS, GRADIENT, RATE),
    TrainingRun.Kind.REWARD: (
        Spec(
            "loss",
            "Loss",
            "mean over pairs",
            "nats per pair",
            (("loss", "training loss"), ("eval_loss", "held out")),
            True,
        ),
        Spec(
            "accuracy",
            "Accuracy",
            "share of pairs ordered as people did",
            "share",
            (("accuracy", "training accuracy"), ("eval_accuracy", "held out")),
            rule=(0.5, "chance"),
        ),
        Spec("margin", "Margin", "reward of the preferred less that of the other", "reward", (("margin", "margin"),)),
        Spec("reward", "Mean reward", "should stay near a constant", "reward", (("reward", "mean"),)),
        GRADIENT,
        RATE,
    ),
    TrainingRun.Kind.DPO: (
        Spec(
            "loss",
            "Loss",
            "mean over prompts",
            "nats per prompt",
            (("loss", "training loss"), ("eval_loss", "held out")),
            True,
        ),
        Spec(
            "accuracy",
            "Accuracy",
            "share of pairs ordered as people did",
            "share",
            (("accuracy", "training accuracy"), ("eval_accuracy", "held out")),
            rule=(0.5, "chance"),
        ),
        Spec(
            "margin",
            "Margin",
            "implicit reward of the preferred less that of the other",
            "reward",
            (("margin", "training margin"), ("eval_margin", "held out")),
        ),
        Spec(
            "implicit",
            "Implicit rewards",
            "beta times the log-ratio to the reference",
            "reward",
            (
                ("reward_chosen", "preferred"),
                ("reward_rejected", "other"),
                ("eval_reward_chosen", "preferred, held out"),
                ("eval_reward_rejected", "other, held out"),
            ),
        ),
        Spec(
            "logprob",
            "Log-probability",
            "of the responses; both may fall",
            "nats per response",
            (
                ("logprob_chosen", "preferred"),
                ("logprob_rejected", "other"),
                ("eval_logprob_chosen", "preferred, held out"),
                ("eval_logprob_rejected", "other, held out"),
            ),
        ),
        Spec(
            "kl",
            "KL to reference",
            "along the set's responses",
            "nats per response",
            (("kl", "KL"), ("eval_kl", "held out")),
            True,
        ),
        GRADIENT,
        RATE,
    ),
    TrainingRun.Kind.PPO: (
        Spec(
            "reward",
            "Reward",
            "mean per response",
            "reward",
            (("reward", "model reward"), ("reward_total", "as optimised: normalised, less penalties")),
        ),
        Spec("kl", "KL to reference", "mean per response", "nats per response", (("kl", "KL"),), True),
        Spec(
            "entropy", "Entropy", "policy, mean over response tokens", "nats per token", (("entropy", "entropy"),), True
        ),
        Spec("value_loss", "Value loss", "critic, clipped", "loss", (("value_loss", "value loss"),), True),
        Spec("policy_loss", "Policy loss", "clipped surrogate", "loss", (("policy_loss", "policy loss"),)),
        Spec(
            "clip_fraction",
            "Clipped share",
            "of response tokens in the update",
            "share",
            (("clip_fraction", "policy"), ("value_clip_fraction", "value")),
            True,
        ),
        Spec(
            "response_tokens",
            "Response length",
            "mean tokens, end included",
            "tokens",
            (("response_tokens", "tokens"),),
            True,
        ),
        Spec("eos_share", "Responses that end", "by themselves, not cut off", "share", (("eos_share", "ended"),), True),
        Spec(
            "explained_variance",
            "Explained variance",
            "of returns, by the critic; 1 is all",
            "share",
            (("explained_variance", "explained"),),
            rule=(0.0, "nothing explained"),
        ),
        Spec("kl_coef", "KL coefficient", "beta, as the controller set it", "beta", (("kl_coef", "beta"),), True),
        Spec(
            "approx_kl", "KL of an update", "before to after, per token", "nats per token", (("approx_kl", "KL"),), True
        ),
        GRADIENT,
        RATE,
    ),
}
# Measured for the state line and the limits, not worth a curve.
UNDRAWN = {"seconds", "epoch", "step", "ratio_mean"}
FIRST = 4
