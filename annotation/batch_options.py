"""How a batch is to be answered, by whom and with what care; and whether that fits its kind, rubric and items."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from annotation.answers import BEST_WORST_FROM
from annotation.criteria import fitting
from annotation.models import Batch, Project
from annotation.models.tasks import MOST_ANSWERS, MOST_GOLD, MOST_REPEATS
from rubrics.models import RubricVersion
from workforce.models import Skill, Vendor

Kind = Batch.Kind
COMPARED = (Kind.PAIRWISE, Kind.RANKING)


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """The choices of a lead beyond kind, scale, overlap and lease; the defaults ask for the verdict alone.

    reason_share: percent of items (0–100) for which a rater must say why. pass_at: right answers that pass a
    calibration round, which then grants a skill. priority: 1 (served first) to 9. requires: skills of which all are
    needed. vendors: whose raters may work here; none: everybody's. one_per_prompt: nobody gets an item of a prompt
    that they have had an item of in the project. gold_rate (0–50) and repeat_rate (0–20): percent of a rater's items.
    audit_share (0–100): percent of the items, with audit_overlap answers each. overlap_most: answers at most where
    people are split; None: overlap is not adaptive.
    """

    with_criteria: bool = False
    fast: bool = False
    improving: bool = False
    best_worst: bool = False
    show_words: bool = False
    reason_share: int = 0
    category: str = ""
    severity: str = ""
    requires: tuple[Skill, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    one_per_prompt: bool = False
    grants: Skill | None = None
    pass_at: int | None = None
    mode: str = Batch.Mode.WORK
    priority: int = 5
    deadline: datetime | None = None
    gold_rate: int = 0
    repeat_rate: int = 0
    audit_share: int = 0
    audit_overlap: int | None = None
    overlap_most: int | None = None


PLAIN = BatchOptions()
SEVERAL = ("requires", "vendors")


def options_wrong(
    *, options: BatchOptions, project: Project, kind: str, version: RubricVersion, sizes: Collection[int], overlap: int
) -> dict[str, str]:
    """What does not fit, by option. `sizes` are the numbers of responses of the items, each once."""
    wrong = {**_asked_wrong(options, kind, version, sizes), **_fast_wrong(options, kind)}
    if bool(options.category) != bool(options.severity):
        wrong["severity"] = "Give distressing content both a category and a severity, or neither."
    elif options.category and options.category not in Batch.Category.values:
        wrong["category"] = "There is no such category."
    elif options.severity and options.severity not in Batch.Severity.values:
        wrong["severity"] = "There is no such severity."
    for name, skills in (("requires", options.requires), ("grants", (options.grants,))):
        if any(skill is not None and skill.team_id != project.team_id for skill in skills):
            wrong[name] = "This skill belongs to another team."
    if any(vendor.team_id != project.team_id for vendor in options.vendors):
        wrong["vendors"] = "This vendor belongs to another team."
    if not 1 <= options.priority <= 9:
        wrong["priority"] = "Between 1, which is served first, and 9."
    return wrong | _round_wrong(options, kind) | _quality_wrong(options, kind, overlap)


def _asked_wrong(options: BatchOptions, kind: str, version: RubricVersion, sizes: Collection[int]) -> dict[str, str]:
    wrong = {}
    if options.with_criteria and kind not in COMPARED:
        wrong["with_criteria"] = "Criteria stand beside a pair or a ranking; a rating asks them anyway."
    elif options.with_criteria or kind == Kind.RATING:
        bare = [size for size in sorted(sizes) if not fitting(version=version, responses=size)]
        if bare:
            what = "a single answer" if bare[0] == 1 else f"{bare[0]} answers"
            wrong["rubric_version"] = f"This rubric version has no criterion that can be asked of {what}."
    if options.improving and kind not in COMPARED:
        wrong["improving"] = "Only where answers are compared is there a winner to improve."
    if options.best_worst and kind != Kind.RANKING:
        wrong["best_worst"] = "Only a ranking can ask for the best and the worst alone."
    elif options.best_worst and max(sizes, default=0) < BEST_WORST_FROM:
        wrong["best_worst"] = f"No item has {BEST_WORST_FROM} answers or more; rank all of them."
    if not 0 <= options.reason_share <= 100:
        wrong["reason_share"] = "Between 0 and 100 percent."
    elif options.reason_share and kind == Kind.DEMONSTRATION:
        wrong["reason_share"] = "Nobody grades in a demonstration, so there is nothing to give a reason for."
    return wrong


def _fast_wrong(options: BatchOptions, kind: str) -> dict[str, str]:
    if not options.fast:
        return {}
    if kind != Kind.PAIRWISE:
        return {"fast": "Only a grade can send itself; choose a pairwise batch."}
    asked = {
        "criteria": options.with_criteria,
        "an improved answer": options.improving,
        "reasons": options.reason_share > 0,
        "calibration": options.mode == Batch.Mode.CALIBRATION,
    }
    clash = next((name for name, on in asked.items() if on), None)
    return (
        {"fast": f"A grade sends itself only where nothing else is asked, but there is also {clash}."} if clash else {}
    )


def _round_wrong(options: BatchOptions, kind: str) -> dict[str, str]:
    if options.mode not in Batch.Mode.values:
        return {"mode": "There is no such mode."}
    if options.mode == Batch.Mode.WORK:
        if options.grants is not None or options.pass_at is not None:
            return {"grants": "Only a calibration round is passed and grants a skill."}
        return {}
    wrong = {}
    if kind == Kind.DEMONSTRATION:
        wrong["mode"] = "Texts that people write have no panel answer to be held against."
    if options.grants is not None and options.pass_at is None:
        wrong["pass_at"] = "Say how many right answers give the skill."  # noqa: S105 (a number of answers)
    if options.grants is not None and options.grants in options.requires:
        wrong["requires"] = "Nobody can get a skill where it is asked for already."
    return wrong


def _quality_wrong(options: BatchOptions, kind: str, overlap: int) -> dict[str, str]:
    wrong = {}
    for name, most in (("gold_rate", MOST_GOLD), ("repeat_rate", MOST_REPEATS), ("audit_share", 100)):
        if not 0 <= getattr(options, name) <= most:
            wrong[name] = f"Between 0 and {most} percent."
    for name in ("audit_overlap", "overlap_most"):
        if (wanted := getattr(options, name)) is not None and not 1 <= wanted <= MOST_ANSWERS:
            wrong[name] = f"Between 1 and {MOST_ANSWERS} answers."
    if options.overlap_most is not None and not 2 <= overlap < options.overlap_most:
        wrong["overlap_most"] = "More than the answers per item, of which there must be two: one cannot be split."
    if options.audit_overlap is not None and not options.audit_share:
        wrong["audit_overlap"] = "Say how many percent of the items are in the audit stratum."
    if kind == Kind.DEMONSTRATION:
        because = "Texts that people write are not held against one another."
    elif options.mode == Batch.Mode.CALIBRATION:
        because = "In calibration every item has a known answer, and everybody answers all of them."
    else:
        return wrong
    chosen = ("gold_rate", "repeat_rate", "audit_share", "overlap_most")
    return {name: because for name in chosen if getattr(options, name)} | wrong
