"""The nightly check: silent while the numbers are right, an incident once they are not, and right afterwards."""

import io
import json

import pytest
from django.core.management import call_command
from django.db.models import F

from annotation import assigning
from annotation.importing import import_file
from annotation.models import AgreementCheck, AgreementPattern
from annotation.recounting import count_anew, recount
from annotation.tasks import check_agreement_task
from tests.annotation.counts import kept, slowly
from tests.annotation.makers import answer, make_batch
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=3)
    for rater in (rafi, rosa):
        for value in (1, 4, 7):
            answer(assigning.claim_next(batch=batch, rater=rater), value=value)
    return project


def test_what_is_right_is_no_incident(judged):
    check = recount(project=judged)
    assert (check.differing, check.examples) == (0, []) and check.patterns > 0
    assert not AuditEvent.objects.filter(verb="agreement_differed").exists()


def _one_more():
    AgreementPattern.objects.filter(slice="all", question="both_bad").update(units=F("units") + 1)


def _one_gone():
    AgreementPattern.objects.filter(slice="week").delete()


def _one_invented():
    row = AgreementPattern.objects.first()
    AgreementPattern.objects.create(
        project=row.project,
        rubric_version=row.rubric_version,
        question="criterion:x",
        slice="all",
        pattern="2",
        units=-1,
    )


@pytest.mark.parametrize("corrupt", [_one_more, _one_gone, _one_invented])
def test_what_was_tampered_with_is_an_incident_and_put_right(judged, corrupt, caplog):
    corrupt()
    check_agreement_task()
    check = AgreementCheck.objects.get()
    assert check.differing > 0 and check.examples[0].keys() >= {"question", "slice", "kept", "counted"}
    [event] = AuditEvent.objects.filter(verb="agreement_differed")
    assert event.detail["differing"] == check.differing and event.target == f"project:{judged.slug}"
    assert "kept wrongly" in caplog.text
    assert kept(judged) == count_anew(project=judged) == slowly(judged)
    assert recount(project=judged).differing == 0


def test_a_scope_that_nothing_is_left_of_goes(judged):
    row = AgreementPattern.objects.first()
    row.pk, row.pattern, row.units = None, "9,9", 0
    row.save()
    assert recount(project=judged).differing == 0
    assert not AgreementPattern.objects.filter(units=0).exists()


def test_the_command_says_what_it_found(judged, capsys):
    call_command("check_agreement")
    assert "Helpful: 0 of" in capsys.readouterr().out
    _one_more()
    with pytest.raises(SystemExit):
        call_command("check_agreement", "--project", judged.slug)


def test_imported_judgments_are_counted_with_their_scale(project, lena, rubric_version):
    rows = [
        {
            "id": f"c{n}",
            "prompt": f"p{n}",
            "domain": "kitchen",
            "language": "en",
            "responses": [{"text": "a"}, {"text": "bb"}],
        }
        for n in range(3)
    ]
    said = [{"item": f"c{n}", "rater": f"r{m}", "strength": n - m} for n in range(3) for m in range(3)]
    for kind, lines in (("comparisons", rows), ("judgments", said)):
        file = io.BytesIO("\n".join(json.dumps(line) for line in lines).encode())
        report = import_file(project=project, kind=kind, lines=file, filename="f", actor=lena)
        assert report.state == "accepted", report.errors
    assert kept(project) == slowly(project) == count_anew(project=project)
    found = AgreementPattern.objects.filter(question="grade:pref7", slice="domain", value="kitchen")
    assert sum(found.values_list("units", flat=True)) == 3
