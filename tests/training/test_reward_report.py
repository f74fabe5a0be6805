"""What the report of a reward model dares to say."""

from training.models import TrainingRun
from training.reward_report import reward_report


def test_an_accuracy_on_the_pairs_it_was_trained_on_passes_nothing() -> None:
    result = {"accuracy": 0.97, "interval": [0.95, 0.98], "n": 400, "measured_on": "train"}
    report = reward_report(TrainingRun(kind="reward", result=result))
    held = reward_report(TrainingRun(kind="reward", result=result | {"measured_on": "held"}))
    assert report is not None and held is not None
    assert (report.sentence_state, held.sentence_state) == ("look", "passed")
    assert "trained on" in report.sentence


def test_what_length_and_probes_say_is_told_with_its_n() -> None:
    result = {
        "accuracy": 0.7,
        "interval": [0.65, 0.75],
        "length": {
            "matched": {"accuracy": 0.58, "interval": [0.5, 0.66], "n": 140},
            "shorter_preferred": {"accuracy": None, "interval": None, "n": 0},
            "correlation": -0.31,
            "correlation_interval": [-0.4, -0.2],
        },
        "ranking": {"tau": 0.25, "interval": None, "prompts": 9},
        "probes": [{"name": "filler", "share": 0.5, "interval": [0.3, 0.7], "n": 20, "loss": 0.0}],
    }
    report = reward_report(TrainingRun(kind="reward", result=result))
    assert report is not None
    told = {stat.label: (stat.value, stat.interval) for stat in report.stats}
    assert told["Accuracy, lengths matched"] == ("58.0 %", "[50.0–66.0], n 140 pairs")
    assert told["Reward on length, given preference"] == ("−0.31", "[−0.40 to −0.20], correlation, 0: none")
    assert told["Order of whole rankings (tau)"] == ("0.25", "1: as people, 0: chance")
    assert told["Not fooled: filler"] == ("50.0 %", "[30.0–70.0], n 20 prompts")
    assert "Accuracy, shorter preferred" not in told
