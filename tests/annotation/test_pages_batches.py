"""Opening a batch on a page, and reading and steering it on its own."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from annotation import assigning
from annotation.answers import GivenFlag, GivenScore
from annotation.importing import import_file
from annotation.models import Batch, Comparison, Judgment, Project
from rubrics.models import RubricVersion
from tests.annotation.makers import answer, make_batch, make_comparison, shown_value
from tests.annotation.pages import answered
from workforce.models import AuditEvent, Skill, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client: Client, project: Project, lena: User) -> Client:
    client.force_login(lena)
    return client


def _form(rubric_version: RubricVersion, **changes: object) -> dict[str, object]:
    given: dict[str, object] = {
        "name": "First",
        "kind": "pairwise",
        "source": "c:",
        "fresh": "on",
        "overlap": 2,
        "scale": "pref7",
        "rubric_version": rubric_version.pk,
        "lease_minutes": 30,
    }
    return given | changes


def _open(lead: Client, rubric_version: RubricVersion, **changes: object):  # type: ignore[no-untyped-def]
    return lead.post(reverse("batch-new", args=["helpful"]), _form(rubric_version, **changes))


def test_a_batch_is_opened_with_what_fits(lead: Client, project: Project, rubric_version: RubricVersion) -> None:
    make_comparison(project, "two", ["a", "b"])
    make_comparison(project, "three", ["a", "b", "c"])
    assert _open(lead, rubric_version).headers["Location"] == "/p/helpful/batches/1/"
    batch = project.batches.get()
    assert (batch.tasks.count(), batch.slots.count()) == (1, 2)


def test_the_count_before_opening_is_what_is_opened(
    lead: Client, project: Project, rubric_version: RubricVersion
) -> None:
    for n in range(5):
        make_comparison(project, f"c{n}", ["a", "b"])
    given = _form(rubric_version, limit=3, overlap=4)
    text = lead.get(reverse("batch-count", args=["helpful"]), given).content.decode()
    assert "of 5 that fit" in text
    _open(lead, rubric_version, limit=3, overlap=4)
    batch = project.batches.get()
    assert (batch.tasks.count(), batch.slots.count()) == (3, 12)
    assert ">12<" in text


def test_what_is_in_a_batch_is_left_out_of_the_next(
    lead: Client, project: Project, rubric_version: RubricVersion
) -> None:
    make_comparison(project, "c1", ["a", "b"])
    _open(lead, rubric_version)
    again = _open(lead, rubric_version)
    assert again.status_code == 422
    assert "nothing to label" in again.content.decode()
    without_tick = _form(rubric_version, name="Again")
    del without_tick["fresh"]
    assert lead.post(reverse("batch-new", args=["helpful"]), without_tick).status_code == 302


def test_a_wrong_field_is_marked_and_the_rest_is_kept(
    lead: Client, project: Project, rubric_version: RubricVersion
) -> None:
    make_comparison(project, "c1", ["a", "b"])
    answer = _open(lead, rubric_version, name="", overlap=0, lease_minutes=45)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Give the batch a name." in text
    assert 'value="45"' in text
    assert text.count('aria-invalid="true"') == 2
    assert not Batch.objects.exists()


def test_the_page_counts_items_slots_and_people(
    lead: Client, project: Project, lena: User, rosa: User, rafi: User, rubric_version: RubricVersion
) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=4, overlap=2)
    answered(batch, [rosa])
    assigning.claim_next(batch=batch, rater=rafi)
    page = lead.get("/p/helpful/batches/1/")
    assert page.context["marks"].counts == {"h": 3, "q": 1}
    assert [(row.n, row.done, row.leased, row.open) for row in page.context["slots"]] == [(1, 4, 0, 0), (2, 0, 1, 3)]
    assert [(str(row.rater), row.answers, bool(row.lease)) for row in page.context["raters"]] == [
        ("Rosa", 4, False),
        ("Rafi", 0, True),
    ]
    text = page.content.decode()
    assert text.count('<i class="h"></i>') == 3
    assert "0 of 4" in text


def test_agreement_is_given_with_its_interval_and_n(
    lead: Client, project: Project, lena: User, rosa: User, rafi: User, rubric_version: RubricVersion
) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=40, overlap=2)
    answered(batch, [rosa, rafi])
    page = lead.get("/p/helpful/batches/1/")
    row = page.context["reports"][0]
    text = page.content.decode()
    assert row.defined
    assert "40 of 40" in text
    assert "Rosa and Rafi" in text or "Rafi and Rosa" in text
    assert 'class="wh"' in text


def test_an_undefined_alpha_says_why(
    lead: Client, project: Project, lena: User, rosa: User, rafi: User, rubric_version: RubricVersion
) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=3)
    for rater in (rosa, rafi):
        while (assignment := assigning.claim_next(batch=batch, rater=rater)) is not None:
            answer(assignment, value=shown_value(assignment, -2), active_ms=1000, wall_ms=1000)
    page = lead.get("/p/helpful/batches/1/")
    assert page.context["headline"].report.value is None
    assert "Not defined" in page.content.decode()
    assert page.context["headline"].why in page.content.decode()


def test_pausing_resuming_and_closing(
    lead: Client, project: Project, lena: User, rubric_version: RubricVersion
) -> None:
    batch = make_batch(project, lena, rubric_version)
    for verb, state in (("pause", "paused"), ("resume", "open"), ("close", "closed")):
        lead.post(reverse(f"batch-{verb}", args=["helpful", 1]), {"reason": "We mend the rubric."})
        batch.refresh_from_db()
        assert batch.state == state
    assert lead.post(reverse("batch-resume", args=["helpful", 1])).status_code == 409


def test_the_export_can_be_imported_elsewhere(
    lead: Client, project: Project, lena: User, rosa: User, rafi: User, rubric_version: RubricVersion
) -> None:
    answered(make_batch(project, lena, rubric_version), [rosa, rafi])
    body = b"".join(lead.get("/p/helpful/batches/1/export/").streaming_content)  # type: ignore[attr-defined]  # the answer is a stream
    rows = [json.loads(line) for line in body.splitlines()]
    assert {(row["item"], row["rater"]) for row in rows} == {(c, r) for c in ("c0", "c1") for r in ("rosa", "rafi")}
    report = import_file(
        project=project, kind="judgments", filename="back.jsonl", lines=body.splitlines(keepends=True), actor=lena
    )
    assert (report.state, report.errors) == ("accepted", [])
    history = project.batches.get(origin="history")
    there = Judgment.objects.filter(task__batch=history)
    given = set(there.values_list("task__comparison__external_id", "strength"))
    assert given == {(row["item"], row["strength"]) for row in rows}


def test_a_raters_flag_is_shown_with_its_reason(lead: Client, project: Project, rubric_version, lena, rafi) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    assert b"Flags" not in lead.get(reverse("batch", args=[project.slug, batch.number])).content
    lease = assigning.claim_next(batch=batch, rater=rafi)
    answer(lease, value=2, flags=[GivenFlag("personal_data")], rationale="It names a <b>neighbour</b>.")
    page = lead.get(reverse("batch", args=[project.slug, batch.number])).content.decode()
    assert "Personal data" in page and "It names a &lt;b&gt;neighbour" in page


def test_what_could_not_be_judged_is_shown_with_why(lead: Client, project: Project, rubric_version, lena, rafi) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    address = reverse("batch", args=[project.slug, batch.number])
    assert b"could not be judged" not in lead.get(address).content
    answer(assigning.claim_next(batch=batch, rater=rafi), cant_judge="expertise", rationale="It is <i>law</i>.")
    answer(assigning.claim_next(batch=batch, rater=rafi), value=2)
    page = lead.get(address).content.decode()
    assert "1 item could not be judged" in page and reverse("desk", args=[project.slug]) in page
    desk = lead.get(reverse("desk", args=[project.slug])).content.decode()
    assert "eeds expertise I do not have" in desk and "It is &lt;i&gt;law" in desk


def test_the_form_begins_with_a_source_that_has_something_left(lead: Client, project: Project, rubric_version) -> None:
    for source in ("all used", "fresh"):
        made = make_comparison(project, source, ["one", "other"])
        Comparison.objects.filter(pk=made.pk).update(source=source)
    _open(lead, rubric_version, source="c:all used")
    page = lead.get(reverse("batch-new", args=[project.slug])).content.decode()
    assert '<option value="c:fresh" selected' in page


def test_options_are_chosen_on_the_page_and_shown_on_the_batch(
    lead: Client, project: Project, rubric_version: RubricVersion
) -> None:
    make_comparison(project, "c1", ["a", "b"])
    chosen = {"with_criteria": "on", "improving": "on", "reason_share": 20, "category": "hate", "severity": "mild"}
    assert _open(lead, rubric_version, **chosen).status_code == 302
    batch = project.batches.get()
    assert (batch.with_criteria, batch.improving, batch.fast, batch.reason_share) == (True, True, False, 20)
    text = lead.get("/p/helpful/batches/1/").content.decode()
    assert "criteria before the verdict; the preferred answer may be improved; a reason on 20 % of the items" in text
    assert "Hate and harassment, mild" in text


def test_an_audit_sample_of_ten_percent_is_proposed_and_announced(
    client: Client, lead: Client, project: Project, rosa: User, rubric_version: RubricVersion
) -> None:
    make_comparison(project, "c1", ["a", "b"])
    form = lead.get(reverse("batch-new", args=["helpful"])).context["form"]
    assert form["reason_share"].value() == 10 and "announced on the batch card" in form["reason_share"].help_text
    assert _open(lead, rubric_version, reason_share=form["reason_share"].value()).status_code == 302
    assert _open(lead, rubric_version, kind="demonstration", reason_share=10).status_code == 302
    assert list(project.batches.order_by("number").values_list("reason_share", flat=True)) == [10, 0]
    client.force_login(rosa)
    assert client.get(reverse("work")).content.decode().count("About 10 % of the items ask for a reason.") == 1


def test_an_option_that_does_not_fit_is_marked_at_its_field(
    lead: Client, project: Project, rubric_version: RubricVersion
) -> None:
    make_comparison(project, "c1", ["a", "b"])
    answer = _open(lead, rubric_version, fast="on", with_criteria="on", category="hate")
    assert answer.status_code == 422 and set(answer.context["form"].errors) == {"fast", "severity"}
    assert "but there is also criteria" in answer.content.decode()


def test_a_round_names_the_skill_that_it_gives(lead: Client, project: Project, rubric_version: RubricVersion) -> None:
    make_comparison(project, "c1", ["a", "b"])
    assert _open(lead, rubric_version, mode="calibration", grants="Helpful passed", pass_at=1).status_code == 302
    batch = project.batches.get()
    assert (batch.mode, batch.grants and batch.grants.slug, batch.pass_at) == ("calibration", "helpful-passed", 1)
    assert "passing gives the skill “Helpful passed”" in lead.get("/p/helpful/batches/1/").content.decode()


@pytest.mark.parametrize("refused", [{"pass_at": 9}, {"pass_at": ""}, {"fast": "on", "pass_at": 1}])
def test_a_refused_round_leaves_no_skill_behind(
    lead: Client, project: Project, rubric_version: RubricVersion, refused: dict[str, object]
) -> None:
    make_comparison(project, "two", ["a", "b"])
    assert _open(lead, rubric_version, mode="calibration", grants="Helpful passed", **refused).status_code == 422
    assert not Skill.objects.exists() and not AuditEvent.objects.filter(verb="add_skill").exists()
    assert not Batch.objects.exists()


def test_a_pause_without_a_reason_changes_nothing(
    lead: Client, project: Project, lena: User, rubric_version: RubricVersion
) -> None:
    batch = make_batch(project, lena, rubric_version)
    assert lead.post(reverse("batch-pause", args=["helpful", 1])).status_code == 422
    batch.refresh_from_db()
    assert batch.state == "open"
    lead.post(reverse("batch-pause", args=["helpful", 1]), {"reason": "We <b>mend</b> it."})
    assert "We &lt;b&gt;mend&lt;/b&gt; it." in lead.get("/p/helpful/batches/1/").content.decode()


def test_a_rating_has_a_page_and_its_scores_are_exported(
    lead: Client, project: Project, lena: User, rosa: User, rubric_version: RubricVersion
) -> None:
    batch = make_batch(project, lena, rubric_version, kind="rating", tasks=1)
    held = assigning.claim_next(batch=batch, rater=rosa)
    assert held is not None
    pairs = [(slug, place) for slug in ("correctness", "completeness") for place in (1, 2)]
    answer(held, scores=[GivenScore(slug, place, point=place) for slug, place in pairs])
    text = lead.get("/p/helpful/batches/1/").content.decode()
    assert "Agreement" in text and "Export scores" in text
    sent = lead.get(reverse("batch-export", args=["helpful", 1]), {"what": "scores"})
    [row] = [json.loads(line) for line in b"".join(sent.streaming_content).splitlines()]  # type: ignore[attr-defined]  # the answer is a stream
    said = {(score["criterion"], score["response"], score["value"]) for score in row["scores"]}
    assert said == {(slug, held.display_order[place - 1], place) for slug, place in pairs}
    assert (row["rater"], row["rubric"], row["version"]) == ("rosa", "helpful", 1)
    assert lead.get(reverse("batch-export", args=["helpful", 1])).status_code == 404
