"""When the server asks for a reason, and what counts as one."""

import pytest

from annotation import assigning
from annotation.errors import Incomplete
from annotation.models import PanelAnswer
from annotation.reasons import reason_wanted
from tests.annotation.makers import answer
from tests.annotation.rubric_of_kinds import open_of

pytestmark = pytest.mark.django_db


def _refused(held, **given) -> set[str]:
    with pytest.raises(Incomplete) as refusal:
        answer(held, **given)
    return set(refusal.value.fields)


@pytest.mark.parametrize("reason", [{"rationale": "Both invent a law."}, {"reasons": ["correctness"]}])
def test_both_bad_needs_a_reason_and_a_chip_is_one(project, lena, rubric_version, rafi, reason):
    held = assigning.claim_next(batch=open_of(project, lena, rubric_version), rater=rafi)
    assert _refused(held, value=4, both_bad=True, rationale="  ") == {"rationale"}
    assert answer(held, value=4, both_bad=True, **reason).created


def test_the_strongest_grade_on_distressing_content_needs_a_reason(project, lena, rubric_version, rafi):
    batch = open_of(project, lena, rubric_version, category="violence", severity="mild")
    held = _held_past_the_gate(batch, rafi)
    assert _refused(held, value=1) == _refused(held, value=7) == {"rationale"}
    assert answer(held, value=2).created


def _held_past_the_gate(batch, rater):
    """The lease of a rater who agreed to see the batch."""
    type(batch).objects.filter(pk=batch.pk).update(category="", severity="")
    held = assigning.claim_next(batch=batch, rater=rater)
    type(batch).objects.filter(pk=batch.pk).update(category=batch.category, severity=batch.severity)
    return held


def test_calibration_needs_words(project, lena, rubric_version, rafi):
    batch = open_of(project, lena, rubric_version, mode="calibration")
    PanelAnswer.objects.create(task=batch.tasks.get(), answer={"strength": 1}, note="So.")
    held = assigning.claim_next(batch=batch, rater=rafi)
    assert _refused(held, value=4, reasons=["correctness"]) == {"rationale"}
    assert answer(held, value=4, rationale="The same facts.").created


def test_who_cannot_judge_has_said_why(project, lena, rubric_version, rafi):
    held = assigning.claim_next(batch=open_of(project, lena, rubric_version, reason_share=100), rater=rafi)
    assert answer(held, cant_judge="language").created


def test_a_share_of_the_items_needs_a_reason(project, lena, rubric_version, rafi, rosa):
    none, all_of_them = (open_of(project, lena, rubric_version, reason_share=share) for share in (0, 100))
    assert answer(assigning.claim_next(batch=none, rater=rafi), value=2).created
    held = assigning.claim_next(batch=all_of_them, rater=rafi)
    assert _refused(held, value=2) == {"rationale"}
    batch = open_of(project, lena, rubric_version, reason_share=30)
    drawn = 0
    for number in range(500):
        task = batch.tasks.model(batch=batch, prompt=batch.tasks.get().prompt, number=number + 2)
        assert reason_wanted(task=task, rater=rafi) == reason_wanted(task=task, rater=rafi)
        drawn += reason_wanted(task=task, rater=rafi)
    assert 100 < drawn < 200
