"""Each seeded fault raises its own alarm and no other (ux.md §9.8), and those who judge raise none."""

import pytest

from annotation.models import RaterAlarm, RaterFigures, RaterHold, RaterWatch
from annotation.raters.watching import look_at_raters, look_where_answers_came
from tests.annotation.seeded_raters import CAREFUL, CAREFUL_ITEMS, FAULTS, Panel

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def panel(project, lena, rubric_version, clock) -> Panel:
    panel = Panel(project, lena, rubric_version, clock)
    for name in CAREFUL:
        panel.works(name, CAREFUL_ITEMS)
    for fault in FAULTS:
        panel.works(fault.name, fault.items)
    return panel


def test_each_fault_raises_its_own_alarm_and_no_other(panel, project):
    look_at_raters(project=project)
    raised = {name: set() for name in panel.people}
    for alarm in RaterAlarm.objects.select_related("rater"):
        raised[alarm.rater.display_name].add(alarm.detector)
    assert raised == {name: set() for name in CAREFUL} | {fault.name: {fault.detector} for fault in FAULTS}
    assert all(alarm.judgments.exists() and alarm.evidence for alarm in RaterAlarm.objects.all())
    assert not RaterHold.objects.exists()
    assert RaterFigures.objects.count() == len(panel.people)
    # Looking again tells nothing new, and nobody looks where no answer came.
    assert look_at_raters(project=project) == []
    assert look_where_answers_came() == 0
    assert RaterWatch.objects.get().seen_to > 0
