"""Items that people disagree on, and a lead's way through one, for the tests of adjudication."""

from typing import Any

from annotation.adjudicating import adjudicate, answer_blind
from annotation.assigning import claim_next
from annotation.models import Adjudication, Batch, Project, Task
from rubrics.models import RubricVersion
from tests.annotation.makers import answer, make_batch, shown_value
from workforce.models import User

SPLIT = {"outcome": "split", "cause": "style", "confidence": 2}
RIGHT = {"outcome": "right", "cause": "slip", "confidence": 3, "answer": {"strength": -2}}
BROKEN = {"outcome": "broken", "cause": "other", "confidence": 3, "note": "The second answer is cut off."}
GAP = {"outcome": "gap", "cause": "misread", "confidence": 2, "note": "Which register is wanted?"}
AMBIGUOUS = {"outcome": "ambiguous", "cause": "underspecified", "confidence": 1}


def disputed(
    project: Project,
    lead: User,
    version: RubricVersion,
    votes: list[list[tuple[User, Any]]],
    *,
    kind: str = "pairwise",
    responses: int = 2,
    scale: str = "pref7",
) -> Batch:
    """A batch whose item n got votes[n] from the raters given beside them: [(rater, said), …].

    `said` is a canonical strength, or the ranks by canonical position.
    """
    most = max(len(item) for item in votes)
    batch = make_batch(
        project, lead, version, tasks=len(votes), overlap=most, kind=kind, responses=responses, scale=scale
    )
    raters = list(dict.fromkeys(rater for item in votes for rater, _ in item))
    for rater in raters:
        while (held := claim_next(batch=batch, rater=rater)) is not None:
            said = dict(votes[held.task.number - 1]).get(rater)
            if said is None:
                answer(held, cant_judge="unverifiable")
            elif isinstance(said, list):
                answer(held, ranking=[said[position] for position in held.display_order], rationale="so")
            else:
                answer(held, value=shown_value(held, said), rationale=f"{rater} says {said}.", active_ms=40_000)
    return batch


def ruled(task: Task, lead: User, said: dict[str, Any], *, blind: dict[str, Any] | None = None) -> Adjudication:
    """The ruling, after the lead's own answer."""
    answer_blind(task=task, actor=lead, answer=blind)
    return adjudicate(task=task, actor=lead, **said)
