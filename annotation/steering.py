"""How urgent a batch is, to whom its items go, and how often raters are checked."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from annotation.errors import BatchStateWrong, ItemsDoNotFit
from annotation.models import Batch, Task
from annotation.models.tasks import MOST_GOLD, MOST_REPEATS
from workforce import auditing
from workforce.models import Role, Skill, User, Vendor
from workforce.roles import require


@transaction.atomic
def schedule_batch(*, batch: Batch, priority: int, deadline: datetime | None, actor: User) -> Batch:
    """Set the priority (1 is served first, 9 last) and the deadline, or None for none.

    Raises NotAllowed, BatchStateWrong (a closed batch), ItemsDoNotFit.
    """
    if not 1 <= priority <= 9:
        raise ItemsDoNotFit("Nothing was changed.", fields={"priority": "Between 1 (first) and 9 (last)."})
    told = deadline.isoformat() if deadline else None
    return _set(
        batch=batch,
        actor=actor,
        verb="schedule_batch",
        values={"priority": priority, "deadline": deadline},
        detail={"priority": priority, "deadline": told},
    )


@transaction.atomic
def route_batch(
    *,
    batch: Batch,
    requires: Collection[Skill],
    vendors: Collection[Vendor],
    expertise_to: Skill | None,
    language_to: Skill | None,
    actor: User,
) -> Batch:
    """Set the skills of which the batch asks for all, whose raters may work on it (none: everybody's), and the skills
    to which items go that need expertise or another language.

    Who holds an item now may finish it. Raises NotAllowed, BatchStateWrong (a closed batch), ItemsDoNotFit.
    """
    named = {"expertise_to": expertise_to, "language_to": language_to}
    asked = {"requires": requires, **{name: [skill] for name, skill in named.items() if skill is not None}}
    wrong = {
        name: "This skill belongs to another team."
        for name, skills in asked.items()
        if any(skill.team_id != batch.project.team_id for skill in skills)
    }
    if any(vendor.team_id != batch.project.team_id for vendor in vendors):
        wrong["vendors"] = "This vendor belongs to another team."
    if any(skill.pk == batch.grants_id for skill in requires):
        wrong["requires"] = "Nobody can get a skill where it is asked for already."
    if wrong:
        raise ItemsDoNotFit("Nothing was changed.", fields=wrong)
    told: dict[str, Any] = {name: skill.slug if skill else None for name, skill in named.items()}
    told["requires"] = sorted(skill.slug for skill in requires)
    told["vendors"] = sorted(vendor.slug for vendor in vendors)
    batch = _set(batch=batch, actor=actor, verb="route_batch", values=named, detail=told)
    batch.requires.set(requires)
    batch.vendors.set(vendors)
    return batch


@transaction.atomic
def check_raters(*, batch: Batch, gold_rate: int, repeat_rate: int, actor: User) -> Batch:
    """Set how many percent of a rater's items are gold (0–50) and repeats (0–20), from each rater's next item on.

    Raises NotAllowed, BatchStateWrong (a closed batch), ItemsDoNotFit, also where the batch was opened without gold.
    """
    rates = {"gold_rate": gold_rate, "repeat_rate": repeat_rate}
    wrong = {
        name: f"Between 0 and {most} percent."
        for name, most in (("gold_rate", MOST_GOLD), ("repeat_rate", MOST_REPEATS))
        if not 0 <= rates[name] <= most
    }
    if gold_rate and not batch.tasks.filter(lane=Task.Lane.GOLD).exists():
        wrong.setdefault("gold_rate", "This batch was opened without gold, so there is none to give.")
    if repeat_rate and (batch.kind == Batch.Kind.DEMONSTRATION or batch.mode == Batch.Mode.CALIBRATION):
        wrong.setdefault("repeat_rate", "Nothing is given again in calibration, or where people write.")
    if wrong:
        raise ItemsDoNotFit("Nothing was changed.", fields=wrong)
    return _set(batch=batch, actor=actor, verb="check_raters", values=rates, detail=rates)


def _set(*, batch: Batch, actor: User, verb: str, values: Mapping[str, Any], detail: Mapping[str, Any]) -> Batch:
    team = batch.project.team
    require(user=actor, team=team, role=Role.LEAD)
    live = Batch.objects.exclude(state=Batch.State.CLOSED).exclude(origin=Batch.Origin.HISTORY)
    if not live.filter(pk=batch.pk).update(**values):
        raise BatchStateWrong
    auditing.record(stream=team.slug, actor=actor, verb=verb, target=f"batch:{batch.pk}", detail=dict(detail))
    batch.refresh_from_db()
    return batch
