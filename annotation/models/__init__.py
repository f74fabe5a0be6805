"""Judgments out of people: the corpus, batches of tasks, judgments, measured quality, frozen sets."""

from annotation.models.adjudications import Adjudication, AdjudicationSeat, BlindAnswer
from annotation.models.bookmarks import Bookmark
from annotation.models.corpus import Comparison, ComparisonResponse, ImportReport, Project, Prompt, PromptSet, Response
from annotation.models.judgments import Challenge, CriterionScore, Demonstration, Flag, Judgment, Placement
from annotation.models.patterns import AgreementCheck, AgreementPattern
from annotation.models.quality import AgreementReport, PanelAnswer, RoundResult
from annotation.models.rankings import RankingSum
from annotation.models.raters import RaterAlarm, RaterFigures, RaterHold, RaterWatch, Requeue, VoidedJudgment
from annotation.models.referrals import Referral
from annotation.models.sets import (
    DemonstrationSet,
    DemonstrationSetItem,
    PreferencePair,
    PreferencePairJudgment,
    PreferenceRanking,
    PreferenceRater,
    PreferenceSet,
    PreferenceTarget,
)
from annotation.models.spreads import ItemSpread
from annotation.models.tallies import ScopeTally
from annotation.models.tasks import Assignment, Batch, Draft, Slot, Task, TaskResponse

__all__ = [
    "Adjudication",
    "AdjudicationSeat",
    "AgreementCheck",
    "AgreementPattern",
    "AgreementReport",
    "Assignment",
    "Batch",
    "BlindAnswer",
    "Bookmark",
    "Challenge",
    "Comparison",
    "ComparisonResponse",
    "CriterionScore",
    "Demonstration",
    "DemonstrationSet",
    "DemonstrationSetItem",
    "Draft",
    "Flag",
    "ImportReport",
    "ItemSpread",
    "Judgment",
    "PanelAnswer",
    "Placement",
    "PreferencePair",
    "PreferencePairJudgment",
    "PreferenceRanking",
    "PreferenceRater",
    "PreferenceSet",
    "PreferenceTarget",
    "Project",
    "Prompt",
    "PromptSet",
    "RankingSum",
    "RaterAlarm",
    "RaterFigures",
    "RaterHold",
    "RaterWatch",
    "Referral",
    "Requeue",
    "Response",
    "RoundResult",
    "ScopeTally",
    "Slot",
    "Task",
    "TaskResponse",
    "VoidedJudgment",
]
