"""The checker finds each kind of harm when it is planted, and nothing where nothing is planted."""

import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings

from annotation import assigning
from annotation.judging import Answer, submit_judgment
from annotation.models import Batch, Judgment
from annotation.overlapping import change_overlap
from annotation.reopening import reopen_item
from tests.annotation.makers import make_batch
from tests.faults.queue.ledger import Ledger
from tests.faults.queue.scratch import Scratch, checked, database_url, planted
from workforce.models import AuditEvent, User

NEW_KEY = f"'{uuid.UUID(int=7).hex}'"
OTHER_KEY = f"'{uuid.UUID(int=8).hex}'"


@pytest.fixture
def ledger(tmp_path: Path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    yield ledger
    ledger.close()


@pytest.fixture
def batch(project, lena, rubric_version, rosa, rafi, ledger) -> Batch:
    """Two items of two answers each, all answered, acknowledged and in the ledger."""
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2)
    for rater in (rosa, rafi, rosa, rafi):
        _answer(ledger, batch, rater)
    return batch


def _answer(ledger: Ledger, batch: Batch, rater: User) -> None:
    held = assigning.claim_next(batch=batch, rater=rater)
    assert held is not None
    key = uuid.uuid4()
    number = ledger.asked(
        "submit", rater=rater.username, batch=batch.pk, task=held.task.uid, submission=key, value=3, token=held.token
    )
    done = submit_judgment(token=held.token, rater=rater, submission=key, answer=Answer(value=3))
    ledger.told(number, "acknowledged", judgment=done.judgment.uid)


def _found(ledger: Ledger, url: str) -> dict[str, int]:
    status, told = checked(ledger.path, url)
    found = {name: len(rows) for name, rows in told["found"].items()}
    assert status == (1 if found else 0)
    return found


def test_nothing_is_found_where_nothing_is_wrong(batch, ledger, tmp_path):
    assert _found(ledger, database_url()) == {}
    with planted(tmp_path) as scratch:
        assert _found(ledger, scratch.url) == {}


def test_answers_given_before_k_was_lowered_are_no_finding(batch, ledger, lena, ines):
    change_overlap(batch=batch, overlap=1, actor=lena)
    assert _found(ledger, database_url()) == {}
    reopen_item(task=batch.tasks.first(), actor=lena, reason="One more.")
    _answer(ledger, batch, ines)
    assert _found(ledger, database_url()) == {}


def _plant(kind: str, scratch: Scratch, one: Judgment, ines: User) -> None:
    new = {"uid": NEW_KEY, "submission": OTHER_KEY}
    if kind == "over_k":
        scratch.repeat("annotation_assignment", one.assignment_id, token=NEW_KEY, rater_id=f"{ines.pk}")
        scratch.repeat("annotation_slot", one.assignment.slot_id, n="3")
        lease = f"{one.assignment_id} + 900000"
        scratch.repeat("annotation_judgment", one.pk, **new, rater_id=f"{ines.pk}", assignment_id=lease)
    elif kind == "doubled_rater":
        scratch.repeat("annotation_judgment", one.pk, **new)
    elif kind == "doubled_submission":
        scratch.repeat("annotation_judgment", one.pk, uid=NEW_KEY, surplus="(1 = 1)")
    elif kind == "lost":
        scratch.remove("annotation_judgment", one.pk)
    elif kind == "altered":
        scratch.change("annotation_judgment", one.pk, raw_value="5")
    elif kind == "unasked":
        scratch.change("annotation_judgment", one.pk, submission=NEW_KEY)
    elif kind == "foreign_lease":
        scratch.change("annotation_assignment", one.assignment_id, rater_id=f"{ines.pk}")
    elif kind == "untold":
        scratch.remove("workforce_auditevent", _told_of(one).pk)
    elif kind == "torn_chain":
        scratch.change("workforce_auditevent", _told_of(one).pk, hash="'0'")
    elif kind == "without_seat":
        scratch.change("annotation_slot", one.assignment.slot_id, state="'retired'")
    else:
        assert kind == "seats_over_k"
        scratch.repeat("annotation_slot", one.assignment.slot_id, n="3", state="'open'")


def _told_of(one: Judgment) -> AuditEvent:
    """The line of the audit log, which others follow."""
    return AuditEvent.objects.get(target=f"judgment:{one.uid}")


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("over_k", {"over_k": 1, "unasked": 1, "untold": 1}),
        ("doubled_rater", {"doubled_rater": 1, "over_k": 1, "without_seat": 1, "unasked": 1, "untold": 1}),
        ("doubled_submission", {"doubled_submission": 1, "untold": 1}),
        ("lost", {"lost": 1, "without_seat": 1}),
        ("altered", {"altered": 1}),
        ("unasked", {"unasked": 1, "lost": 1}),
        ("foreign_lease", {"foreign_lease": 1}),
        ("untold", {"untold": 1, "torn_chain": 1}),
        ("torn_chain", {"torn_chain": 1}),
        ("without_seat", {"without_seat": 1}),
        ("seats_over_k", {"seats_over_k": 1}),
    ],
)
def test_what_is_planted_is_found(batch, ledger, ines, tmp_path, kind, found):
    one = Judgment.objects.filter(task__batch=batch).select_related("assignment").earliest("pk")
    with planted(tmp_path) as scratch:
        _plant(kind, scratch, one, ines)
        assert _found(ledger, scratch.url) == found
    assert _found(ledger, database_url()) == {}


def test_a_line_torn_by_a_kill_is_left_out(batch, ledger):
    with ledger.path.open("a") as file:
        file.write('{"asked":"0","verb":"sub')
    assert _found(ledger, database_url()) == {}


@pytest.mark.once
def test_the_checker_needs_neither_django_nor_anything_of_ours():
    says = "import sys, tests.faults.queue.check; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", says], cwd=settings.BASE_DIR, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "json" in loaded and not loaded & {"django", "annotation", "workforce", "rubrics", "training", "config"}
