"""A lead steers a batch on its pages: answers per item, priority, deadline, skills; leases, items and the desk."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import assigning, batching
from annotation.models import Assignment, Batch, Project, Referral
from rubrics.models import RubricVersion
from tests.annotation.golds import make_golds, open_with
from tests.annotation.makers import answer, make_batch, make_comparison
from tests.annotation.pages import answered
from workforce.models import AuditEvent, Skill, User, Vendor

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client: Client, project: Project, lena: User) -> Client:
    client.force_login(lena)
    return client


@pytest.fixture
def batch(project: Project, lena: User, rubric_version: RubricVersion) -> Batch:
    return make_batch(project, lena, rubric_version, tasks=3, overlap=2)


CHECKS = ("checks", {"gold_rate": 0, "repeat_rate": 0})


def _edit(lead: Client, what: str, **given: object) -> Any:
    return lead.post(reverse("batch-edit", args=["helpful", 1]), {"what": what, **given})


def test_the_overlap_is_changed_and_its_effect_told_before(lead, batch, rosa):
    answered(batch, [rosa])
    told = lead.get(reverse("batch-overlap", args=["helpful", 1]), {"overlap": 1}).content.decode()
    assert "3 slots without an answer" in told and "0 are to go" in told
    assert _edit(lead, "overlap", overlap=1).status_code == 302
    batch.refresh_from_db()
    assert batch.overlap == 1
    assert "3 slots are wanted no longer" in lead.get("/p/helpful/batches/1/").content.decode()


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("overlap", {"overlap": 0}),
        ("overlap", {"overlap": ""}),
        ("schedule", {"priority": 10}),
        ("schedule", {"priority": 5, "deadline": "soon"}),
        ("route", {"requires": "9" * 30}),
        ("nothing", {}),
    ],
)
def test_what_does_not_fit_is_marked_and_changes_nothing(lead, batch, what, given):
    assert _edit(lead, what, **given).status_code == 422
    batch.refresh_from_db()
    assert (batch.overlap, batch.priority, batch.deadline, batch.requires.count()) == (2, 5, None, 0)


def test_a_round_is_not_taken_away_and_the_form_says_why(lead, batch):
    Batch.objects.update(mode="calibration")
    told = lead.get(reverse("batch-overlap", args=["helpful", 1]), {"overlap": 1}).content.decode()
    assert "slots" not in told
    refused = _edit(lead, "overlap", overlap=1)
    assert refused.status_code == 422 and "Somebody may be in a round" in refused.content.decode()


def test_priority_deadline_and_skills_are_kept_and_audited(lead, lena, batch, team):
    arabic = Skill.objects.create(team=team, slug="arabic", name="Arabic")
    _edit(lead, "schedule", priority=2, deadline="2026-04-01T18:00")
    _edit(lead, "route", expertise_to="", language_to=arabic.pk)
    batch.refresh_from_db()
    assert (batch.priority, batch.deadline) == (2, datetime(2026, 4, 1, 18, tzinfo=UTC))
    assert (batch.requires.count(), batch.language_to) == (0, arabic)
    assert list(AuditEvent.objects.filter(actor=lena).order_by("-pk").values_list("verb", flat=True)[:2]) == [
        "route_batch",
        "schedule_batch",
    ]


def test_gold_and_repeats_are_given_less_or_more_often(lead, lena, project, batch, rubric_version):
    refused = _edit(lead, "checks", gold_rate=5, repeat_rate=5)
    assert refused.status_code == 422 and "opened without gold" in refused.content.decode()
    make_golds(project, [1, -1] * 5)
    checked = open_with(project, lena, rubric_version, tasks=3, gold_rate=10)
    sent = {"what": "checks", "gold_rate": 0, "repeat_rate": 20}
    assert lead.post(reverse("batch-edit", args=["helpful", checked.number]), sent).status_code == 302
    checked.refresh_from_db()
    assert (checked.gold_rate, checked.repeat_rate) == (0, 20)
    assert AuditEvent.objects.filter(verb="check_raters").get().detail == {"gold_rate": 0, "repeat_rate": 20}
    assert _edit(lead, "checks", gold_rate=51, repeat_rate=0).status_code == 422


def test_a_batch_is_opened_with_priority_and_deadline(lead, lena, project, rubric_version):
    make_comparison(project, "one", ["x", "y"])
    form = {"name": "Urgent", "kind": "pairwise", "overlap": 2, "lease_minutes": 30}
    form |= {"rubric_version": rubric_version.pk, "scale": "pref7"}
    address = reverse("batch-new", args=["helpful"])
    form["source"] = lead.get(address).context["form"].fields["source"].choices[0][0]
    assert lead.post(address, form | {"priority": 10}).status_code == 422
    assert lead.post(address, form | {"priority": 2, "deadline": "2026-12-01T18:00"}).status_code == 302
    batch = Batch.objects.get()
    assert (batch.priority, batch.deadline) == (2, datetime(2026, 12, 1, 18, tzinfo=UTC))


def test_skills_and_vendors_are_ticked_kept_and_audited(lead, lena, project, batch, team, rubric_version):
    arabic, medicine = (
        Skill.objects.create(team=team, slug=name, name=name.title()) for name in ("arabic", "medicine")
    )
    north = Vendor.objects.create(team=team, slug="north", name="North")
    assert _edit(lead, "route", requires=[arabic.pk, medicine.pk], vendors=north.pk).status_code == 302
    told = AuditEvent.objects.filter(verb="route_batch").latest("pk").detail
    assert (told["requires"], told["vendors"]) == (["arabic", "medicine"], ["north"])
    page = lead.get("/p/helpful/batches/1/").content.decode()
    assert "the skill “Arabic”" in page and "the skill “Medicine”" in page and "come through North" in page
    form = lead.get(reverse("batch-edit", args=["helpful", 1])).context["route"]
    assert set(form["requires"].value()) == {arabic.pk, medicine.pk}
    _edit(lead, "route")
    assert not batch.requires.exists() and not batch.vendors.exists()


def test_a_batch_is_opened_for_some(lead, project, team, rubric_version):
    make_comparison(project, "one", ["x", "y"])
    arabic = Skill.objects.create(team=team, slug="arabic", name="Arabic")
    north = Vendor.objects.create(team=team, slug="north", name="North")
    address = reverse("batch-new", args=["helpful"])
    form = {"name": "Some", "kind": "pairwise", "overlap": 2, "lease_minutes": 30, "rubric_version": rubric_version.pk}
    form |= {"scale": "pref7", "requires": [arabic.pk], "vendors": [north.pk], "one_per_prompt": "on"}
    shown = lead.get(address).context["form"]
    assert shown["one_per_prompt"].value() is True
    form["source"] = shown.fields["source"].choices[0][0]
    assert lead.post(address, form | {"vendors": ["9" * 30]}).status_code == 422
    assert lead.post(address, form).status_code == 302
    batch = Batch.objects.get()
    assert (batch.requires.get(), batch.vendors.get(), batch.one_per_prompt) == (arabic, north, True)


def test_a_closed_batch_is_not_steered(lead, lena, batch):
    batching.close_batch(batch=batch, actor=lena)
    for what, given in (("overlap", {"overlap": 3}), ("schedule", {"priority": 1}), ("route", {}), CHECKS):
        assert _edit(lead, what, **given).status_code == 409


def test_a_skill_of_another_team_is_no_choice(lead, batch, vic):
    foreign = Skill.objects.create(team=vic.memberships.get().team, slug="x", name="X")
    assert _edit(lead, "route", requires=foreign.pk).status_code == 422


def test_who_is_at_work_is_shown_with_stuck_leases_and_released_with_a_reason(lead, batch, rosa):
    held = assigning.claim_next(batch=batch, rater=rosa)
    text = lead.get(reverse("batch-work", args=["helpful", 1])).content.decode()
    assert "on item 1" in text and "stuck" not in text
    Assignment.objects.update(
        leased_at=timezone.now() - timedelta(hours=2), begun_at=timezone.now() - timedelta(hours=2)
    )
    page = lead.get("/p/helpful/batches/1/")
    assert "looks stuck" in page.content.decode() and len(page.context["stuck"]) == 1
    address = reverse("batch-lease", args=["helpful", 1, held.pk])
    assert address in page.content.decode()
    assert lead.post(address, {"reason": ""}).status_code == 422
    assert lead.post(address, {"reason": "Gone home."}).status_code == 302
    held.refresh_from_db()
    assert held.state == "released"
    assert lead.post(address, {"reason": "Again."}).status_code == 409
    assert "has ended" in lead.get(address).content.decode()


def test_a_finished_item_is_reopened_on_its_page(lead, batch, rosa, rafi, ines):
    answered(batch, [rosa, rafi])
    address = reverse("batch-item", args=["helpful", 1, 2])
    assert lead.post(address, {"reason": " "}).status_code == 422
    assert lead.post(address, {"reason": "Looks like a slip."}).status_code == 302
    assert assigning.claim_next(batch=batch, rater=ines).task.number == 2
    assert lead.post(address, {"reason": "Again."}).status_code == 409


def test_items_are_listed_by_state_and_paged_by_number(lead, project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=53, overlap=1)
    answer(assigning.claim_next(batch=batch, rater=rosa), cant_judge="broken")
    answer(assigning.claim_next(batch=batch, rater=rosa), value=3)
    address = reverse("batch-items", args=["helpful", 1])

    def numbers(**query: object) -> list[int]:
        return [task.number for task in lead.get(address, query).context["tasks"]]

    assert (numbers(state="held"), numbers(state="finished"), numbers(state="out")) == ([1], [2], [])
    assert numbers(state="open")[:2] == [3, 4] and len(numbers()) == 50
    assert numbers(after=50) == [51, 52, 53]
    assert "after=50" in lead.get(address).content.decode()


def test_the_desk_lists_by_reason_settles_and_undoes(lead, lena, batch, rosa, rafi, team):
    arabic = Skill.objects.create(team=team, slug="arabic", name="Arabic")
    answer(assigning.claim_next(batch=batch, rater=rosa), cant_judge="language", rationale="This is Persian.")
    answer(assigning.claim_next(batch=batch, rater=rosa), cant_judge="unclear")
    desk = reverse("desk", args=["helpful"])
    assert [row.reason for row in lead.get(desk).context["rows"]] == ["unclear", "language"]
    assert [row.reason for row in lead.get(desk, {"desk": "skills"}).context["rows"]] == ["language"]
    assert "2 items could not be judged" in lead.get("/p/helpful/batches/1/").content.decode()
    one = Referral.objects.get(reason="language")
    address = reverse("referral", args=["helpful", one.pk])
    assert "This is Persian." in lead.get(address).content.decode()
    for wrong in ({}, {"action": "send", "reason": "x"}, {"action": "return"}, {"action": "burn", "reason": "x"}):
        assert lead.post(address, wrong).status_code == 422
    assert lead.post(address, {"action": "send", "skill": arabic.pk, "reason": "Near enough."}).status_code == 302
    settled = lead.get(desk, {"desk": "settled"}).content.decode()
    assert "Near enough." in settled and "Lena" in settled
    undo = reverse("referral-undo", args=["helpful", one.pk])
    assert lead.post(undo, {"reason": ""}).status_code == 422
    assert lead.post(undo, {"reason": "It is Persian."}).status_code == 302
    assert lead.get(desk, {"desk": "skills"}).context["rows"][0].holds
    assert lead.post(undo, {"reason": "Twice."}).status_code == 409


def _spread(batch: Batch, hours: int) -> None:
    now = timezone.now()
    for place, held in enumerate(Assignment.objects.filter(slot__batch=batch, state="submitted")):
        Assignment.objects.filter(pk=held.pk).update(ended_at=now - timedelta(hours=1 + place % hours))


def test_a_forecast_stands_beside_the_deadline(lead, project, lena, ada, rubric_version, rosa, rafi, ines):
    batch = make_batch(project, lena, rubric_version, tasks=30, overlap=3)
    assert "Too few answers" in lead.get("/p/helpful/batches/1/").content.decode()
    answered(batch, [rosa])
    _spread(batch, 6)
    Batch.objects.update(deadline=timezone.now() + timedelta(hours=2))
    page = lead.get("/p/helpful/batches/1/")
    outlook, text = page.context["outlook"], page.content.decode()
    assert outlook.misses and outlook.instead.p90 < outlook.forecast.p90
    assert "will likely miss its deadline" in text and "Overlap 3 to 2" in text
    assert 'class="area"' in text and "90 expected" in text
    assert outlook.more == 1 and outlook.helped.p90 < outlook.forecast.p90
    assert "With 1 rater more, whom an admin can add" in text and "Add 1 rater" not in text
    admins = Client()
    admins.force_login(ada)
    assert "Add 1 rater: P90" in admins.get("/p/helpful/batches/1/").content.decode()
    Batch.objects.update(deadline=timezone.now() + timedelta(days=9))
    assert "will likely miss" not in lead.get("/p/helpful/batches/1/").content.decode()


def test_the_list_is_filtered_sorted_and_paged_by_key(lead, project, lena, rubric_version):
    day = datetime(2026, 4, 1, tzinfo=UTC)
    for n in range(30):
        one = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
        Batch.objects.filter(pk=one.pk).update(
            priority=1 + n % 3,
            deadline=None if n % 2 else day + timedelta(days=n // 4),
            state="open" if n else "closed",
        )
    address = reverse("batches", args=["helpful"])

    def walk(**query: str) -> list[Batch]:
        found: list[Batch] = []
        after = ""
        while True:
            listing = lead.get(address, {**query, "after": after}).context["listing"]
            found += [row.batch for row in listing.rows]
            if not listing.after:
                return found
            after = listing.after

    assert [batch.number for batch in walk()] == list(range(30, 0, -1))
    assert [batch.number for batch in walk(sort="oldest")] == list(range(1, 31))
    by_priority = [(batch.priority, -batch.number) for batch in walk(sort="priority")]
    assert by_priority == sorted(by_priority) and len(by_priority) == 30
    far = datetime(9999, 1, 1, tzinfo=UTC)
    by_deadline = [(batch.deadline or far, -batch.number) for batch in walk(sort="deadline")]
    assert by_deadline == sorted(by_deadline) and len(by_deadline) == 30
    assert [batch.number for batch in walk(state="closed")] == [1]
    assert walk(kind="ranking") == [] and len(walk(state="nonsense", kind="x", sort="y", after="z")) == 30


@pytest.mark.parametrize(
    ("name", "arguments", "most"),
    [
        ("batches", [], 12),
        ("batch-items", [1], 12),
        ("desk", [], 12),
        ("batch-work", [1], 12),
        ("batch", [1], 12),
    ],
)
def test_a_page_asks_the_database_as_often_at_any_size(
    lead, project, lena, rubric_version, rosa, rafi, ines, name, arguments, most, django_assert_max_num_queries
):
    """At two sizes: one batch of three items, then more batches, of which the first has sixty."""
    counts = []
    for tasks in (3, 60):
        batch = make_batch(project, lena, rubric_version, tasks=tasks, overlap=3)
        Batch.objects.filter(pk=batch.pk).update(number=1)
        answered(batch, [rosa])
        answer(assigning.claim_next(batch=batch, rater=rafi), cant_judge="broken")
        answer(assigning.claim_next(batch=batch, rater=ines), cant_judge="unclear")
        assigning.claim_next(batch=batch, rater=ines)
        address = reverse(name, args=["helpful", *arguments])
        lead.get(address)
        with django_assert_max_num_queries(most) as found:
            assert lead.get(address).status_code == 200
        counts.append(len(found))
        Batch.objects.filter(pk=batch.pk).update(number=1000 + tasks)
    assert counts[0] == counts[1]
