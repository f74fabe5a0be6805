"""Calibration: panels come with an import or from a lead, a round is measured against them, passing grants a skill."""

import json
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation import assigning, batching, calibrating, offering, panels, qualifying
from annotation.answers import GivenScore
from annotation.batch_options import BatchOptions
from annotation.errors import (
    AlreadyChallenged,
    ItemsDoNotFit,
    NothingToFreeze,
    NotQualified,
    PanelAnswered,
    PanelIncomplete,
)
from annotation.freezing import freeze_preference_set
from annotation.importing import import_file
from annotation.models import Assignment, Batch, Challenge, Comparison, Judgment, PanelAnswer
from annotation.queueing import progressing
from annotation.revealing import card_of
from tests.annotation.makers import answer, make_batch, shown_value
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Skill, SkillGrant

pytestmark = pytest.mark.django_db


def rows(count: int, *, first: int = 0, **panel: object) -> list[bytes]:
    """Calibration rows whose panel prefers the first answer."""
    made = [
        {
            "id": f"k{n}",
            "prompt": f"question {n}",
            "source": "calibration",
            "responses": [{"text": f"good {n}"}, {"text": f"bad {n}"}],
            "panel": {"grade": -2, "note": "The second is wrong.", **panel},
        }
        for n in range(first, first + count)
    ]
    return [json.dumps(row).encode() + b"\n" for row in made]


@pytest.fixture
def skill(team):
    return Skill.objects.create(team=team, slug="helpfulness", name="Helpfulness")


@pytest.fixture
def calibration(project, lena, rubric_version, skill):
    """calibration(count=3, pass_at=2, raters=5, …): an imported and opened calibration batch of pairs."""
    opened = []

    def make(
        *, count: int = 3, pass_at: int | None = 2, raters: int = 5, criteria: bool = False, **panel: object
    ) -> Batch:
        first = len(opened) * 100
        report = import_file(
            project=project, kind="calibration", filename="k.jsonl", lines=rows(count, first=first, **panel), actor=lena
        )
        assert report.errors == []
        names = [f"k{n}" for n in range(first, first + count)]
        chosen = Comparison.objects.filter(project=project, external_id__in=names).order_by("pk")
        opened.append(
            batching.open_batch(
                project=project,
                name="round",
                kind="pairwise",
                rubric_version=rubric_version,
                overlap=raters,
                items=batching.items_from_comparisons(comparisons=chosen, kind="pairwise"),
                actor=lena,
                options=BatchOptions(mode="calibration", grants=skill, pass_at=pass_at, with_criteria=criteria),
            )
        )
        return opened[-1]

    return make


def go_through(batch, rater, strengths, **more):
    """The rater's canonical strengths, item by item."""
    said = []
    for strength in strengths:
        held = assigning.claim_next(batch=batch, rater=rater)
        given = {"value": shown_value(held, strength), "rationale": "because", **more}
        said.append(answer(held, **given).judgment)
    return said


def test_an_import_brings_the_panel_and_the_batch_takes_it_over(calibration, project, lena, rubric_version):
    batch = calibration(count=2, scores={"correctness": [3, 1]}, decided_by="correctness:1", critical=True)
    [one, two] = PanelAnswer.objects.filter(task__batch=batch).order_by("task__number")
    assert one.answer == {"strength": -2, "scores": {"correctness": [3, 1]}}
    assert (two.critical, two.decided_by, two.note) == (True, "correctness:1", "The second is wrong.")


def test_the_same_file_again_changes_nothing_and_another_panel_is_refused(project, lena):
    first = import_file(project=project, kind="calibration", filename="k", lines=rows(2), actor=lena)
    again = import_file(project=project, kind="calibration", filename="k", lines=rows(2), actor=lena)
    other = import_file(project=project, kind="calibration", filename="k", lines=rows(2, grade=1), actor=lena)
    assert first.created["panel_answers"] == 2 and (again.unchanged, again.created) == (2, {})
    assert [error["code"] for error in other.errors] == ["id_taken", "id_taken"]


def test_a_comparison_without_a_panel_is_given_one_once(project, lena):
    bare = [json.dumps({k: v for k, v in json.loads(row).items() if k != "panel"}).encode() for row in rows(1)]
    import_file(project=project, kind="comparisons", filename="c", lines=bare, actor=lena)
    report = import_file(project=project, kind="calibration", filename="k", lines=rows(1), actor=lena)
    assert (report.created, report.unchanged) == ({"panel_answers": 1}, 0)
    assert Comparison.objects.get().panel["answer"] == {"strength": -2}


@pytest.mark.parametrize(
    "panel",
    [
        {"grade": 5},
        {"grade": True},
        {"ranks": [1, 2]},
        {"grade": None},
        {"scores": {"correctness": [1, 2, 3]}},
        {"scores": {"correctness": ["3", 1]}},
        {"scores": []},
        {"decided_by": "correctness"},
        {"critical": "yes"},
    ],
)
def test_a_panel_that_is_none_is_refused(project, lena, panel):
    report = import_file(project=project, kind="calibration", filename="k", lines=rows(1, **panel), actor=lena)
    assert [error["code"] for error in report.errors] == ["bad_panel"]
    assert not Comparison.objects.exists()


def test_a_panel_that_names_no_criterion_of_the_version_opens_nothing(calibration):
    with pytest.raises(ItemsDoNotFit) as refusal:
        calibration(scores={"tone": [3, 1]})
    assert "tone" in refusal.value.fields["items"]
    assert not Batch.objects.exists()


def test_a_round_over_the_bar_grants_the_skill_for_180_days(calibration, rosa, skill):
    batch = calibration(count=3, pass_at=2)
    go_through(batch, rosa, [-3, 1])
    assert not SkillGrant.objects.exists()
    go_through(batch, rosa, [-1])
    mine = calibrating.round_of(batch=batch, rater=rosa)
    assert (mine.right, mine.n, mine.bar, mine.passed) == (2, 3, 2, True)
    grant = SkillGrant.objects.get(skill=skill, user=rosa)
    assert timedelta(days=179) < grant.expires_at - timezone.now() <= timedelta(days=180)
    assert AuditEvent.objects.filter(verb="grant_skill", actor=rosa).count() == 1
    calibrating.conclude(batch=batch, rater=rosa)
    assert AuditEvent.objects.filter(verb="grant_skill").count() == 1


def test_whoever_begins_a_round_can_finish_it(calibration, rafi, rosa, ines, client):
    batch = calibration(count=4, pass_at=3, raters=2)
    held = {rater: assigning.claim_next(batch=batch, rater=rater) for rater in (rafi, rosa)}
    assert held[rafi].slot.n != held[rosa].slot.n
    assert assigning.claim_next(batch=batch, rater=ines) is None
    client.force_login(ines)
    assert "All places in this round are taken" in client.get(f"/label/{batch.pk}/").content.decode()
    assert client.get(reverse("work-waiting")).json()["batches"] == []
    assigning.release(token=held[rafi].token, rater=rafi)
    assert assigning.claim_next(batch=batch, rater=ines) is None
    for turn in range(4):
        for rater in (rosa, rafi):
            assert progressing.progress_for(batch=batch, rater=rater) == progressing.RaterProgress(done=turn, total=4)
            go_through(batch, rater, [-1])
    assert all(calibrating.round_of(batch=batch, rater=rater).passed for rater in (rafi, rosa))


def test_an_item_that_lapsed_is_left_for_the_one_whose_round_it_is(calibration, rafi, rosa, ines):
    batch = calibration(count=2, pass_at=1, raters=2)
    late = assigning.claim_next(batch=batch, rater=rafi)
    Assignment.objects.filter(pk=late.pk).update(
        begun_at=None, leased_at=timezone.now() - timedelta(hours=2), expires_at=timezone.now() - timedelta(hours=1)
    )
    go_through(batch, rosa, [-1, -1])
    assert assigning.claim_next(batch=batch, rater=ines) is None
    late.refresh_from_db()
    answer(late, value=shown_value(late, -1), rationale="late")
    assert Judgment.objects.get(rater=rafi).task_id == late.task_id
    go_through(batch, rafi, [-1])
    assert calibrating.round_of(batch=batch, rater=rafi).passed


def test_missing_an_item_that_counts_alone_fails_whatever_the_bar(calibration, rosa):
    batch = calibration(count=3, pass_at=1, critical=True)
    go_through(batch, rosa, [-1, -1, 2])
    mine = calibrating.round_of(batch=batch, rater=rosa)
    assert (mine.right, mine.passed, len(mine.missed_critical)) == (2, False, 1)
    assert not SkillGrant.objects.exists()


def test_a_failed_round_may_be_repeated_once_then_a_lead_talks(calibration, rosa, client):
    first, second, third = calibration(), calibration(), calibration()
    go_through(first, rosa, [2, 2, 2])
    assert offering.next_round(skill=first.grants, rater=rosa).batch == second
    go_through(second, rosa, [2, 2, -1])
    assert qualifying.barred(batch=third, rater=rosa)
    standing = qualifying.standing_of(rater=rosa)
    batches = progressing.progress_in(batches=Batch.objects.open_to(rosa), rater=rosa, skills=standing.skills)
    held = offering.skills_of(standing=standing, batches=batches)
    assert [(one.state, one.offer) for one in held] == [("talk", None)]
    with pytest.raises(NotQualified):
        assigning.claim_next(batch=third, rater=rosa)
    client.force_login(rosa)
    assert "A lead will talk with you" in client.get(reverse("label", args=[third.pk])).content.decode()
    assert "A lead will talk it over with you" in client.get(reverse("label-round", args=[second.pk])).content.decode()


def test_work_that_requires_a_skill_is_for_those_who_hold_it(project, lena, rubric_version, rosa, skill, calibration):
    batch = make_batch(project, lena, rubric_version)
    batch.requires.add(skill)
    batch.refresh_from_db()
    with pytest.raises(NotQualified):
        assigning.claim_next(batch=batch, rater=rosa)
    go_through(calibration(), rosa, [-1, -1, -1])
    assert assigning.claim_next(batch=batch, rater=rosa) is not None
    for change in ({"state": "suspended"}, {"state": "granted", "expires_at": timezone.now()}):
        SkillGrant.objects.update(**change)
        with pytest.raises(NotQualified):
            assigning.claim_next(batch=batch, rater=rosa)


def test_a_suspended_skill_is_not_won_back_by_a_round(calibration, rosa, skill):
    SkillGrant.objects.create(skill=skill, user=rosa, state="suspended", granted_at=timezone.now())
    go_through(calibration(), rosa, [-1, -1, -1])
    assert SkillGrant.objects.get().state == "suspended"


def test_cannot_judge_is_neither_right_nor_wrong(calibration, rosa):
    batch = calibration(count=2, pass_at=1)
    answer(assigning.claim_next(batch=batch, rater=rosa), cant_judge="unclear", rationale="no")
    go_through(batch, rosa, [-2])
    mine = calibrating.round_of(batch=batch, rater=rosa)
    assert (mine.right, mine.n, mine.finished, mine.passed) == (1, 1, True, True)


def test_scores_are_right_within_a_point_and_have_an_interval(calibration, rosa):
    batch = calibration(count=1, pass_at=1, criteria=True, scores={"correctness": [3, 1], "completeness": [2, 2]})
    held = assigning.claim_next(batch=batch, rater=rosa)
    canonical = {"correctness": [1, 2], "completeness": [2, 2]}
    given = [
        GivenScore(slug, place=place, point=values[position])
        for slug, values in canonical.items()
        for place, position in enumerate(held.display_order, start=1)
    ]
    answer(held, value=shown_value(held, -1), rationale="so", scores=given)
    mine = calibrating.round_of(batch=batch, rater=rosa)
    assert [(share.name, share.right, share.n) for share in mine.criteria] == [
        ("Correctness", 1, 2),
        ("Completeness", 2, 2),
    ]
    assert (mine.criteria[0].low, mine.criteria[0].high, mine.criteria[0].few) == (9, 91, True)


@pytest.mark.parametrize(
    ("mine", "right"), [([1, 2, 3], True), ([1, 3, 2], True), ([1, 2, 2], True), ([2, 1, 3], False), ([1, 1, 3], False)]
)
def test_a_ranking_is_right_when_it_reverses_nothing_of_the_panel(project, lena, rubric_version, rosa, mine, right):
    made = make_batch(project, lena, rubric_version, tasks=1, kind="ranking", responses=3)
    Batch.objects.filter(pk=made.pk).update(mode="calibration")
    batch = Batch.objects.get(pk=made.pk)
    panels.answer_as_panel(task=batch.tasks.get(), answer={"ranks": [1, 2, 2]}, note="why", actor=lena)
    held = assigning.claim_next(batch=batch, rater=rosa)
    answer(held, ranking=[mine[position] for position in held.display_order], rationale="so")
    assert [line.right for line in calibrating.round_of(batch=batch, rater=rosa).lines] == [right]


def test_an_item_without_the_panel_waits_and_a_lead_answers_it(project, lena, rubric_version, rosa, skill):
    plain = make_batch(project, lena, rubric_version, tasks=1)
    Batch.objects.filter(pk=plain.pk).update(mode="calibration")
    batch = Batch.objects.get(pk=plain.pk)
    assert assigning.claim_next(batch=batch, rater=rosa) is None
    task = batch.tasks.get()
    for wrong in ({}, {"strength": 1, "scores": {"tone": [1, 2]}}, {"ranks": [1, 2]}):
        with pytest.raises(PanelIncomplete):
            panels.answer_as_panel(task=task, answer=wrong, note="why", actor=lena)
    with pytest.raises(PanelIncomplete):
        panels.answer_as_panel(task=task, answer={"strength": 1}, note=" ", actor=lena)
    for wrong in ({"decided_by": "correctness:x"}, {"note": "a\x00b"}, {"look_for": "a\x00b"}):
        with pytest.raises(PanelIncomplete):
            panels.answer_as_panel(**{"task": task, "answer": {"strength": 1}, "note": "why", "actor": lena, **wrong})
    with pytest.raises(NotAllowed):
        panels.answer_as_panel(task=task, answer={"strength": 1}, note="why", actor=rosa)
    panels.answer_as_panel(task=task, answer={"strength": 1}, note="why", actor=lena)
    with pytest.raises(PanelAnswered):
        panels.answer_as_panel(task=task, answer={"strength": 1}, note="why", actor=lena)
    assert assigning.claim_next(batch=batch, rater=rosa) is not None


@pytest.mark.parametrize(
    ("scale", "wrong", "right"),
    [("binary", [0, 2, 50, True], -1), ("llama8", [0, 5, "1"], 4), ("pref7", [-4, 50, None, 1.0], 3)],
)
def test_the_panel_grades_on_the_scale_of_the_batch(project, lena, rubric_version, client, scale, wrong, right):
    plain = make_batch(project, lena, rubric_version, tasks=1, scale=scale)
    Batch.objects.filter(pk=plain.pk).update(mode="calibration")
    task = Batch.objects.get(pk=plain.pk).tasks.get()
    for strength in wrong:
        with pytest.raises(PanelIncomplete):
            panels.answer_as_panel(task=task, answer={"strength": strength}, note="why", actor=lena)
    client.force_login(lena)
    address = reverse("panel-answer", args=["helpful", plain.number, 1])
    response = client.post(address, {"strength": "50", "note": "why"})
    assert response.status_code == 422 and "the grade is none of the scale" in response.content.decode().lower()
    assert client.post(address, {"strength": str(right), "note": "why"}).status_code == 302
    assert PanelAnswer.objects.get().answer == {"strength": right}


@pytest.mark.parametrize("ranks", [[1, 2], [1, 2, 3, 4], [1, 2, 4], [0, 1, 2], [2, 2, 3], [1, 2, "3"], "123"])
def test_the_panel_ranks_every_answer_once(project, lena, rubric_version, ranks):
    plain = make_batch(project, lena, rubric_version, tasks=1, kind="ranking", responses=3)
    Batch.objects.filter(pk=plain.pk).update(mode="calibration")
    task = Batch.objects.get(pk=plain.pk).tasks.get()
    with pytest.raises(PanelIncomplete):
        panels.answer_as_panel(task=task, answer={"ranks": ranks}, note="why", actor=lena)
    panels.answer_as_panel(task=task, answer={"ranks": [1, 1, 2]}, note="why", actor=lena)


@pytest.mark.parametrize("values", [[3], [3, 1, 2], [3, 4], [3, True], []])
def test_the_panel_scores_each_answer(project, lena, rubric_version, values):
    plain = make_batch(project, lena, rubric_version, tasks=1)
    Batch.objects.filter(pk=plain.pk).update(mode="calibration", with_criteria=True)
    task = Batch.objects.get(pk=plain.pk).tasks.get()
    with pytest.raises(PanelIncomplete):
        panels.answer_as_panel(
            task=task, answer={"strength": 1, "scores": {"correctness": values}}, note="why", actor=lena
        )
    assert not PanelAnswer.objects.exists()


def test_an_imported_grade_that_the_scale_lacks_opens_nothing(calibration):
    with pytest.raises(ItemsDoNotFit) as refusal:
        calibration(grade=-4)
    assert "the grade is none of the scale" in refusal.value.fields["items"]
    assert not Batch.objects.exists()


def test_a_round_begins_when_the_panel_has_answered_every_item(project, lena, rubric_version, rosa, client):
    plain = make_batch(project, lena, rubric_version, tasks=3)
    Batch.objects.filter(pk=plain.pk).update(mode="calibration", pass_at=1)
    batch = Batch.objects.get(pk=plain.pk)
    first, *others = batch.tasks.order_by("number")
    client.force_login(lena)
    address = reverse("panel-answer", args=["helpful", batch.number, first.number])
    assert "2 items still wait" in client.post(address, {"strength": "-1", "note": "why"}, follow=True).content.decode()
    assert calibrating.round_of(batch=batch, rater=rosa).total == 3
    assert assigning.claim_next(batch=batch, rater=rosa) is None
    assert progressing.progress_for(batch=batch, rater=rosa).total == 0
    for task in others:
        panels.answer_as_panel(task=task, answer={"strength": -1}, note="why", actor=lena)
    go_through(batch, rosa, [-1])
    assert calibrating.round_of(batch=batch, rater=rosa).passed is None
    go_through(batch, rosa, [-1, -1])
    assert calibrating.round_of(batch=batch, rater=rosa).passed


def test_the_card_speaks_by_the_sides_of_the_raters_own_screen(calibration, rosa, rafi, client):
    batch = calibration(count=2, scores={"correctness": [3, 1]}, decided_by="correctness:1", look_for="A date.")
    [first, _] = go_through(batch, rafi, [2, -2])
    assert calibrating.reveal_url(first) == reverse("label-reveal", args=[first.uid])
    [mine, _] = go_through(batch, rosa, [1, -2])
    client.force_login(rosa)
    text = client.get(reverse("label-reveal", args=[mine.uid])).content.decode()
    shown_first = mine.display_order == [0, 1]
    assert f"{'A' if shown_first else 'B'} better" in text and f"{'B' if shown_first else 'A'} slightly better" in text
    assert "The panel sees it differently" in text and "A date." in text and "Correctness 1, Poor" in text
    assert "1 rater who has finished this round" in text
    assert "model-" not in text and "Rafi" not in text


def test_criteria_stand_on_the_card_as_in_the_dock_a_before_b(calibration, rosa, rafi):
    batch = calibration(count=1, pass_at=1, criteria=True, scores={"correctness": [3, 1], "completeness": [3, 1]})
    given = [
        GivenScore(criterion=slug, place=place, point=2) for slug in ("correctness", "completeness") for place in (1, 2)
    ]
    said = [judgment for rater in (rosa, rafi) for judgment in go_through(batch, rater, [2], scores=given)]
    assert sorted(judgment.display_order for judgment in said) == [[0, 1], [1, 0]]
    for judgment in said:
        shown = [(row.name, row.answer) for row in card_of(judgment=judgment).rows]
        assert shown == [("Correctness", "A"), ("Correctness", "B"), ("Completeness", "A"), ("Completeness", "B")]


def test_others_are_told_only_of_those_who_have_finished(calibration, rosa, rafi, client):
    batch = calibration(count=2)
    go_through(batch, rafi, [2])
    [mine] = go_through(batch, rosa, [1])
    client.force_login(rosa)
    assert "Nobody else has finished" in client.get(reverse("label-reveal", args=[mine.uid])).content.decode()


def test_a_card_is_for_its_rater_alone(calibration, rosa, rafi, lena, vic, client):
    [mine] = go_through(calibration(), rosa, [1])
    address = reverse("label-reveal", args=[mine.uid])
    assert client.get(address).status_code == 302
    for person in (rafi, lena, vic):
        client.force_login(person)
        assert client.get(address).status_code == 404
        assert client.post(reverse("label-challenge", args=[mine.uid]), {"note": "no"}).status_code == 404
    assert not Challenge.objects.exists()


def test_a_disagreement_is_kept_once_and_listed_for_the_lead(calibration, rosa, lena, client):
    batch = calibration()
    [mine] = go_through(batch, rosa, [1])
    client.force_login(rosa)
    address = reverse("label-challenge", args=[mine.uid])
    assert client.post(address, {"note": " "}).status_code == 422
    assert client.post(address, {"note": "The date is right."}).status_code == 302
    assert client.post(address, {"note": "Again."}).status_code == AlreadyChallenged.status
    client.force_login(lena)
    page = client.get(reverse("batch-calibration", args=["helpful", batch.number])).content.decode()
    assert "The date is right." in page and "0 of 1" in page and "too few" in page


def test_the_end_of_a_round_says_where_one_stands(calibration, rosa, client):
    batch = calibration(count=4, pass_at=3, look_for="Read the last line.")
    client.force_login(rosa)
    assert client.get(reverse("label-round", args=[batch.pk])).status_code == 302
    go_through(batch, rosa, [-1, 3, 2, 1])
    text = client.get(reverse("label", args=[batch.pk])).content.decode()
    assert "1 of 4." in text and "The bar is 3." in text and "5–70 %" in text
    assert text.count("Read the last line.") == 3
    assert "You can try again once" in text


def test_the_panels_form_keeps_the_answer(project, lena, rubric_version, client):
    plain = make_batch(project, lena, rubric_version, tasks=1)
    Batch.objects.filter(pk=plain.pk).update(mode="calibration", with_criteria=True)
    address = reverse("panel-answer", args=["helpful", plain.number, 1])
    client.force_login(lena)
    assert client.get(address).status_code == 200
    assert client.post(address, {"note": "why"}).status_code == 422
    given = {
        "strength": "-2",
        "score-correctness-0": "3",
        "score-correctness-1": "1",
        "note": "B is wrong.",
        "look_for": "A date.",
        "decided_by": "correctness:1",
        "critical": "on",
    }
    assert client.post(address, given).status_code == 302
    panel = PanelAnswer.objects.get()
    assert panel.answer == {"strength": -2, "scores": {"correctness": [3, 1]}} and panel.critical
    assert "kept for good" in client.get(address).content.decode()


@pytest.mark.parametrize(("name", "status"), [("lena", 200), ("ada", 200), ("rosa", 403), ("vic", 404), ("", 302)])
def test_the_leads_pages_are_the_leads(calibration, client, request, name, status):
    batch = calibration()
    if name:
        client.force_login(request.getfixturevalue(name))
    for page, more in (("batch-calibration", []), ("panel-answer", [1])):
        assert client.get(reverse(page, args=["helpful", batch.number, *more])).status_code == status


def test_a_form_without_a_script_leads_to_the_panels_answer(calibration, rafi, client):
    batch = calibration(count=2)
    held = assigning.claim_next(batch=batch, rater=rafi)
    client.force_login(rafi)
    form = {"assignment": held.token, "submission": uuid.uuid4(), "value": shown_value(held, -2), "rationale": "why"}
    response = client.post(f"/label/{batch.pk}/", form)
    assert response.status_code == 302
    assert response.url == calibrating.reveal_url(Judgment.objects.get())
    assert "The second is wrong." in client.get(response.url).content.decode()


def test_practice_is_left_out_of_a_preference_set_and_counted(calibration, project, lena, rubric_version, rafi, rosa):
    practice = calibration(count=2)
    go_through(practice, rafi, [-2, 1])
    work = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    answer(assigning.claim_next(batch=work, rater=rosa), value=2)
    frozen = freeze_preference_set(project=project, name="P", batches=[practice, work], actor=lena)
    assert frozen.counts["left_out"]["judgments_of_calibration"] == 2
    assert frozen.filters["batches"] == [work.number] and frozen.pairs.count() == 1
    with pytest.raises(NothingToFreeze):
        freeze_preference_set(project=project, name="Q", batches=[practice], actor=lena)
