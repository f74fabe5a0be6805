"""Rows of history for people: where a model came from, what a proposal is made of, what happened lately."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from annotation.models import Prompt, Response
from training import reports
from training.choosing import HOLDOUT, UNCERTAIN
from training.models import AcquisitionRound, ModelVersion, TrainingRun
from training.numbers import spoken
from workforce.models import AuditEvent

REASONS = {
    UNCERTAIN: ("Reward model is unsure", "where one more answer teaches it most"),
    HOLDOUT: ("Random holdout, always", "drawn before any score was seen; keeps the evaluation honest"),
}
VERBS = {
    "launch_run": "started",
    "request_stop": "stopped",
    "resume_run": "resumed",
    "run_succeeded": "finished",
    "run_cancelled": "stopped, as asked,",
    "run_failed": "ended on an error in",
    "run_interrupted": "lost the worker of",
    "import_benchmark": "imported the",
    "send_samples": "sent to raters the samples of",
    "register_model": "registered the model",
    "set_alias": "gave a name to the model",
    "plan_round": "planned",
    "open_round": "opened the batch of",
    "open_batch": "opened",
    "pause_batch": "paused",
    "resume_batch": "resumed",
    "close_batch": "closed",
    "freeze_preference_set": "froze",
    "freeze_demonstration_set": "froze",
    "import_file": "imported",
    "publish_version": "published",
    "edit_draft": "edited a draft of",
    "start_draft": "began a draft of",
    "create_rubric": "made",
    "add_member": "added",
    "remove_member": "took a role from",
    "create_team": "made",
    "create_project": "made",
}


@dataclass(frozen=True)
class ModelRow:
    model: ModelVersion
    aliases: list[str]
    start: str
    data: str
    data_digest: str
    figure: str


@dataclass(frozen=True)
class Share:
    """A part of a proposal: why chosen, how many, and how sure the reward model is of them."""

    reason: str
    why: str
    items: int
    percent: float
    p: str
    uncertainty: str
    holdout: bool


@dataclass(frozen=True)
class Proposed:
    number: int
    reason: str
    prompt: str
    p: float
    uncertainty: float
    responses: list[Response]


@dataclass(frozen=True)
class Told:
    at: datetime
    who: str
    what: str
    target: str


def rows_of(models: Iterable[ModelVersion]) -> list[ModelRow]:
    """One row per model: its names, what it started from, what it learned from, what it came to."""
    found = []
    for model in models:
        run = model.run
        frozen = (run.preference_set or run.demonstration_set) if run else None
        data = str(frozen) if frozen else (f"prompts {run.prompt_set}" if run and run.prompt_set else "")
        found.append(
            ModelRow(
                model=model,
                aliases=[alias.get_name_display() for alias in model.aliases.all()],
                start=", ".join(parent.name for parent in model.parents.all()),
                data=data,
                data_digest=frozen.sha256 if frozen else "",
                figure=reports.headline_of(run) if run else "",
            )
        )
    return found


def mix_of(round_: AcquisitionRound) -> list[Share]:
    """The proposal by reason, the holdout last."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in round_.proposal:
        groups.setdefault(entry["reason"], []).append(entry)
    total = len(round_.proposal)
    found = []
    for reason, entries in sorted(groups.items(), key=lambda group: (group[0] == HOLDOUT, -len(group[1]))):
        name, why = REASONS.get(reason, (reason.replace("_", " ").capitalize(), ""))
        share = round(100 * len(entries) / total, 2)
        found.append(
            Share(
                name, why, len(entries), share, _range(entries, "p"), _range(entries, "uncertainty"), reason == HOLDOUT
            )
        )
    return found


def preview_of(round_: AcquisitionRound, *, most: int = 20) -> list[Proposed]:
    """The first items of the proposal with their texts, in the order in which they will be handed out."""
    entries = list(enumerate(round_.proposal[:most], start=1))
    prompts = Prompt.objects.filter(project=round_.project).in_bulk([entry["prompt"] for _, entry in entries])
    answers = Response.objects.filter(prompt__project=round_.project).in_bulk(
        [pk for _, entry in entries for pk in entry["responses"]]
    )
    return [
        Proposed(
            number=number,
            reason=REASONS.get(entry["reason"], (entry["reason"], ""))[0],
            prompt=str(prompts[entry["prompt"]].messages[-1]["content"]),
            p=entry["p"],
            uncertainty=entry["uncertainty"],
            responses=[answers[pk] for pk in entry["responses"] if pk in answers],
        )
        for number, entry in entries
        if entry["prompt"] in prompts
    ]


def told(events: Iterable[AuditEvent]) -> list[Told]:
    """Audit events as short sentences; a target that still has a name is called by it."""
    events = list(events)
    names = _names(events)
    return [
        Told(
            at=event.at,
            who=str(event.actor or "The system"),
            what=VERBS.get(event.verb, event.verb.replace("_", " ")),
            target=names.get(event.target) or event.target.replace(":", " ").replace("_", " "),
        )
        for event in events
    ]


def _names(events: Sequence[AuditEvent]) -> dict[str, str]:
    """The names of runs and models by their audit target, in at most two queries."""
    wanted: dict[str, list[int]] = {"run": [], "model": []}
    for event in events:
        kind, _, key = event.target.partition(":")
        if kind in wanted and key.isdigit():
            wanted[kind].append(int(key))
    found: dict[str, str] = {}
    for kind, table in (("run", TrainingRun), ("model", ModelVersion)):
        if wanted[kind]:
            rows = table._default_manager.filter(pk__in=wanted[kind]).values_list("pk", "name")
            found |= {f"{kind}:{pk}": name for pk, name in rows}
    return found


def _range(entries: list[dict[str, Any]], key: str) -> str:
    values = sorted(entry[key] for entry in entries if isinstance(entry.get(key), int | float))
    if not values:
        return "–"
    middle = (
        values[len(values) // 2] if len(values) % 2 else (values[len(values) // 2 - 1] + values[len(values) // 2]) / 2
    )
    return f"{spoken(middle)} [{spoken(values[0])}–{spoken(values[-1])}]"
