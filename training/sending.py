"""Sending a run's samples to raters: the answers before and after as a batch of pairs, whose side nobody is told."""

from django.db import transaction

from annotation.batching import Item, open_batch
from annotation.models import Batch
from rubrics.models import RubricVersion
from training.answers import import_answers
from training.models import TrainingRun
from workforce import auditing
from workforce.errors import AssayError
from workforce.models import Role, User
from workforce.roles import require

MOST = 50


class NothingToCompare(AssayError):
    """This run has no sample with two different answers to a prompt of the project. Nothing was opened."""

    code = "nothing_to_compare"
    status = 409


@transaction.atomic
def send_samples(
    *, run: TrainingRun, rubric_version: RubricVersion, actor: User, overlap: int = 1, most: int = MOST
) -> Batch:
    """Open a pairwise batch of at most `most` samples, those that are first by number.

    The answers join the corpus under the names of the model that the run made and of the one it started from, so
    that the judgments say how often people prefer the one to the other. Raises NothingToCompare, NotAllowed and
    what open_batch refuses.
    """
    require(user=actor, team=run.project.team, role=Role.ADMIN)
    made = getattr(run, "produced_model", None)
    samples = run.samples.select_related("prompt").filter(prompt__isnull=False)
    chosen = [one for one in samples if one.before.strip() and one.after.strip() and one.before != one.after][:most]
    if made is None or run.base is None or not chosen:
        raise NothingToCompare
    lines = [(one.prompt.digest, one.before, one.after) for one in chosen if one.prompt]
    before = import_answers(
        project=run.project,
        model=run.base,
        lines=[{"prompt": prompt, "responses": [{"text": old}]} for prompt, old, _ in lines],
    )
    after = import_answers(
        project=run.project,
        model=made,
        lines=[{"prompt": prompt, "responses": [{"text": new}]} for prompt, _, new in lines],
    )
    by_prompt = {row.prompt_id: row for row in before}
    items = [
        Item(prompt=new.prompt, responses=[by_prompt[new.prompt_id], new], reason="before and after a run")
        for new in after
    ]
    batch = open_batch(
        project=run.project,
        name=f"{made.name} against {run.base.name}"[:120],
        kind=Batch.Kind.PAIRWISE,
        rubric_version=rubric_version,
        overlap=overlap,
        items=items,
        actor=actor,
    )
    auditing.record(
        stream=run.project.team.slug,
        actor=actor,
        verb="send_samples",
        target=f"run:{run.pk}",
        detail={"batch": batch.number, "items": len(items)},
    )
    return batch
