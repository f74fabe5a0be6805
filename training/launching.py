"""Starting, stopping and resuming runs. Whatever can be refused is refused here, before anything waits in a queue."""

import os
import re
import time
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from annotation.freezing import verify_set
from annotation.models import DemonstrationSet, PreferenceSet, Project, PromptSet, Response
from training.code import code_version
from training.dispatching import send_on_commit
from training.inputs import NEEDED, WELCOME, choose_prompts, write_pool, write_prompts
from training.lessons import unteachable
from training.models import Benchmark, ModelVersion, TrainingRun
from training.places import model_folder, run_folder
from training.presets import PRESETS
from training.promoting import check_folder
from training.rlhf.configs import CONFIGS
from training.rlhf.failures import ConfigError
from workforce import auditing
from workforce.errors import AssayError
from workforce.models import Role, User
from workforce.roles import require

__all__ = ["PRESETS", "launch_run", "request_stop", "resume_run"]

State, Kind = TrainingRun.State, TrainingRun.Kind


class RunRefused(AssayError):
    """This run cannot be started as it is described. Nothing was started. Mend what is marked."""

    code = "run_refused"
    status = 422


class SetDamaged(AssayError):
    """The file of this set does not have the SHA-256 it was frozen with. Nothing was started. Restore the file."""

    code = "bad_digest"
    status = 409


class RunNotStoppable(AssayError):
    """This run has ended already. Nothing was changed. Its results are on its page."""

    code = "run_not_stoppable"
    status = 409


class RunNotResumable(AssayError):
    """Only a run that failed, was cancelled or interrupted can be resumed. Nothing was changed. Launch another."""

    code = "run_not_resumable"
    status = 409


def launch_run(
    *,
    project: Project,
    kind: str,
    actor: User,
    name: str = "",
    preset: str = "small",
    config: dict[str, Any] | None = None,
    seed: int = 0,
    base: ModelVersion | None = None,
    reward_model: ModelVersion | None = None,
    preference_set: PreferenceSet | None = None,
    demonstration_set: DemonstrationSet | None = None,
    prompt_set: PromptSet | None = None,
    benchmark: Benchmark | None = None,
    prompt_limit: int | None = None,
    pool: Iterable[Response] | None = None,
) -> TrainingRun:
    """A queued run whose key is sent to the train queue on commit.

    `config` overrides the preset's settings. `prompt_limit` draws that many prompts by hash. `pool` names the
    responses to score; without it a score run takes all that the prompt set's prompts have.
    Raises RunRefused (fields say what), SetDamaged, ModelFolderMissing, NotAllowed.
    """
    require(user=actor, team=project.team, role=Role.ADMIN)
    given: dict[str, Any] = {
        "base": base,
        "reward_model": reward_model,
        "preference_set": preference_set,
        "demonstration_set": demonstration_set,
        "prompt_set": prompt_set,
        "benchmark": benchmark,
    }
    _check_inputs(project, kind, given)
    settings_of_run = _checked_config(kind, preset, {**(config or {}), "seed": seed}, base, reward_model)
    if wrong := unteachable(preferences=preference_set, config=settings_of_run):
        raise RunRefused(fields={"labels": wrong})
    with transaction.atomic():
        # Numbers are handed out one at a time: the project's row is the lock.
        Project.objects.select_for_update().get(pk=project.pk)
        number = (project.runs.aggregate(last=Max("number"))["last"] or 0) + 1
        run = TrainingRun(project=project, number=number, kind=kind, seed=seed, created_by=actor, **given)
        run.name = name.strip() or f"{Kind(kind).label} {number}"
        run.config, run.code_version = settings_of_run, code_version()
        run.save()
        _clear_folder(run)
        run.input_digests = _digests(run, prompt_limit, pool)
        run.save(update_fields=["input_digests"])
        auditing.record(
            stream=project.team.slug,
            actor=actor,
            verb="launch_run",
            target=f"run:{run.pk}",
            detail={"kind": kind, "inputs": run.input_digests, "seed": seed},
        )
        send_on_commit(run_pk=run.pk)
    return run


@transaction.atomic
def request_stop(*, run: TrainingRun, actor: User) -> TrainingRun:
    """Cancel a waiting run at once; ask a running one to write a checkpoint and stop. Raises RunNotStoppable."""
    require(user=actor, team=run.project.team, role=Role.ADMIN)
    row = TrainingRun.objects.select_for_update().get(pk=run.pk)
    if row.state in (State.QUEUED, State.INTERRUPTED):
        row.state, row.ended_at = State.CANCELLED, timezone.now()
    elif row.state != State.RUNNING:
        raise RunNotStoppable
    row.stop_requested = True
    # Only these: the worker is writing to the same row.
    row.save(update_fields=["state", "ended_at", "stop_requested"])
    _audit(row, actor, "request_stop")
    return row


@transaction.atomic
def resume_run(*, run: TrainingRun, actor: User) -> TrainingRun:
    """Queue an ended run again; it goes on from its last checkpoint that verifies. Raises RunNotResumable."""
    require(user=actor, team=run.project.team, role=Role.ADMIN)
    row = TrainingRun.objects.select_for_update().get(pk=run.pk)
    if row.state not in (State.FAILED, State.CANCELLED, State.INTERRUPTED):
        raise RunNotResumable
    row.state, row.stop_requested, row.attempts, row.ended_at, row.sent_at = State.QUEUED, False, 0, None, None
    row.error_code = row.error_message = ""
    row.save()
    _audit(row, actor, "resume_run")
    send_on_commit(run_pk=row.pk)
    return row


def _audit(run: TrainingRun, actor: User, verb: str) -> None:
    auditing.record(stream=run.project.team.slug, actor=actor, verb=verb, target=f"run:{run.pk}")


def _check_inputs(project: Project, kind: str, given: dict[str, Any]) -> None:
    if kind not in NEEDED:
        raise RunRefused(fields={"kind": f"There is no kind {kind!r}; there are {', '.join(NEEDED)}."})
    wrong = {}
    for column, value in given.items():
        if column in NEEDED[kind] and value is None:
            wrong[column] = f"A {kind} run needs this."
        elif column not in (*NEEDED[kind], *WELCOME.get(kind, ())) and value is not None:
            wrong[column] = f"A {kind} run does not use this."
        elif value is not None and value.project_id != project.pk:
            wrong[column] = "This belongs to another project."
    for column, wanted in (("base", ModelVersion.Kind.POLICY), ("reward_model", ModelVersion.Kind.REWARD)):
        if column not in wrong and given[column] and given[column].kind != wanted:
            wrong[column] = f"This must be a {wanted.label.lower()}, and {given[column].name} is not one."
    if wrong:
        raise RunRefused(fields=wrong)
    for model in (given["base"], given["reward_model"]):
        if model:
            check_folder(folder=model_folder(model))
    for frozen in (given["preference_set"], given["demonstration_set"]):
        if frozen and not verify_set(frozen_set=frozen):
            raise SetDamaged(
                f"The file of {frozen} does not have the SHA-256 it was frozen with. Nothing was started and the "
                "judgments are safe; restore the file or freeze a new set."
            )


def _checked_config(
    kind: str, preset: str, overrides: dict[str, Any], base: ModelVersion | None, reward_model: ModelVersion | None
) -> dict[str, Any]:
    """All settings of the run but the model folders, which are filled in where it runs."""
    if preset not in PRESETS[kind]:
        raise RunRefused(fields={"preset": f"There is no preset {preset!r}; there are {', '.join(PRESETS[kind])}."})
    folders = {"base": base, "reward_model": reward_model}
    paths = {name: str(model_folder(model)) for name, model in folders.items() if model is not None}
    for name in overrides:
        if name in folders:
            raise RunRefused(fields={name: "This is chosen as a model, not written as a setting."})
    threads = settings.RUN_THREADS or os.cpu_count() or 1
    try:
        checked = CONFIGS[kind].from_dict({"threads": threads, **PRESETS[kind][preset], **overrides, **paths})
    except ConfigError as error:
        named = re.match(r"Setting (\w+)", str(error))
        raise RunRefused(str(error), fields={named.group(1) if named else "config": str(error)}) from error
    return {name: value for name, value in checked.to_dict().items() if name not in folders}


def _clear_folder(run: TrainingRun) -> None:
    """Set aside what another run left in this run's folder, or it would go on from that run's checkpoints.

    A database that was restored from an older copy hands out the keys of lost runs again.
    """
    folder = run_folder(run)
    if folder.exists():
        folder.rename(folder.with_name(f"{folder.name}-before-{time.time_ns()}"))


def _digests(run: TrainingRun, prompt_limit: int | None, pool: Iterable[Response] | None) -> dict[str, str]:
    """Write the run's own input files and note the digest of everything it is given.

    Models and sets carry the digests of their rows; the worker takes them anew from the files at every start.
    """
    given = {
        "base": run.base.digest if run.base else "",
        "reward_model": run.reward_model.digest if run.reward_model else "",
        "preferences": run.preference_set.sha256 if run.preference_set else "",
        "demonstrations": run.demonstration_set.sha256 if run.demonstration_set else "",
        "benchmark": run.benchmark.sha256 if run.benchmark else "",
    }
    if run.prompt_set and run.kind == Kind.SCORE:
        if pool is None:
            pool = Response.objects.filter(prompt__in=run.prompt_set.prompts.all()).select_related("prompt")
        answers = list(pool)
        if not answers:
            raise RunRefused(fields={"prompt_set": "Its prompts have no answers that could be scored."})
        given["pool"] = write_pool(run_folder(run) / "pool.jsonl", answers)
    elif run.prompt_set:
        prompts = choose_prompts(list(run.prompt_set.prompts.all()), limit=prompt_limit, seed=run.seed)
        if not prompts:
            raise RunRefused(fields={"prompt_set": "It holds no prompts."})
        given["prompts"] = write_prompts(run_folder(run) / "prompts.jsonl", prompts)
    return {name: digest for name, digest in given.items() if digest}
