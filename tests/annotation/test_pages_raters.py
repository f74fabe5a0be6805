"""A lead's pages of raters: the list, one rater, the answers behind a figure, and what is done, in few queries."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from annotation.assigning import claim_next
from annotation.importing import import_file
from annotation.models import Batch, Judgment, RaterAlarm, RaterHold, RaterWatch, VoidedJudgment
from annotation.raters.reading import read
from annotation.raters.watching import look_at_raters
from tests.annotation.golds import make_golds, open_with
from tests.annotation.makers import answer, make_batch, shown_value
from workforce import people
from workforce.models import Message, User

pytestmark = pytest.mark.django_db
MOST = 12
COPIED = {"source": 1, "source_name": "Ines", "shared": 40, "alike": 39, "later": 40, "against": 9}
COPIED |= {"alike_against": 9, "either": 0, "nats": 12.0}


@pytest.fixture
def lead(client: Client, project, lena: User) -> Client:
    client.force_login(lena)
    return client


@pytest.fixture
def judged(project, lena, rubric_version, rosa, rafi, ines, clock) -> Batch:
    """Three raters on twelve items and gold; Ines hurries and always says the first, the others say the second."""
    make_golds(project, [1 if n % 2 else -1 for n in range(12)])
    batch = open_with(project, lena, rubric_version, tasks=12, overlap=3, gold_rate=20, repeat_rate=0)
    for person, strength, seconds in ((rosa, 1, 40), (rafi, 2, 50), (ines, -3, 1)):
        while (held := claim_next(batch=batch, rater=person)) is not None:
            clock(seconds=seconds)
            answer(held, value=shown_value(held, strength))
    look_at_raters(project=project)
    return batch


def get(lead: Client, name: str, *args: object, **query: str) -> str:
    answered = lead.get(reverse(name, args=["helpful", *args]), query)
    assert answered.status_code == 200, answered.status_code
    return answered.content.decode()


def test_where_all_answers_are_imported_the_list_says_so(lead, project, lena, rubric_version):
    assert "Nobody has been measured yet." in get(lead, "raters")
    rows = {
        "comparisons": [{"id": "h1", "prompt": "p", "responses": [{"text": "a"}, {"text": "b"}]}],
        "judgments": [{"item": "h1", "rater": "w", "label": "a"}],
    }
    for kind, given in rows.items():
        lines = [json.dumps(row).encode() for row in given]
        import_file(project=project, kind=kind, filename="f", lines=lines, actor=lena)
    told = get(lead, "raters")
    assert "all answers are imported" in told and reverse("agreement", args=["helpful"]) in told


def test_the_list_shows_figures_and_signals_and_sorts(lead, judged, ines, rosa):
    told = get(lead, "raters")
    assert told.index(">Ines<") < told.index(">Rosa<"), "who raised a signal comes first"
    assert "Faster than reading" in told and "12 of" not in told.split("Ines")[0]
    by_name = get(lead, "raters", sort="name")
    assert by_name.index(">Ines<") < by_name.index(">Rafi<") < by_name.index(">Rosa<")
    assert get(lead, "raters", sort="no-such") and get(lead, "raters", page="999")
    sheet = lead.get(reverse("raters", args=["helpful"]), {"as": "csv"})
    rows = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert {row["rater"] for row in rows} == {"ines", "rafi", "rosa"} and int(rows[0]["signals"]) >= 1


def test_an_empty_project_says_when_raters_appear(lead, project):
    assert "Nobody has been measured yet" in get(lead, "raters")
    assert lead.post(reverse("raters-look", args=["helpful"])).status_code == 302
    assert RaterWatch.objects.get().looked_at is not None


def test_a_rater_is_held_against_others_and_gold_apart(lead, judged, project, ines, rosa):
    reading = read(project=project, rater=ines)
    assert reading.agreement.value == pytest.approx(-1) and reading.agreement.n == 12
    assert 0 < reading.gold.n == (reading.labels.gold[reading.rows] >= 0).sum()
    told = get(lead, "rater", ines.pk)
    for words in (
        "Faster than reading",
        "Test: ten of the last twenty",
        "Gold, kept apart",
        "CUSUM of right and wrong",
    ):
        assert words in told
    assert reverse("rater-answers", args=["helpful", ines.pk]) + "?show=against" in told
    assert "Nothing was written to Rosa yet" in get(lead, "rater", rosa.pk)


def test_every_number_leads_to_its_answers(lead, judged, project, ines):
    reading = read(project=project, rater=ines)
    against = get(lead, "rater-answers", ines.pk, show="against")
    assert "12 answers" in against and reverse("batch-item", args=["helpful", judged.number, 1]) in against
    for show, n in (("gold", reading.gold.n), ("left", reading.left.right), ("quick", reading.quick.right)):
        assert f"{n} answer" in get(lead, "rater-answers", ines.pk, show=show), show
    alarm = RaterAlarm.objects.get(rater=ines, detector="haste")
    assert f"{alarm.judgments.count()} answer" in get(lead, "rater-answers", ines.pk, alarm=str(alarm.pk))
    sheet = lead.get(reverse("rater-answers", args=["helpful", ines.pk]), {"show": "against", "as": "csv"})
    assert len(sheet.content.decode("utf-8-sig").splitlines()) == 13


def test_what_a_lead_does_is_read_by_the_rater(lead, judged, project, lena, ines, rosa):
    def post(name: str, *args: object, **given: object):
        return lead.post(reverse(name, args=["helpful", *args]), given)

    assert post("rater-message", rosa.pk, text="Good work.").status_code == 302
    assert Message.objects.get(to=rosa).body == "Good work."
    round_ = make_batch(project, lena, judged.rubric_version, tasks=1)
    Batch.objects.filter(pk=round_.pk).update(mode="calibration")
    assert post("rater-calibrate", ines.pk, batch=round_.pk, reason="Let us look.").status_code == 302
    assert Message.objects.filter(to=ines, target=f"batch:{round_.pk}", pinned=True).exists()
    assert post("rater-calibrate", ines.pk, batch="9" * 30, reason="so").status_code == 422
    assert post("rater-confirm", ines.pk).status_code == 404, "only who is held"
    assert post("rater-hold", ines.pk, reason="").status_code == 422
    assert post("rater-hold", ines.pk, reason="Please read before you answer.").status_code == 302
    told = get(lead, "rater", ines.pk)
    assert "Held by Lena" in told and "Please read before you answer." in told
    alarm = RaterAlarm.objects.get(rater=ines, detector="haste")
    page = get(lead, "rater-confirm", ines.pk)
    assert "12 answers, all in this project" in page and "Faster than reading" in page
    assert post("rater-confirm", ines.pk, since="all", reason="").status_code == 422
    assert post("rater-confirm", ines.pk, since="all", reason="They were not read.").status_code == 302
    assert VoidedJudgment.objects.count() == 12
    assert "Bad work confirmed by Lena" in get(lead, "rater", ines.pk)
    assert "Voided" in get(lead, "batch-item", judged.number, 1)
    assert post("rater-lift", ines.pk, reason="We talked.").status_code == 302
    assert RaterHold.objects.get().lift_note == "We talked."
    assert post("alarm-dismiss", alarm.pk, reason="so").status_code == 409
    assert post("raters-holding", on="1").status_code == 302 and RaterWatch.objects.get().holds_by_itself
    assert "held" not in get(lead, "raters").split("<tbody>")[1]


@pytest.mark.parametrize("more", [0, 25])
def test_the_pages_ask_as_often_however_many_there_are(
    lead, judged, project, ines, team, lena, more, django_assert_max_num_queries
):
    for n in range(more):
        someone = people.add_member(team=team, username=f"r{n}", role="rater", actor=None)
        RaterAlarm.objects.create(
            project=project,
            rater=someone,
            detector="copying",
            evidence=COPIED,
            judgment=Judgment.objects.all()[0],
            since=Judgment.objects.all()[0].created_at - timedelta(1),
        )
        RaterHold.objects.create(project=project, rater=someone, reason="so", held_by=lena)
    look_at_raters(project=project)
    someone = User.objects.filter(username="r0").first() or ines
    lead.get(reverse("raters", args=["helpful"]))
    for name, pk in (("raters", None), ("rater", ines.pk), ("rater", someone.pk), ("rater-answers", ines.pk)):
        with django_assert_max_num_queries(MOST):
            get(lead, name, *([pk] if pk else []))


def test_the_api_says_the_same(lead, judged, project, ines):
    listed = lead.get(reverse("api-raters", args=["helpful"]), {"sort": "-answers"}).json()
    assert len(listed["raters"]) == 3 and listed["next"] is None
    row = next(row for row in listed["raters"] if row["username"] == "ines")
    assert "haste" in row["alarms"] and row["held"] is False
    one = lead.get(reverse("api-rater", args=["helpful", ines.pk])).json()
    assert one["agreement"]["difference"] == pytest.approx(row["beside"])
    assert one["gold"]["n"] == row["gold_n"] and any("quick" in alarm["evidence"] for alarm in one["alarms"])
    assert one["agreement"]["low"] is None and "same on every item" in one["agreement"]["reason"]
    assert lead.get(reverse("api-raters", args=["helpful"]), {"sort": "password"}).status_code == 400
