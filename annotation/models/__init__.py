"""Judgments out of people: the corpus, batches of tasks, judgments, measured quality, frozen sets."""

from annotation.models.corpus import Comparison, ComparisonResponse, ImportReport, Project, Prompt, PromptSet, Response
from annotation.models.judgments import Demonstration, Flag, Judgment, Placement
from annotation.models.quality import AgreementReport
from annotation.models.sets import (
    DemonstrationSet,
    DemonstrationSetItem,
    PreferencePair,
    PreferencePairJudgment,
    PreferenceSet,
)
from annotation.models.tasks import Assignment, Batch, Slot, Task, TaskResponse

__all__ = [
    "AgreementReport",
    "Assignment",
    "Batch",
    "Comparison",
    "ComparisonResponse",
    "Demonstration",
    "DemonstrationSet",
    "DemonstrationSetItem",
    "Flag",
    "ImportReport",
    "Judgment",
    "Placement",
    "PreferencePair",
    "PreferencePairJudgment",
    "PreferenceSet",
    "Project",
    "Prompt",
    "PromptSet",
    "Response",
    "Slot",
    "Task",
    "TaskResponse",
]
