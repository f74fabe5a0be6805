"""Every page of the product with something on it: which addresses are pages, who reads them, and rows to fill them."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from annotation import adjudicating, batching, desk, freezing, panels
from annotation.assigning import claim_next
from annotation.batch_options import BatchOptions
from annotation.models import Assignment, Batch, ImportReport, Project, RaterAlarm, Referral
from annotation.raters.holding import hold_rater
from annotation.raters.watching import look_at_raters
from rubrics import versions
from rubrics.models import Rubric, RubricVersion
from tests.annotation.adjudications import RIGHT, disputed, ruled
from tests.annotation.golds import make_golds, open_with
from tests.annotation.makers import answer, make_batch, make_comparison, make_prompt
from tests.annotation.pages import answered
from tests.e2e.asking import asks, checklist, compare, publish, rule, scale
from tests.training.page_rows import make_metrics, make_model, make_round, make_run
from tests.training.report_rows import benchmark_result, make_policy, make_reported
from training.models import Benchmark
from workforce import accounts, consenting, managing, people, tokens, vendors
from workforce.models import Message, Skill, User


@dataclass(frozen=True)
class Shown:
    """One page: its address, who reads it, and what to do there first (a dialog to open, say)."""

    path: str
    reader: str
    act: str = ""


@dataclass
class World:
    """The people by name and the addresses of pages by the name of their route."""

    people: dict[str, User | None]
    pages: dict[str, list[Shown]] = field(default_factory=dict)

    def add(self, route: str, reader: str, *paths: str, act: str = "") -> None:
        self.pages.setdefault(route, []).extend(Shown(path, reader, act) for path in paths)


# Addresses that answer with something other than a page of their own: a form's target, a fragment, a file, data.
NOT_PAGES = {
    *("home", "logout", "people-add", "people-link", "people-remove", "audit-verify", "rubric-retire", "rubric-draft"),
    *("people-move", "person-disable", "person-enable", "person-second-step", "account-sign-out", "second-step-off"),
    *("token-revoke", "vendor-add", "vendor-end", "vendor-resume"),
    *("settings-keys", "preview", "label-next", "label-reopen", "label-change", "label-challenge"),
    *("work-waiting", "work-content", "work-consent", "work-check-in", "work-notify", "work-go-on", "work-rest"),
    *("work-ask", "message-read", "message-reply", "message-answer"),
    *("batch-overlap", "batch-work", "referral-undo", "raters-look", "raters-holding", "alarm-dismiss"),
    *("rater-message", "rater-calibrate", "rater-hold", "rater-lift", "rater-requeue", "rater-pool"),
    *("dispute-next", "adjudication-rule", "adjudication-undo", "adjudication-names"),
    *("batch-count", "batch-pause", "batch-resume", "batch-close", "batch-measure", "batch-export", "import-example"),
    *("preference-set-preview", "preference-set-verify", "preference-set-download"),
    *("preference-set-rows", "demonstration-set-rows", "prompt-set-rows", "model-download"),
    *("demonstration-set-verify", "demonstration-set-download"),
    *("run-live", "run-metrics", "run-stop", "run-resume", "run-send", "model-alias", "model-verify", "round-open"),
    *("benchmark-example", "model-benchmark"),
    *("leaderboard-file", "agreement-csv", "words", "api-schema"),
}


def routes() -> set[str]:
    """The names of all addresses but those of the API, which answers in JSON."""
    found: set[str] = set()

    def walk(resolver: URLResolver, place: str) -> None:
        for pattern in resolver.url_patterns:
            here = place + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern, here)
            elif not here.startswith("api/"):
                found.add(str(pattern.name))

    walk(get_resolver(), "")
    return found


def make_world(project: Project, rubric_version: RubricVersion, ada: User, lena: User, rosa: User, rafi: User) -> World:
    """Rows for every page: batches of each kind, answers, sets, runs, a round, a draft, an import that failed.

    WELLBEING_CONTACT has to name Lena.
    """
    noor = people.add_member(team=project.team, username="noor", display_name="Noor", role="rater", actor=None)
    tokens.make_token(team=project.team, name="Nightly import", scopes=["data:write"], days=90, actor=ada)
    vendors.make_vendor(team=project.team, name="Nimbus", actor=ada)
    nobody = User.objects.create_user("nobody", display_name="Nobody")
    gone = people.add_member(team=project.team, username="gone", display_name="Gone", role="rater", actor=None)
    accounts.disable(team=project.team, user=gone, actor=ada)
    otto = people.add_member(team=project.team, username="otto", display_name="Otto", role="rater", actor=None)
    User.objects.filter(pk=otto.pk).update(second_step_since=timezone.now())  # and his session has not passed it
    world = World({"ada": ada, "lena": lena, "rosa": rosa, "nobody": nobody, "otto": otto, "": None})
    world.add("second-step", "otto", reverse("second-step"))
    _leads_pages(world, project, rubric_version, [rosa, rafi])
    _admins_pages(world, project, managing.invite(team=project.team, user=noor, actor=ada))
    _raters_pages(world, project, rubric_version, lena)
    _steering_pages(world, project, rubric_version, lena, rosa, rafi)
    _checked_pages(world, project, rubric_version, lena, rosa)
    _calibration_pages(world, project, rubric_version, lena, rosa)
    _disputed_pages(world, project, rubric_version, lena, [rosa, rafi])
    _watched_pages(world, project, lena, rosa, rafi)
    return world


def _leads_pages(world: World, project: Project, version: RubricVersion, raters: list[User]) -> None:
    lena = world.people["lena"]
    assert lena is not None
    at = f"/p/{project.slug}/"
    batch = answered(make_batch(project, lena, version, tasks=3), raters)
    freezing.freeze_preference_set(project=project, name="First", batches=[batch], actor=lena)
    prompt = make_prompt(project, "Write to the mayor")
    text = project.demonstrations.create(prompt=prompt, text="Dear mayor", digest="d" * 64, external_id="d1")
    freezing.freeze_demonstration_set(project=project, name="Letters", actor=lena)
    assert text.pk
    errors = [{"line": 3, "code": "no_prompt", "message": "The row names no prompt."}]
    report = ImportReport.objects.create(
        project=project, kind="prompts", filename="a.jsonl", sha256="a" * 64, state="refused", errors=errors
    )
    for route, path in {
        "batches": "batches/",
        "batch-new": "batches/new/",
        "batch": f"batches/{batch.number}/",
        "imports": "data/",
        "import-new": "data/new/",
        "import": f"data/{report.pk}/",
        "prompts": "prompts/",
        "agreement": "agreement/",
        "leaderboard": "leaderboard/",
        "agreement-items": "agreement/items/?slice=lengths&value=close",
        "sets": "sets/",
        "preference-set-new": "sets/preference/new/",
        "preference-set": "sets/preference/1/",
        "demonstration-set-new": "sets/demonstration/new/",
        "demonstration-set": "sets/demonstration/1/",
        "rubrics": "rubrics/",
        "rubric-new": "rubrics/new/",
        "rubric-version": f"rubrics/{version.rubric.slug}/v/1/",
        "rubric-edit": f"rubrics/{version.rubric.slug}/edit/",
        "rubric-publish": f"rubrics/{version.rubric.slug}/publish/",
        "rubric": f"rubrics/{version.rubric.slug}/",
    }.items():
        world.add(route, "lena", at + path)
    versions.start_draft(rubric=version.rubric, actor=lena)


def _admins_pages(world: World, project: Project, token: str) -> None:
    at = f"/p/{project.slug}/"
    model = make_model(project, "base")
    run = make_run(project, 1)
    make_metrics(run, range(1, 20))
    reported = make_reported(project, project.preference_sets.first())
    bench = Benchmark.objects.create(project=project, name="RB 2", filename="r.jsonl", sha256="c" * 64, prompts=634)
    later = {"reward_model": reported.produced_model, "benchmark": bench, "result": benchmark_result()}
    make_run(project, 4, kind="bench", state="succeeded", **later)
    make_policy(project, model, 5)
    make_run(project, 3, kind="sft", state="failed")
    make_round(project)
    for route, path in {
        "project-home": "",
        "runs": "runs/",
        "run": "runs/1/",
        "run-new": "runs/new/",
        "run-report": "runs/2/report/",
        "runs-compare": "runs/compare/?run=1&run=5",
        "benchmarks": "benchmarks/",
        "models": "models/",
        "model": f"models/{model.pk}/",
        "rounds": "rounds/",
        "round": "rounds/1/",
        "round-new": "rounds/new/",
        "people": "people/",
        "audit": "audit/",
        "tokens": "tokens/",
    }.items():
        world.add(route, "ada", at + path)
    world.add("person", "ada", *(f"{at}people/{pk}/" for pk in project.team.memberships.values_list("user", flat=True)))
    world.add("run", "ada", at + "runs/2/", at + "runs/3/")
    world.add("run-report", "ada", at + "runs/5/report/")
    world.add("login-link", "", f"/login/{token}/")
    world.add("login", "", "/login/")
    world.add("login", "", "/login/", act="submit")
    world.add("errors", "rosa", "/no/such/page", "/login/used-up/")
    world.add("errors", "nobody", "/")


def _raters_pages(world: World, project: Project, version: RubricVersion, lena: User) -> None:
    def batch(**options: object) -> Batch:
        return make_batch(project, lena, version, tasks=2, overlap=1, **options)  # type: ignore[arg-type]  # options come by their names

    rubric = Rubric.objects.create(team=project.team, slug="full", name="Every kind of question")
    criteria = publish(
        lena, rubric, scale("correctness"), rule("safe"), compare("tone"), checklist("facts", 4), scale("style")
    )
    pair = f"/label/{asks(batch(), criteria, improving=True).pk}/"
    world.add("label", "rosa", pair)
    for act in ("guide", "sheet", "pause", "cant", "flag"):
        world.add("label", "rosa", pair, act=act)
    for options in (
        {"kind": "ranking", "responses": 4},
        {"kind": "ranking", "responses": 9},
        {"kind": "demonstration"},
    ):
        world.add("label", "rosa", f"/label/{batch(**options).pk}/")
    world.add("label", "rosa", f"/label/{asks(batch(kind='rating', responses=1), criteria).pk}/")
    world.add("label", "rosa", f"/label/{project.batches.order_by('pk')[0].pk}/")  # nothing is left there
    sensitive = batch()
    Batch.objects.filter(pk=sensitive.pk).update(category="violence", severity="moderate")
    world.add("label", "rosa", f"/label/{sensitive.pk}/")
    paused = batch()
    batching.pause_batch(batch=paused, actor=lena, reason="The rubric is being mended.")
    world.add("label", "rosa", f"/label/{paused.pk}/")
    Message.objects.create(team=project.team, author=lena, body="Thanks for the careful reasons.", pinned=True)
    world.add("account", "lena", reverse("account"))
    for route in ("work", "work-time", "settings", "account", "account-password", "second-step-set-up"):
        world.add(route, "rosa", reverse(route))
    rosa = world.people["rosa"]
    assert rosa is not None
    consenting.check_in(user=rosa, feeling="a_bit_much", share_with=lena.pk)
    world.add("check-ins", "lena", reverse("check-ins"))
    world.add("messages", "lena", reverse("messages", args=[project.slug]))


def _checked_pages(world: World, project: Project, version: RubricVersion, lena: User, rosa: User) -> None:
    """A batch with gold, an audit stratum and adaptive overlap, in which somebody has begun."""
    make_golds(project, [1, -1] * 5)
    options = {"gold_rate": 10, "repeat_rate": 5, "audit_share": 30, "overlap_most": 4}
    batch = open_with(project, lena, version, tasks=10, **options)
    for _ in range(10):
        held = claim_next(batch=batch, rater=rosa)
        assert held is not None
        answer(held, value=3)
    for route in ("batch", "batch-outcomes"):
        world.add(route, "lena", reverse(route, args=[project.slug, batch.number]))
    gold = batch.tasks.filter(lane="gold").first()
    assert gold is not None
    world.add("batch-item", "lena", reverse("batch-item", args=[project.slug, batch.number, gold.number]))


def _watched_pages(world: World, project: Project, lena: User, rosa: User, rafi: User) -> None:
    """The raters as measured: one with a signal that waits, one who is held after another."""
    look_at_raters(project=project)
    assert RaterAlarm.objects.filter(rater=rosa).exists(), "she answers as fast as a machine"
    hold_rater(project=project, rater=rafi, actor=lena, reason="Please read before you answer.")
    world.add("raters", "lena", reverse("raters", args=[project.slug]))
    for person in (rosa, rafi):
        at = [project.slug, person.pk]
        world.add("rater", "lena", reverse("rater", args=at))
        world.add(
            "rater-answers", "lena", reverse("rater-answers", args=at), reverse("rater-answers", args=at) + "?show=cant"
        )
    world.add("rater-confirm", "lena", reverse("rater-confirm", args=[project.slug, rafi.pk]))


def _steering_pages(world: World, project: Project, version: RubricVersion, lena: User, rosa: User, rafi: User) -> None:
    """A batch in flight with a forecast that misses its deadline, a stuck lease, and items on the desk."""
    batch = make_batch(project, lena, version, tasks=30, overlap=3)
    for reason in ("language", "unclear", "broken"):
        held = claim_next(batch=batch, rater=rosa)
        assert held is not None
        answer(held, cant_judge=reason, rationale="I do not read this.")
    answered(batch, [rosa])
    late = claim_next(batch=batch, rater=rafi)
    assert late is not None
    now = timezone.now()
    for place, held in enumerate(Assignment.objects.filter(slot__batch=batch, state="submitted")):
        Assignment.objects.filter(pk=held.pk).update(ended_at=now - timedelta(hours=1 + place % 6))
    Assignment.objects.filter(pk=late.pk).update(leased_at=now - timedelta(hours=2), begun_at=now - timedelta(hours=2))
    Batch.objects.filter(pk=batch.pk).update(deadline=now + timedelta(hours=5))
    waiting = list(Referral.objects.waiting().order_by("pk"))
    desk.return_item(referral=waiting[-1], actor=lena, reason="It loads for me.")
    at = [project.slug, batch.number]
    world.add("batch", "lena", reverse("batch", args=at))
    for route in ("batch-edit", "batch-items"):
        world.add(route, "lena", reverse(route, args=at))
    world.add(
        "batch-item", "lena", reverse("batch-item", args=[*at, 1]), reverse("batch-item", args=[project.slug, 1, 1])
    )
    world.add("batch-lease", "lena", reverse("batch-lease", args=[*at, late.pk]))
    for shown in ("", "?desk=settled", "?desk=lead"):
        world.add("desk", "lena", reverse("desk", args=[project.slug]) + shown)
    for referral in (waiting[0], waiting[-1]):
        world.add("referral", "lena", reverse("referral", args=[project.slug, referral.pk]))


def _calibration_pages(world: World, project: Project, version: RubricVersion, lena: User, rosa: User) -> None:
    """A round of one item that is over, and one that waits; the lead's pages about both."""
    skill = Skill.objects.create(team=project.team, slug="helpfulness", name="Helpfulness")
    rounds = [_round(project, version, lena, skill, f"k{n}") for n in range(2)]
    assignment = claim_next(batch=rounds[0], rater=rosa)
    assert assignment is not None
    judgment = answer(assignment, value=2, rationale="The date is wrong.").judgment
    for batch in rounds:
        world.add("label", "rosa", f"/label/{batch.pk}/")
    world.add("label-round", "rosa", reverse("label-round", args=[rounds[0].pk]))
    world.add("label-reveal", "rosa", reverse("label-reveal", args=[judgment.uid]))
    at = [project.slug, rounds[0].number]
    world.add("batch-calibration", "lena", reverse("batch-calibration", args=at))
    world.add("panel-answer", "lena", reverse("panel-answer", args=[*at, 1]))
    world.add("batch-version", "lena", reverse("batch-version", args=[project.slug, 1]))
    world.add("batch-versions", "lena", reverse("batch-versions", args=[project.slug]))


def _disputed_pages(world: World, project: Project, version: RubricVersion, lena: User, raters: list[User]) -> None:
    """A pair to be answered blind, one whose opinions are shown, one that is ruled on, and a ranking."""
    rosa, rafi = raters
    batch = disputed(project, lena, version, [[(rosa, -2), (rafi, 3)]] * 3)
    ranks = disputed(project, lena, version, [[(rosa, [1, 2, 3]), (rafi, [3, 1, 2])]], kind="ranking", responses=3)
    tasks = {task.number: task for task in batch.tasks.all()}
    adjudicating.answer_blind(task=tasks[2], actor=lena, answer={"strength": 1})
    ruled(tasks[3], lena, RIGHT)
    for shown in ("", "?state=all", "?batch=987&rater=rosa"):
        world.add("disputes", "lena", reverse("disputes", args=[project.slug]) + shown)
    for number in tasks:
        world.add("adjudication", "lena", reverse("adjudication", args=[project.slug, batch.number, number]))
    world.add("adjudication", "lena", reverse("adjudication", args=[project.slug, ranks.number, 1]))


def _round(project: Project, version: RubricVersion, lena: User, skill: Skill, name: str) -> Batch:
    items = batching.items_from_comparisons(
        comparisons=[make_comparison(project, name, ["good", "bad"])], kind="pairwise"
    )
    batch = batching.open_batch(
        project=project,
        name=f"round {name}",
        kind="pairwise",
        rubric_version=version,
        overlap=2,
        items=items,
        actor=lena,
        options=BatchOptions(mode="calibration", grants=skill, pass_at=1),
    )
    panels.answer_as_panel(
        task=batch.tasks.get(),
        answer={"strength": -2, "scores": {"correctness": [3, 1]}},
        note="The second gets the date **wrong**.",
        look_for="A date that can be checked.",
        decided_by="correctness:1",
        actor=lena,
    )
    return batch
