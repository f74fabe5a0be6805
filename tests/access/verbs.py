"""Every verb that asks for a role of its own, found in the source: the second line behind the views.

A verb is called with arguments by their names, so a new one needs nothing here unless it takes something new.
"""

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from annotation.assigning import claim_next
from annotation.demonstrating import submit_demonstration
from annotation.judging import Answer
from annotation.models import Adjudication, Assignment, RaterAlarm, RaterHold, Referral
from rubrics.models import RubricVersion
from tests.access.checks import ROOT, name_of, sources
from tests.access.matrix import undone
from tests.access.rows import NO_UID, Place
from tests.annotation.makers import make_batch
from workforce import people, tokens
from workforce.errors import NotAllowed
from workforce.models import Membership, Role, Skill, User

MISSING = object()


@dataclass(frozen=True)
class Verb:
    """`annotation.desk.take_out`, the role that it asks for, and the name under which it is told who acts."""

    path: str
    name: str
    role: str
    actor: str

    def __str__(self) -> str:
        return f"{self.path.removesuffix('.py').replace('/', '.')}.{self.name}"

    def function(self) -> Callable[..., Any]:
        return getattr(import_module(str(self).rpartition(".")[0]), self.name)  # type: ignore[no-any-return]  # a function, by its name


def verbs() -> list[Verb]:
    """Functions that call `require`, but for those that are handed a request: the matrix asks these."""
    found = []
    for path in sources():
        for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and [arg.arg for arg in node.args.args][:1] != ["request"]:
                for call in ast.walk(node):
                    if isinstance(call, ast.Expr) and name_of(call.value) == "require":
                        assert isinstance(call.value, ast.Call)
                        said = {keyword.arg: keyword.value for keyword in call.value.keywords}
                        found.append(Verb(path, node.name, name_of(said["role"]).lower(), name_of(said["user"])))
    return found


def arguments(place: Place) -> dict[str, Any]:
    """What verbs take, by the name of the parameter, or of the verb and the parameter."""
    project, team, rater = place.project, place.project.team, place.people["rater"]
    batch = project.batches.order_by("pk")[0]
    held = Assignment.objects.get(token=place.at["api-submit"]["token"])
    frozen = RubricVersion.objects.get(rubric=project.rubric, state="published")
    someone = people.add_member(team=team, username=f"{team.slug}-anybody", role=Role.RATER, actor=None)
    model, made = project.models.order_by("pk")[0], project.rounds.get()  # type: ignore[attr-defined]  # of training
    token = tokens.make_token(team=team, name="y", scopes=["data:read"], days=7, actor=place.people["admin"])[0]
    return {
        **{"project": project, "team": team, "batch": batch, "batches": [batch], "task": batch.tasks.order_by("pk")[0]},
        **{"rubric": project.rubric, "version": frozen, "rubric_version": frozen, "token": held.token},
        **{"assignment": held, "referral": Referral.objects.filter(task__batch=batch)[0], "user": someone},
        **{
            "membership": Membership.objects.get(user=someone),
            "vendor": team.vendors.order_by("pk")[0],
            "role": Role.RATER,
        },
        **{"model": model, "policy": model, "reward_model": model, "prompt_set": made.prompt_set, "round": made},
        **{"run": project.runs.order_by("pk")[0], "folder": Path("nowhere")},  # type: ignore[attr-defined]  # of training
        **{"name": "another", "slug": "another", "reason": "so", "body": "so", "text": "so", "note": "so"},
        **{"email": "new@example.org", "username": "new", "display_name": "New", "filename": "a.jsonl", "lines": []},
        **{"verb": "close_batch", "before": ["open"], "after": "closed", "values": {}, "detail": {}},
        **{"kind": "pairwise", "overlap": 3, "items": [], "active": False, "days": 7, "to": None, "key": "k"},
        **{"scopes": ["data:read"], "beyond": set()},
        **{"answer": Answer(value=2), "submission": NO_UID, "uid": UUID(str(place.at["api-revise"]["uid"]))},
        **{
            "outcome": "split",
            "cause": "style",
            "confidence": 2,
            "adjudication": Adjudication.objects.get(task__batch=batch),
        },
        **{"activity": "guidelines", "target": "", "ms": 1000, "since": timezone.now() - timedelta(minutes=1)},
        "workforce.tokens.revoke_token.token": token,
        "annotation.adjudicating.answer_blind.answer": None,
        "annotation.demonstrating.revise_demonstration.uid": _text_of(place, rater),
        "annotation.freeing.retire_rater.rater": someone,
        "workforce.managing.dismiss.role": Role.LEAD,  # who lays down a rater's work asks for the role as well
        "annotation.importing.import_file.kind": "prompts",
        "hold": RaterHold.objects.get(project=project),
        "alarm": RaterAlarm.objects.get(project=project),
        "rater": rater,
        "on": True,
        "annotation.raters.voiding.confirm_bad_work.since": None,
        "annotation.raters.pooling.change_pool.inside": True,
        "last": 1,
        "skill": Skill.objects.get_or_create(team=project.team, slug="pool", defaults={"name": "Pool"})[0],
        "training.launching.launch_run.kind": "sft",
        "training.promoting.register_model.kind": "policy",
        "training.promoting.set_alias.name": "champion",
    }


def _text_of(place: Place, rater: User) -> UUID:
    version = RubricVersion.objects.get(rubric=place.project.rubric, state="published")
    batch = make_batch(place.project, place.people["lead"], version, tasks=1, kind="demonstration")
    held = claim_next(batch=batch, rater=rater)
    assert held is not None
    given = {"text": "Dear mayor,", "checks": ["good"]}
    written = submit_demonstration(token=held.token, rater=rater, submission=held.token, **given)
    return written.judgment.uid


def call(verb: Verb, given: dict[str, Any], actor: User) -> Any:
    """Call it as that person, with what it cannot do without."""
    needed = [
        name
        for name, parameter in inspect.signature(verb.function()).parameters.items()
        if parameter.default is inspect.Parameter.empty and name != verb.actor
    ]
    chosen = {name: given.get(f"{verb}.{name}", given.get(name, MISSING)) for name in needed}
    unknown = [name for name, value in chosen.items() if value is MISSING]
    assert not unknown, f"{verb} takes {unknown}, of which arguments() knows nothing"
    bound = inspect.signature(verb.function()).bind_partial()
    bound.arguments.update(chosen | {verb.actor: actor})
    return verb.function()(*bound.args, **bound.kwargs)


def wrong_people(verb: Verb, here: Place, there: Place) -> list[User]:
    """Who is to be refused: members without the role, and whoever holds it in the other project.

    A rater's verbs look for a row of theirs first: they are asked by the first rater, whose role is taken away.
    """
    if verb.role == "rater":
        return [here.people["rater"]]
    others = ["rater", "lead"] if verb.role == "admin" else ["rater"]
    return [here.people[role] for role in others] + [there.people[verb.role]]


def let_in(verb: Verb, here: Place, there: Place, given: dict[str, Any]) -> list[str]:
    """Who was not refused by the verb itself, and what happened instead."""
    wrong = []
    for person in wrong_people(verb, here, there):
        with undone():
            if verb.role == "rater":
                Membership.objects.filter(user=person).delete()
            try:
                call(verb, given, person)
            except NotAllowed:
                continue
            except Exception as instead:
                wrong.append(f"{verb} by {person}: {instead!r}")
            else:
                wrong.append(f"{verb} by {person}: done")
    return wrong
