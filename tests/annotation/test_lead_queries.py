"""Every page that a lead or an admin of a project reads asks the database at most 12 times, however much there is.

All statements count, those for session, person and roles too. Each page is opened before it is counted: agreement is
measured anew with the first look after an answer, and a session notes its use once in five minutes.
"""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotation import assigning, freezing
from annotation.models import Batch, ImportReport, Project
from rubrics.models import Criterion, Rubric, RubricVersion
from tests.access.table import ROUTES
from tests.annotation.makers import answer, make_batch, make_comparison, make_prompt
from tests.annotation.pages import answered
from tests.e2e.world import NOT_PAGES, Shown, World, make_world
from tests.training.page_rows import make_metrics, make_model, make_run
from training.models import AcquisitionRound, ModelAlias
from workforce import consenting, messaging, people, tokens, vendors
from workforce.models import Role, Skill, User

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.once]

MOST = 12
# In the head of an admin's pages stands the loop: three statements more on those that are for leads.
LOOP = 3
# No lists: a screen that takes a seat and has the list beside it, and two runs or a run with all that was said of it.
SCREENS = {"adjudication": 28, "run-report": 13, "runs-compare": 13}


def _more(project: Project, version: RubricVersion, world: World, raters: list[User], turn: int) -> None:
    """A few more of everything that a page lists or counts."""
    team, lena, ada = project.team, world.people["lena"], world.people["ada"]
    assert lena is not None and ada is not None
    raters = [*raters, people.add_member(team=team, username=f"new{turn}", role=Role.RATER, actor=None)]
    for kind in ("pairwise", "ranking", "rating", "demonstration"):
        make_batch(
            project, lena, version, tasks=3, kind=kind, responses=1 if kind == "rating" else 2 + (kind == "ranking")
        )
    batch = answered(make_batch(project, lena, version, tasks=4, overlap=3), raters[:2])
    for held in (assigning.claim_next(batch=batch, rater=raters[-1]) for _ in range(2)):
        answer(held, cant_judge="language", rationale="I do not read this.")
    plain = Batch.objects.filter(project=project, kind="pairwise", with_criteria=False, category="")
    for old in plain.order_by("pk"):  # of which pages are shown
        held = assigning.claim_next(batch=old, rater=raters[-1]) if old.state == "open" else None
        if held is not None:
            answer(held, value=3, rationale="so")
            assigning.claim_next(batch=old, rater=raters[-1])
    freezing.freeze_preference_set(project=project, name=f"Set {turn}", batches=[batch], actor=lena)
    written = make_prompt(project, f"Write {turn}")
    project.demonstrations.create(prompt=written, text="Dear all", digest=f"{turn:064}", external_id=f"more{turn}")
    freezing.freeze_demonstration_set(project=project, name=f"Letters {turn}", actor=lena)
    ImportReport.objects.create(
        project=project, kind="prompts", filename="b", sha256="b" * 64, state="refused", errors=[]
    )
    project.prompt_sets.create(name=f"Prompts {turn}").prompts.add(written)
    made = make_comparison(project, f"more{turn}", "abc")
    type(made).objects.filter(pk=made.pk).update(source=f"source {turn}")
    rubric = Rubric.objects.create(team=team, slug=f"more{turn}", name=f"More {turn}")
    frozen = {"state": "published", "digest": "9" * 64, "published_by": lena, "published_at": timezone.now()}
    first = RubricVersion.objects.create(rubric=rubric, number=1)
    Criterion.objects.create(version=first, slug="good", name="Good", question="How good?", position=0)
    RubricVersion.objects.filter(pk=first.pk).update(**frozen)
    RubricVersion.objects.create(rubric=version.rubric, number=100 + turn, change="wording", **frozen)
    _more_of_admins(project, ada, turn)
    consenting.check_in(user=raters[0], feeling="a_bit_much", share_with=lena.pk)
    Skill.objects.create(team=team, slug=f"skill{turn}", name=f"Skill {turn}")
    asked = messaging.ask(team=team, author=raters[-1], body="May I?")
    messaging.reply(message=asked, author=lena, body="Yes.")


def _more_of_admins(project: Project, ada: User, turn: int) -> None:
    team = project.team
    vendor = vendors.make_vendor(team=team, name=f"Vendor {turn}", actor=ada)
    through = people.add_member(team=team, username=f"through{turn}", role=Role.RATER, actor=None)
    vendors.move_member(membership=through.memberships.get(), vendor=vendor, actor=ada)
    tokens.make_token(team=team, name=f"Token {turn}", scopes=["data:read"], days=7, actor=ada)
    first = project.models.order_by("pk")[0]  # type: ignore[attr-defined]  # of training
    run = make_run(
        project, 100 + turn, kind="reward", state="succeeded", result={"accuracy": 0.6, "interval": [0.5, 0.7]}
    )
    make_metrics(run, range(1, 9))
    make_metrics(project.runs.get(number=1), range(100 * turn + 100, 100 * turn + 110))  # type: ignore[attr-defined]  # as above
    model = make_model(project, f"model{turn}", "reward", run=run)
    model.parents.add(first)
    make_model(project, f"child{turn}").parents.add(first)
    ModelAlias.objects.update_or_create(
        project=project, kind="reward", name="champion", defaults={"model": model, "set_by": ada}
    )
    of = AcquisitionRound.objects.filter(project=project).order_by("pk")[0]
    AcquisitionRound.objects.create(
        project=project,
        number=100 + turn,
        policy=first,
        reward_model=of.reward_model,
        prompt_set=of.prompt_set,
        config=of.config,
    )


def _pages(world: World, project: Project) -> list[tuple[str, Shown]]:
    """The pages, and the parts of them that are renewed by themselves."""
    wanted = {name for name, rule in ROUTES.items() if rule.who in ("lead", "admin", "wellbeing contact")}
    found = [(route, shown) for route in wanted & world.pages.keys() for shown in world.pages[route] if not shown.act]
    found.append(("project-home", world.pages["project-home"][0]))
    first = project.batches.order_by("pk")[0].number
    at = {"batch-work": [first], "batch-overlap": [first], "run-live": [1]}
    for route, numbers in {**at, "batch-count": [], "preference-set-preview": []}.items():
        reader = "ada" if ROUTES[route].who == "admin" else "lena"
        found.append((route, Shown(reverse(route, args=[project.slug, *numbers]), reader)))
    assert not {name for name in wanted - NOT_PAGES if not name.startswith("api-")} - {route for route, _ in found}
    return found


def test_no_page_asks_more_often_than_twelve_times_whatever_its_size(
    project, rubric_version, ada, lena, rosa, rafi, settings
):
    settings.WELLBEING_CONTACT = "lena"
    world = make_world(project, rubric_version, ada, lena, rosa, rafi)
    shown = _pages(world, project)
    clients = {name: Client() for name in ("ada", "lena")}
    for name, client in clients.items():
        client.force_login(world.people[name])
        client.get(reverse("account"))

    def asked() -> dict[tuple[str, str], list[str]]:
        found = {}
        for route, page in shown:
            readers = {page.reader} if ROUTES[route].who == "wellbeing contact" else {page.reader, "ada"}
            for reader in readers:
                clients[reader].get(page.path)
                with CaptureQueriesContext(connection) as queries:
                    status = clients[reader].get(page.path).status_code
                assert status in (200, 302) or (route, status) == ("adjudication", 409), page.path  # the seat is taken
                found[f"{route} {page.path}", reader] = [query["sql"] for query in queries.captured_queries]
        return found

    theo = people.add_member(team=project.team, username="theo", role=Role.RATER, actor=None)  # rafi is held by now
    _more(project, rubric_version, world, [rosa, theo], 1)
    small = asked()
    for turn in range(2, 6):
        _more(project, rubric_version, world, [rosa, theo], turn)
    large = asked()
    for (page, reader), asks in sorted(large.items(), key=lambda one: len(one[1])):
        print(len(asks), reader, page)
    grown = [
        f"{page} as {who}: {len(small[page, who])}, then {len(large[page, who])}"
        for page, who in large
        if len(small[page, who]) < len(large[page, who])
    ]
    assert grown == []
    leads = {page for page, who in large if who == "lena"}
    over = [
        f"{page} as {who}: {len(asks)}"
        for (page, who), asks in large.items()
        if len(asks) > SCREENS.get(page.split()[0], MOST) + (LOOP if who == "ada" and page in leads else 0)
    ]
    assert over == []
