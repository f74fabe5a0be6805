"""The next batch: a policy writes answers, a reward model says where it is unsure, people are asked about those.

A part of every batch is a random holdout, drawn by hash before any score is looked at: it is what later
shows, without the choice's bias, how good the reward model is. An acquisition round is carried on by
`advance_rounds`, which may be called at any time and by anybody, and does nothing twice.
"""

import logging
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max

from annotation.batching import Item, open_batch
from annotation.models import Batch, Project, Prompt, PromptSet, Response
from rubrics.models import RubricVersion
from training.answers import import_answers
from training.choosing import draw_holdout, propose
from training.launching import RunRefused, launch_run
from training.models import AcquisitionRound, ModelVersion, TrainingRun
from training.places import out_folder
from training.reading import read_lines
from workforce import auditing
from workforce.errors import AssayError
from workforce.models import Role, User
from workforce.roles import require

log = logging.getLogger(__name__)
State, RunState = AcquisitionRound.State, TrainingRun.State
PROMPTS_PER_ITEM = 3  # how many prompts are answered for each item wanted, unless told


class RoundNotReady(AssayError):
    """This round has no proposal that could be opened. Nothing was changed. Its page says how far it is."""

    code = "round_not_ready"
    status = 409


@transaction.atomic
def plan_round(
    *,
    project: Project,
    policy: ModelVersion,
    reward_model: ModelVersion,
    prompt_set: PromptSet,
    actor: User,
    items: int = 20,
    holdout_share: float = 0.2,
    answers_per_prompt: int = 2,
    overlap: int = 1,
    seed: int = 0,
    preset: str = "small",
    prompt_limit: int | None = None,
) -> AcquisitionRound:
    """A round whose sample run is launched now and whose score run follows by itself.

    `items` pairs are wanted, of which `holdout_share` (0 to 1) at random; `answers_per_prompt` 2 to 9;
    `prompt_limit` prompts are answered (3 for each item unless told). Raises RunRefused.
    """
    require(user=actor, team=project.team, role=Role.ADMIN)
    wrong = {}
    if not 1 <= items <= 10_000:
        wrong["items"] = "Between 1 and 10,000."
    if not 0 <= holdout_share <= 1:
        wrong["holdout_share"] = "Between 0 and 1."
    if not 2 <= answers_per_prompt <= 9:
        wrong["answers_per_prompt"] = "Between 2 and 9."
    if not 1 <= overlap <= 100:
        wrong["overlap"] = "Between 1 and 100."
    if reward_model.kind != ModelVersion.Kind.REWARD or reward_model.project_id != project.pk:
        wrong["reward_model"] = "This must be a reward model of this project."
    if wrong:
        raise RunRefused(fields=wrong)
    run = launch_run(
        project=project,
        kind=TrainingRun.Kind.SAMPLE,
        actor=actor,
        preset=preset,
        config={"responses": answers_per_prompt},
        seed=seed,
        base=policy,
        prompt_set=prompt_set,
        prompt_limit=prompt_limit or PROMPTS_PER_ITEM * items,
    )
    round_ = AcquisitionRound.objects.create(
        project=project,
        number=(project.rounds.aggregate(last=Max("number"))["last"] or 0) + 1,
        policy=policy,
        reward_model=reward_model,
        prompt_set=prompt_set,
        sample_run=run,
        created_by=actor,
        config={
            "rule": "most uncertain pairs plus a random holdout",
            "items": items,
            "holdout_share": holdout_share,
            "answers_per_prompt": answers_per_prompt,
            "overlap": overlap,
            "seed": seed,
            "preset": preset,
        },
    )
    _audit(round_, actor, "plan_round", {"policy": policy.digest, "reward_model": reward_model.digest})
    return round_


def advance_rounds() -> None:
    """Carry every unfinished round as far as its runs allow. A round that cannot go on says why in its config."""
    waiting = AcquisitionRound.objects.filter(state__in=[State.SAMPLING, State.SCORING, State.FAILED])
    for pk in waiting.exclude(config__has_key="error").values_list("pk", flat=True):
        try:
            _advance(pk)
        except (OperationalError, InterfaceError) as error:
            # No fault of the round: the next call, seconds from now, tries again.
            log.warning("Round %s waits: the database cannot be reached (%s).", pk, error)
        except Exception as error:
            log.exception("Round %s cannot go on.", pk)
            sentence = error.message if isinstance(error, AssayError) else "Its files could not be used; see the log."
            round_ = AcquisitionRound.objects.get(pk=pk)
            round_.state, round_.config = State.FAILED, round_.config | {"error": sentence}
            round_.save(update_fields=["state", "config"])


@transaction.atomic
def _advance(pk: int) -> None:
    round_ = AcquisitionRound.objects.select_for_update().get(pk=pk)
    run = round_.score_run or round_.sample_run
    if run is None or round_.state in (State.PROPOSED, State.OPENED):
        return
    if run.state == RunState.SUCCEEDED:
        if round_.score_run is None:
            _launch_scoring(round_, run)
        else:
            _make_proposal(round_, run)
    elif run.state in (RunState.FAILED, RunState.CANCELLED):
        round_.state = State.FAILED
    else:
        round_.state = State.SCORING if round_.score_run else State.SAMPLING
    round_.save()


def _launch_scoring(round_: AcquisitionRound, sampled: TrainingRun) -> None:
    """Draw the holdout, then have the answers scored: in this order, so that no score can sway the draw."""
    lines = read_lines(out_folder(sampled) / "responses.jsonl", digest=sampled.result["digest"])
    answers = import_answers(project=round_.project, model=round_.policy, lines=lines)
    pool: dict[str, list[Response]] = {}
    for answer in answers:
        pool.setdefault(answer.prompt.digest, []).append(answer)
    # A prompt that was answered alike every time offers nothing to compare.
    pool = {prompt: members for prompt, members in pool.items() if len(members) > 1}
    if not pool:
        raise RoundNotReady("The policy gave every prompt one and the same answer, so there is nothing to compare.")
    config = round_.config
    config["holdout"] = draw_holdout(
        pool={prompt: [answer.digest for answer in members] for prompt, members in pool.items()},
        count=round(config["items"] * config["holdout_share"]),
        seed=config["seed"],
    )
    if round_.created_by is None:
        raise RoundNotReady
    round_.score_run = launch_run(
        project=round_.project,
        kind=TrainingRun.Kind.SCORE,
        actor=round_.created_by,
        preset=config["preset"],
        seed=config["seed"],
        reward_model=round_.reward_model,
        prompt_set=round_.prompt_set,
        pool=[answer for members in pool.values() for answer in members],
    )
    round_.state, round_.pool_size = State.SCORING, sum(len(members) for members in pool.values())


def _make_proposal(round_: AcquisitionRound, scored: TrainingRun) -> None:
    """Name the pairs: the holdout that was drawn, and the pairs that the reward model is least sure of."""
    lines = read_lines(out_folder(scored) / "scores.jsonl", digest=scored.result["digest"])
    config = round_.config
    chosen = propose(scores=lines, holdout=config["holdout"], items=config["items"], seed=config["seed"])
    known = Prompt.objects.filter(project=round_.project, digest__in={choice.prompt for choice in chosen})
    prompts = {prompt.digest: prompt for prompt in known}
    answers = {
        (row.prompt_id, row.digest): row
        for row in Response.objects.filter(prompt__in=prompts.values(), model_tag=round_.policy.name)
    }
    round_.proposal = [
        {
            "prompt": prompts[choice.prompt].pk,
            "responses": [answers[prompts[choice.prompt].pk, digest].pk for digest in choice.responses],
            "p": choice.p,
            "uncertainty": choice.uncertainty,
            "reason": choice.reason,
            "priority": choice.priority,
        }
        for choice in chosen
    ]
    round_.state = State.PROPOSED


@transaction.atomic
def open_round(*, round: AcquisitionRound, rubric_version: RubricVersion, actor: User, name: str = "") -> Batch:
    """Open the proposal as a pairwise batch. Raises RoundNotReady, also for the second of two clicks."""
    require(user=actor, team=round.project.team, role=Role.ADMIN)
    row = AcquisitionRound.objects.select_for_update().get(pk=round.pk)
    if row.state != State.PROPOSED:
        raise RoundNotReady
    prompts = Prompt.objects.in_bulk([entry["prompt"] for entry in row.proposal])
    answers = Response.objects.in_bulk([pk for entry in row.proposal for pk in entry["responses"]])
    batch = open_batch(
        project=row.project,
        name=name.strip() or f"Round {row.number}",
        kind=Batch.Kind.PAIRWISE,
        rubric_version=rubric_version,
        overlap=row.config["overlap"],
        items=[
            Item(
                prompt=prompts[entry["prompt"]],
                responses=[answers[pk] for pk in entry["responses"]],
                priority=entry["priority"],
                reason=entry["reason"],
            )
            for entry in row.proposal
        ],
        actor=actor,
        origin=Batch.Origin.ACQUISITION,
    )
    row.batch, row.state = batch, State.OPENED
    row.save(update_fields=["batch", "state"])
    _audit(row, actor, "open_round", {"batch": batch.number, "tasks": len(row.proposal)})
    return batch


def _audit(round_: AcquisitionRound, actor: User, verb: str, detail: dict[str, Any]) -> None:
    auditing.record(stream=round_.project.team.slug, actor=actor, verb=verb, target=f"round:{round_.pk}", detail=detail)
