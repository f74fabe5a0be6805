"""Two projects with a row behind every address, and everybody who may or may not reach them."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from annotation import adjudicating, batching, freezing, panels
from annotation.assigning import claim_next
from annotation.batch_options import BatchOptions
from annotation.models import ImportReport, Project, RaterAlarm, Referral
from annotation.raters.holding import hold_rater
from rubrics import versions
from rubrics.models import Criterion, Rubric, RubricVersion, ScorePoint
from tests.annotation.makers import answer, make_batch, make_comparison, make_prompt
from tests.training.page_rows import make_metrics, make_round, make_run
from workforce import messaging, people, tokens, vendors
from workforce.models import Role, Skill, Team, User

NO_NUMBER, NO_NAME, NO_UID = 987_654_321, "no-such", UUID("7b89b1e8-f20c-432b-83b3-9fcfffe1ca3e")
MISSING = {"pk": NO_NUMBER, "number": NO_NUMBER, "batch_id": NO_NUMBER, "item": NO_NUMBER, "token": NO_UID}
HASTE = {"quick": 12, "of": 20, "seconds": 1.5, "floor": 3.0}
MISSING |= {"uid": NO_UID, "rubric_slug": NO_NAME}


@dataclass
class Place:
    """One project: its people by role, and what stands in the addresses of its rows, by the name of the route."""

    project: Project
    people: dict[str, User]
    at: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)  # where an empty one is refused for itself

    def path(self, route: str) -> str:
        return reverse(route, kwargs=self.at.get(route, {}))

    def paths_to_nothing(self, route: str) -> tuple[str, str]:
        """The address with a row that is not there, and with a project that is not there; empty if it names none."""
        at = self.at[route]
        gone = {name: MISSING[name] for name in at if name in MISSING}
        gone = {"item": NO_NUMBER} if "item" in gone else gone
        row = reverse(route, kwargs=at | gone) if gone else ""
        return row, reverse(route, kwargs=at | {"slug": NO_NAME}) if "slug" in at else ""


def make_place(slug: str, names: dict[str, str]) -> Place:
    """A project with two raters, a lead and an admin of these names: {"rater": …, "other rater": …, "lead": …}."""
    team = people.create_team(slug=slug, name=slug, actor=None)
    kinds = {"rater": Role.RATER, "other rater": Role.RATER, "lead": Role.LEAD, "admin": Role.ADMIN}
    cast = {
        role: people.add_member(team=team, username=name, role=kinds[role], actor=None) for role, name in names.items()
    }
    project = Project.objects.create(slug=slug, name=slug, team=team, rubric=_rubric(team, cast["lead"]))
    place = Place(project, cast)
    everything = _people(place) | _batches(place) | _corpus(place) | _training(place)
    for route, parameters in addresses().items():
        place.at[route] = _pick(route, parameters, everything | {"slug": slug})
    submission = str(uuid4())
    place.bodies = {
        "label": {"assignment": str(everything["token of lease"]), "submission": submission},
        "label-change": {"version": everything["version"]},
        "batch-version": {"version": 1},
        "api-draft": {"submission": submission, "content": {}},
        "api-revise": {"submission": submission, "value": 3, "rationale": "so"},
        "api-freeze-preferences": {"name": "Second"},
        "api-freeze-demonstrations": {"name": "Second"},
        "api-batch-overlap": {"overlap": 3},
        "api-batch-checks": {"gold_rate": 0, "repeat_rate": 0},
        "api-batch-schedule": {"priority": 2, "deadline": None},
        "api-batch-route": {"requires": "", "expertise_to": "", "language_to": ""},
        "api-task-reopen": {"reason": "so"},
        "api-lease-release": {"reason": "so"},
        "api-referral-settle": {"action": "return", "reason": "so"},
        "api-referral-undo": {"reason": "so"},
        "api-adjudication-answer": {"answer": None},
        "api-adjudication-rule": {"outcome": "split", "cause": "style", "confidence": 2},
        "api-adjudication-undo": {"reason": "so"},
    }
    return place


def _rubric(team: Team, lead: User) -> Rubric:
    rubric = Rubric.objects.create(team=team, slug="helpful", name="Helpful")
    version = RubricVersion.objects.create(rubric=rubric, number=1, guidance="Prefer what you would send.")
    one = Criterion.objects.create(version=version, slug="good", name="Good", question="How good?", position=0)
    for value in (1, 2, 3):
        ScorePoint.objects.create(criterion=one, value=value, anchor=f"point {value}", description="So.")
    RubricVersion.objects.filter(pk=version.pk).update(
        state="published", digest="0" * 64, published_by=lead, published_at=timezone.now()
    )
    return rubric


def _people(place: Place) -> dict[str, Any]:
    team, admin, lead, rater = (place.project.team, *(place.people[name] for name in ("admin", "lead", "rater")))
    someone = people.add_member(team=team, username=f"{team.slug}-someone", role=Role.RATER, actor=None)
    asked = messaging.ask(team=team, author=rater, body="May I skip these?")
    told = messaging.send(team=team, author=lead, body="Thanks.", to=rater)
    return {
        "person": someone.pk,
        "membership": someone.memberships.get().pk,
        "vendor": vendors.make_vendor(team=team, name="Nimbus", actor=admin).pk,
        "token": tokens.make_token(team=team, name="x", scopes=["data:read"], days=7, actor=lead)[0].pk,
        "asked": asked.pk,
        "told": told.pk,
    }


def _batches(place: Place) -> dict[str, Any]:
    project, lead, rater = place.project, place.people["lead"], place.people["rater"]
    version = RubricVersion.objects.get(rubric=project.rubric)
    batch = make_batch(project, lead, version, tasks=3)
    held = claim_next(batch=batch, rater=rater)
    assert held is not None
    judgment = answer(held, value=2, rationale="so").judgment
    held = claim_next(batch=batch, rater=rater)
    assert held is not None
    unread = claim_next(batch=batch, rater=place.people["other rater"])
    assert unread is not None
    answer(unread, cant_judge="language")
    adjudicating.answer_blind(task=judgment.task, actor=lead, answer={"strength": -1})
    adjudicating.adjudicate(task=judgment.task, actor=lead, outcome="split", cause="style", confidence=2)
    skill = Skill.objects.create(team=project.team, slug="helpfulness", name="Helpfulness")
    made = [make_comparison(project, f"practice {n}", ["good", "bad"]) for n in range(2)]
    practice = batching.open_batch(
        project=project,
        name="practice",
        kind="pairwise",
        rubric_version=version,
        overlap=2,
        items=batching.items_from_comparisons(comparisons=made, kind="pairwise"),
        actor=lead,
        options=BatchOptions(mode="calibration", grants=skill, pass_at=1),
    )
    for task in practice.tasks.all():
        panels.answer_as_panel(task=task, answer={"strength": -2}, note="So.", actor=lead)
    practised = claim_next(batch=practice, rater=rater)
    assert practised is not None
    shown = answer(practised, value=2, rationale="The date is wrong.").judgment
    versions.start_draft(rubric=project.rubric, actor=lead)
    watched = User.objects.get(username=f"{project.team.slug}-someone")
    RaterAlarm.objects.create(
        project=project, rater=watched, detector="haste", evidence=HASTE, judgment=judgment, since=judgment.created_at
    )
    hold_rater(project=project, rater=watched, actor=lead, reason="so")
    return {
        "batch": batch.pk,
        "batch number": batch.number,
        "practice": practice.pk,
        "practice number": practice.number,
        "token of lease": held.token,
        "lease": held.pk,
        "referral": Referral.objects.get(task=unread.task).pk,
        "watched": watched.pk,
        "alarm": RaterAlarm.objects.get(project=project).pk,
        "judgment": judgment.uid,
        "judged item": judgment.task.number,
        "judged task": judgment.task.uid,
        "shown": shown.uid,
        "version": version.pk,
    }


def _corpus(place: Place) -> dict[str, Any]:
    project, lead = place.project, place.people["lead"]
    prompt = make_prompt(project, "Write to the mayor")
    project.demonstrations.create(prompt=prompt, text="Dear mayor", digest="d" * 64, external_id="d1")
    written = freezing.freeze_demonstration_set(project=project, name="Letters", actor=lead)
    batch = project.batches.order_by("pk")[0]
    chosen = freezing.freeze_preference_set(project=project, name="First", batches=[batch], actor=lead)
    report = ImportReport.objects.create(
        project=project, kind="prompts", filename="a.jsonl", sha256="a" * 64, state="refused", errors=[]
    )
    return {"preferences": chosen.pk, "demonstrations": written.pk, "report": report.pk}


def _training(place: Place) -> dict[str, Any]:
    run, made = make_run(place.project), make_round(place.project)
    make_metrics(run, range(1, 3))
    return {"run": run.pk, "model": made.policy.pk, "round": made.pk, "prompt set": made.prompt_set.pk}


# What the parameters of a route mean, by the beginning of its name; the longest beginning that fits decides.
MEANS: dict[str, dict[str, str]] = {
    "person": {"pk": "person"},
    "rater": {"pk": "watched"},
    "raters": {},
    "alarm-dismiss": {"pk": "alarm"},
    "api-rater": {"pk": "watched"},
    "people-link": {"pk": "person"},
    "people-remove": {"pk": "membership"},
    "people-move": {"pk": "membership"},
    "vendor": {"pk": "vendor"},
    "token-revoke": {"pk": "token"},
    "message-answer": {"pk": "asked"},
    "message-read": {"pk": "told"},
    "message-reply": {"pk": "told"},
    "import": {"pk": "report"},
    "model": {"pk": "model"},
    "label": {"batch_id": "batch"},
    "label-round": {"batch_id": "practice"},
    "label-reveal": {"uid": "shown"},
    "label-challenge": {"uid": "shown"},
    "work": {"batch_id": "batch"},
    "batch": {"number": "batch number"},
    "batch-calibration": {"number": "practice number"},
    "panel-answer": {"number": "practice number"},
    "api-batch": {"batch_id": "batch"},
    "batch-lease": {"number": "batch number", "pk": "lease"},
    "referral": {"pk": "referral"},
    "adjudication": {"number": "batch number", "item": "judged item"},
    "api-adjudication": {"uid": "judged task"},
    "api-referral": {"pk": "referral"},
    "api-lease-release": {"pk": "lease"},
    "api-task-reopen": {"batch_id": "batch"},
    "api-claim": {"batch_id": "batch"},
    "api": {"token": "token of lease"},
    "api-revise": {"uid": "judgment"},
    "api-rubric-version": {"pk": "version"},
    "api-preference-set": {"pk": "preferences"},
    "api-demonstration-set": {"pk": "demonstrations"},
    "api-run": {"pk": "run"},
    "api-model": {"pk": "model"},
    "api-round": {"pk": "round"},
    "prompt-set-rows": {"pk": "prompt set"},
    "api-prompt-set-lines": {"pk": "prompt set"},
}
ALWAYS: dict[str, Any] = {"number": 1, "item": 1, "rubric_slug": "helpful", "kind": "judgments", "language": "ar"}


def _pick(route: str, parameters: set[str], rows: dict[str, Any]) -> dict[str, Any]:
    means = MEANS[max((name for name in MEANS if route.startswith(name)), key=len, default="person")]
    given = ALWAYS | {"slug": rows["slug"], "token": NO_UID}
    return {name: rows[means[name]] if name in means else given[name] for name in parameters}


def addresses() -> dict[str, set[str]]:
    """Every route of the site and the parameters of its address."""
    found: dict[str, set[str]] = {}

    def walk(resolver: URLResolver) -> None:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern)
            elif isinstance(pattern, URLPattern):
                found[str(pattern.name)] = set(pattern.pattern.converters)

    walk(get_resolver())
    return found
