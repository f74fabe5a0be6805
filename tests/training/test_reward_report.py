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
