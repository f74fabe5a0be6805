"""Each seeded fault raises its own alarm and no other (ux.md §9.8), and those who judge raise none."""

import pytest

from annotation.models import Judgment, RaterAlarm, RaterFigures, RaterHold, RaterWatch
from annotation.raters.watching import look_at_raters, look_where_answers_came
from annotation.raters.words import sentence_of
from demo.faulty import CAREFUL, FAULTS, Panel

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_each_fault_raises_its_own_alarm_and_no_other(project, lena, rubric_version):
    panel = Panel(project=project, lead=lena, version=rubric_version)
    panel.answer()
    look_at_raters(project=project)
    raised: dict[str, set[str]] = {name: set() for name in panel.people}
    for alarm in RaterAlarm.objects.select_related("rater"):
        raised[alarm.rater.display_name].add(alarm.detector)
    assert raised == {name: set() for name in CAREFUL} | {fault.name: {fault.detector} for fault in FAULTS}
    for alarm in RaterAlarm.objects.select_related("rater"):
        assert "Test: " in sentence_of(alarm)
        behind = Judgment.objects.filter(pk__in=alarm.judgments.values("pk"))
        assert behind.exists() and set(behind.values_list("rater", flat=True)) == {alarm.rater_id}
    assert "Cara" in sentence_of(RaterAlarm.objects.get(detector="copying"))
    assert not RaterHold.objects.exists(), "nobody is held by a signal unless a lead said so"
    assert RaterFigures.objects.count() == len(panel.people)
    # Looking again tells nothing new, and nobody looks where no answer came.
    assert look_at_raters(project=project) == [] and look_where_answers_came() == 0
    assert RaterWatch.objects.get().seen_to > 0
