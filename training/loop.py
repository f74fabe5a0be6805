"""The loop of a project: six steps, each with a state, one number and one next action."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from training import reports
from training.loop_facts import Facts
from training.models import AcquisitionRound, TrainingRun
from training.reward_report import reward_report
from training.standing import ACTIVE

State = TrainingRun.State


@dataclass(frozen=True)
class Step:
    """One step of the loop. `state` is a glyph's; `text` is for the strip, `value` and `words` for the home page."""

    name: str
    state: str
    text: str
    value: str
    words: str
    action: str
    url: str
    current: bool = False


def steps_of(facts: Facts, *, current: str = "") -> list[Step]:
    """The six steps in order; `current` names the one that the page belongs to."""
    steps = [_collect(facts), _snapshot(facts), _train(facts), _check(facts), _promote(facts), _next_round(facts)]
    return [Step(**{**step.__dict__, "current": step.name == current}) for step in steps]


def next_step(steps: list[Step]) -> str:
    """Whose turn it is: what blocks, else what wants a look, else the first that has not been done."""
    for state in ("blocks", "look", "notyet", "running"):
        for step in steps:
            if step.state == state:
                return step.name
    return steps[0].name


def _collect(facts: Facts) -> Step:
    url = _url(facts, "batches")
    if not facts.project.has_prompts:
        words = "prompts yet. Import some, with responses to compare"
        return Step("Collect", "notyet", "no data yet", "0", words, "Import data", _url(facts, "import-new"))
    if not facts.batches:
        return Step(
            "Collect", "notyet", "no batch open", "0", "batches are open", "Open a batch", _url(facts, "batch-new")
        )
    if len(facts.batches) == 1:
        url = _url(facts, "batch", facts.batches[0]["number"])
    finished = facts.done >= facts.slots
    text = f"{facts.done:,} of {facts.slots:,}"
    where = f"batch {facts.batches[0]['number']}" if len(facts.batches) == 1 else f"{len(facts.batches)} open batches"
    words = f"of {facts.slots:,} answers given in {where}"
    action = f"Open {where}" if len(facts.batches) == 1 else "Look at the batches"
    return Step("Collect", "passed" if finished else "running", text, f"{facts.done:,}", words, action, url)


def _snapshot(facts: Facts) -> Step:
    project = facts.project
    if project.set_number is None:
        words = "preferences frozen. Training reads only what is frozen"
        return Step(
            "Snapshot", "notyet", "nothing frozen", "0", words, "Freeze a set", _url(facts, "preference-set-new")
        )
    counts = project.set_counts or {}
    pairs = counts.get("pairs")
    words = f"pairs frozen as P-{project.set_number}, {_day(project.set_frozen_at)}"
    value = f"{pairs:,}" if isinstance(pairs, int) else f"P-{project.set_number}"
    words = words if isinstance(pairs, int) else f"frozen {_day(project.set_frozen_at)}"
    return Step(
        "Snapshot", "passed", f"P-{project.set_number} frozen", value, words, "Look at the sets", _url(facts, "sets")
    )


def _train(facts: Facts) -> Step:
    if not facts.runs:
        words = "runs yet. The first needs a frozen set and a model"
        return Step("Train", "notyet", "no run yet", "0", words, "Start a run", _url(facts, "run-new"))
    active = [run for run in facts.runs if run.state in ACTIVE]
    run = max(active, key=lambda run: (run.state == State.RUNNING, run.step), default=facts.runs[0])
    share = f"{100 * run.step / run.total_steps:.0f} %" if run.total_steps else "0 %"
    url = _url(facts, "run", run.number)
    if run.state == State.RUNNING:
        words = f"{run.name}, step {run.step:,} of {run.total_steps:,}" if run.total_steps else f"{run.name} is loading"
        return Step("Train", "running", f"{run.name} running", share, words, "Look at the run", url)
    if run.state == State.QUEUED:
        return Step(
            "Train", "running", f"{run.name} queued", "0 %", f"{run.name} waits for a worker", "Look at the run", url
        )
    if run.state == State.SUCCEEDED:
        words = f"{run.name}. {reports.headline_of(run)}".rstrip(". ")
        return Step("Train", "passed", f"{run.name} finished", "100 %", words, "Start a run", _url(facts, "run-new"))
    glyph = "blocks" if run.state == State.FAILED else "look"
    word = run.get_state_display().lower()
    return Step("Train", glyph, f"{run.name} {word}", share, f"{run.name} {word} at step {run.step:,}", "See why", url)


def _check(facts: Facts) -> Step:
    found = ((run, reward_report(run)) for run in facts.runs if run.state == State.SUCCEEDED)
    run, report = next(((run, report) for run, report in found if report), (None, None))
    if run is None or report is None:
        words = "reward model to check yet"
        return Step(
            "Check", "notyet", "nothing to check", "No", words, "Train one", f"{_url(facts, 'run-new')}?kind=reward"
        )
    beside = f" [{report.interval}]" if report.interval else ""
    words = f"of pairs right, {run.name}{beside}"
    url = f"{_url(facts, 'run', run.number)}#report"
    return Step(
        "Check", report.sentence_state, f"{report.accuracy} %", f"{report.accuracy} %", words, "Read the report", url
    )


def _promote(facts: Facts) -> Step:
    project = facts.project
    if project.candidate_name and project.candidate_pk != project.champion_pk:
        words = "is the candidate" + (f", {project.champion_name} the champion" if project.champion_name else "")
        url = _url(facts, "model", project.candidate_pk)
        return Step("Promote", "look", f"{project.candidate_name} waits", project.candidate_name, words, "Decide", url)
    url = _url(facts, "models")
    if project.champion_name:
        words = f"is champion since {_day(project.champion_since)}. Nothing is waiting"
        return Step("Promote", "passed", project.champion_name, project.champion_name, words, "Registry", url)
    return Step("Promote", "notyet", "nothing promoted", "No", "champion yet", "Registry", url)


def _next_round(facts: Facts) -> Step:
    project = facts.project
    if project.round_number is None:
        words = "round yet. A policy and a reward model choose what to ask next"
        return Step("Next round", "notyet", "no proposal", "No", words, "Plan a round", _url(facts, "round-new"))
    url = _url(facts, "round", project.round_number)
    # A small pool proposes fewer than were asked for.
    items = project.round_items or (project.round_config or {}).get("items", 0)
    number, states = project.round_number, AcquisitionRound.State
    if project.round_state == states.PROPOSED:
        return Step("Next round", "look", "proposal ready", f"{items:,}", "items proposed", "Review proposal", url)
    if project.round_state == states.OPENED:
        words = f"items opened as batch {project.round_batch}"
        return Step(
            "Next round", "passed", f"batch {project.round_batch} opened", f"{items:,}", words, "Look at it", url
        )
    if project.round_state == states.FAILED:
        return Step(
            "Next round", "blocks", f"round {number} failed", str(number), "is the round that failed", "See why", url
        )
    words = AcquisitionRound.State(project.round_state).label.lower()
    return Step("Next round", "running", words, f"{items:,}", f"items wanted; {words}", "Look at it", url)


def _url(facts: Facts, route: str, *args: Any) -> str:
    return reverse(route, args=[facts.project.slug, *args])


def _day(when: datetime | None) -> str:
    return f"{when.day} {when:%B}" if when else ""
