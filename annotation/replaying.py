"""Whether an answer that came again says what the judgment under its key says."""

from annotation.answers import Answer, read_acceptable, read_answer, read_flags, read_quotes
from annotation.criteria import read_scores, stored_scores
from annotation.models import Judgment


def says_the_same(*, judgment: Judgment, answer: Answer) -> bool:
    """Compares all that was said. Times and counts may differ: an answer that waited for the network says how long."""
    order, batch = judgment.display_order, judgment.task.batch
    reading = read_answer(answer=answer, batch=batch, display_order=order)
    line = read_acceptable(answer=answer, display_order=order)
    flags = sorted((flag.kind, flag.target, flag.severity) for flag in judgment.flags.all())
    return (
        (judgment.raw_value, judgment.strength) == (answer.value, reading.strength)
        and [(placement.rank, placement.acceptable) for placement in judgment.placements.all()]
        == list(zip(reading.ranks, line, strict=False))
        and (judgment.both_bad, judgment.cant_judge) == (answer.both_bad, answer.cant_judge)
        and (judgment.reasons, judgment.rationale) == (answer.reasons, answer.rationale)
        and (judgment.improved.text if judgment.improved else None) == answer.improved
        and judgment.best_worst == answer.best_worst
        and judgment.quotes == read_quotes(answer=answer, display_order=order)
        and flags == read_flags(answer=answer, display_order=order)
        and set(stored_scores(judgment=judgment)) == set(read_scores(answer=answer, display_order=order))
    )
