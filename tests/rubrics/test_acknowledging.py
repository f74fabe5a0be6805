"""Who is shown what changed: those who worked under an older version, once, with a question if meaning changed."""

import pytest

from annotation import assigning
from rubrics import versions
from rubrics.acknowledging import LONGEST_MS, acknowledge, news_for
from rubrics.models import Acknowledgement, RubricVersion
from tests.annotation.makers import answer, make_batch
from tests.rubrics.writing import criterion
from workforce.models import AuditEvent, WorkTime

pytestmark = pytest.mark.django_db


@pytest.fixture
def publish(lena, rubric_version):
    """publish("meaning_changed", example=…, text=…): the next version, one score point changed."""

    def make(change: str, *, example: str = "It may be 40.", text: str = "States doubt.") -> RubricVersion:
        draft = versions.start_draft(rubric=rubric_version.rubric, actor=lena)
        content = criterion("correctness", name="Correctness")
        content["points"][0] |= {"description": text, "example": example}
        versions.edit_draft(version=draft, guidance="Prefer it.", criteria=[content], actor=lena)
        return versions.publish_version(version=draft, change=change, actor=lena)

    return make


@pytest.fixture
def worked(project, lena, rubric_version, rosa):
    """Rosa has answered something under version 1."""
    batch = make_batch(project, lena, rubric_version, tasks=1)
    answer(assigning.claim_next(batch=batch, rater=rosa), value=1)
    return batch


def test_whoever_worked_under_the_old_text_is_told_and_nobody_else(publish, worked, rosa, rafi, rubric_version):
    new = publish("meaning_changed")
    news = news_for(user=rosa, version=new)
    assert (news.old, news.new, news.change) == (rubric_version, new, "meaning_changed")
    assert news_for(user=rafi, version=new) is None
    assert news_for(user=rosa, version=rubric_version) is None


def test_a_change_of_meaning_asks_about_a_changed_point_with_an_example(publish, worked, rosa):
    check = news_for(user=rosa, version=publish("meaning_changed")).check
    assert (check.criterion.slug, check.point.value, check.point.example) == ("correctness", 1, "It may be 40.")
    assert [point.value for point in check.points] == [1, 2, 3]


@pytest.mark.parametrize(("change", "example"), [("wording", "It may be 40."), ("clarified", "x"), ("structure", "")])
def test_no_question_without_a_change_of_meaning_or_without_an_example(publish, worked, rosa, change, example):
    assert news_for(user=rosa, version=publish(change, example=example)).check is None


def test_versions_that_were_skipped_count_with_their_heaviest_change(publish, worked, rosa):
    publish("meaning_changed")
    last = publish("wording", text="States its doubt.")
    news = news_for(user=rosa, version=last)
    assert (news.old.number, news.change) == (1, "meaning_changed")


def test_acknowledging_is_once_timed_as_instructions_and_audited(publish, worked, rosa, team):
    new = publish("meaning_changed")
    said = {"criterion": "correctness", "given": 2, "text_says": 1}
    acknowledge(version=new, user=rosa, check_answer=said, ms=90_000)
    acknowledge(version=new, user=rosa, check_answer={}, ms=5_000)
    assert Acknowledgement.objects.get().check_answer == said
    assert [(time.activity, time.ms) for time in WorkTime.objects.filter(user=rosa, activity="instructions")] == [
        ("instructions", 90_000)
    ]
    assert AuditEvent.objects.filter(verb="acknowledge_version").count() == 1
    assert news_for(user=rosa, version=new) is None


def test_a_screen_left_open_over_night_is_not_ten_hours_of_reading(publish, worked, rosa):
    acknowledge(version=publish("wording"), user=rosa, ms=36_000_000)
    assert WorkTime.objects.get(activity="instructions").ms == LONGEST_MS


def test_a_version_of_another_team_cannot_be_acknowledged(publish, vic):
    with pytest.raises(RubricVersion.DoesNotExist):
        acknowledge(version=publish("wording"), user=vic)
