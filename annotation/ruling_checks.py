"""Whether something is an answer to an item, or a ruling on it: everything that is missing or does not fit."""

from typing import Any

from annotation.answers import storable
from annotation.errors import NotForAdjudication, RulingIncomplete
from annotation.models import Adjudication, Batch, Judgment, Task
from annotation.panels import misfit
from annotation.repinning import version_of
from annotation.stating import REASON_MAX

Outcome = Adjudication.Outcome
RULINGS = [outcome for outcome in Outcome if outcome != Outcome.WITHDRAWN]
SAYS_WHY = (Outcome.GAP, Outcome.BROKEN)
"""Outcomes whose note somebody else will read: in the rubric's draft, on the desk."""


def require_disputable(*, task: Task) -> None:
    """Raise NotForAdjudication unless the item is work, and anybody judged it."""
    batch = task.batch
    work = task.lane == Task.Lane.WORK and batch.mode == Batch.Mode.WORK and batch.kind != Batch.Kind.DEMONSTRATION
    if not work or not Judgment.objects.current().filter(task=task).exists():
        raise NotForAdjudication


def require_answer(*, task: Task, answer: dict[str, Any] | None) -> None:
    """Raise RulingIncomplete unless this could be an answer to the item (as annotation.panels has them)."""
    known = isinstance(answer, dict) and set(answer) <= {"strength", "ranks", "scores"}
    if not known or not isinstance((answer or {}).get("scores", {}), dict):
        raise RulingIncomplete(fields={"answer": "An answer is a grade, ranks or scores."})
    panel = {"answer": answer, "decided_by": ""}
    wrong = misfit(batch=task.batch, version=version_of(task=task), panel=panel, responses=task.members.count())
    if wrong:
        raise RulingIncomplete(fields={"answer": wrong[0].upper() + wrong[1:]})


def checked_note(
    *, outcome: str, cause: str, confidence: int | None, note: str, answer: dict[str, Any] | None, gold: bool
) -> str:
    """The note without blanks around it. Raises RulingIncomplete, naming every field at once."""
    note, wrong = note.strip(), {}
    if outcome not in RULINGS:
        wrong["outcome"] = "Choose an outcome."
    if cause not in Adjudication.Cause.values:
        wrong["cause"] = "Choose a cause."
    if confidence not in Adjudication.Confidence.values:
        wrong["confidence"] = "Say how sure you are."
    if len(note) > REASON_MAX or not storable(note):
        wrong["note"] = f"At most {REASON_MAX} characters of plain text."
    elif not note and outcome in SAYS_WHY:
        wrong["note"] = "Write a note: others act on it."
    if outcome == Outcome.RIGHT and answer is None:
        wrong["answer"] = "Say which answer is right."
    if outcome != Outcome.RIGHT and answer is not None:
        wrong["answer"] = "Only what is right has an answer."
    if gold and outcome != Outcome.RIGHT:
        wrong["gold"] = "Only an item with one right answer can be gold."
    if wrong:
        raise RulingIncomplete(fields=wrong)
    return note
