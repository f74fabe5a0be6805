"""Opening an answer again: the last five, as they were shown, in an open batch within half an hour."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import assigning, batching
from annotation.errors import UndoClosed
from annotation.judging import Answer, revise_judgment
from annotation.models import Assignment
from annotation.undoing import reopen
from tests.annotation.makers import answer, make_batch

pytestmark = pytest.mark.django_db


def _answers(batch, rater, values, **more):
    return [answer(assigning.claim_next(batch=batch, rater=rater), value=value, **more).judgment for value in values]


def test_the_last_but_n_of_five(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=6, overlap=1)
    sent = _answers(batch, rafi, [1, 2, 3, 4, 5, 6])
    for back in range(5):
        again = reopen(batch=batch, rater=rafi, back=back)
        assert (again.uid, again.given["value"]) == (sent[-1 - back].uid, 6 - back)
    for back in (5, -1):
        with pytest.raises(UndoClosed):
            reopen(batch=batch, rater=rafi, back=back)


def test_a_revised_answer_keeps_its_place_and_shows_the_newest_row(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    first, _second = _answers(batch, rafi, [1, 2])
    new = revise_judgment(uid=first.uid, rater=rafi, submission=first.uid, answer=Answer(value=7)).judgment
    again = reopen(batch=batch, rater=rafi, back=1)
    assert (again.uid, again.given["value"]) == (new.uid, 7)


def test_everything_comes_back_as_it_was_shown(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2, kind="ranking", responses=4)
    for rater in (rafi, rosa):
        held = assigning.claim_next(batch=batch, rater=rater)
        answer(held, ranking=[4, 1, 2, 2], acceptable=[False, True, True, True], rationale="2 is right", both_bad=False)
        given = reopen(batch=batch, rater=rater).given
        assert given["ranking"] == [3, 1, 2, 2]
        assert given["acceptable"] == [False, True, True, True]
        assert given["rationale"] == "2 is right"


def test_it_closes(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    _answers(batch, rafi, [1])
    with pytest.raises(UndoClosed):
        reopen(batch=batch, rater=rosa)
    Assignment.objects.update(ended_at=timezone.now() - timedelta(minutes=31))
    with pytest.raises(UndoClosed):
        reopen(batch=batch, rater=rafi)
    Assignment.objects.update(ended_at=timezone.now())
    assert reopen(batch=batch, rater=rafi)
    batching.close_batch(batch=batch, actor=lena)
    batch.refresh_from_db()
    with pytest.raises(UndoClosed, match="closed"):
        reopen(batch=batch, rater=rafi)


def test_the_page_gets_a_fragment_that_revises(client, project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1)
    (sent,) = _answers(batch, rafi, [6])
    client.force_login(rafi)
    page = client.post(f"/label/{batch.pk}/reopen", {"back": "0"})
    assert f'data-revises="{sent.uid}"' in page.content.decode() and '"value": 6' in page.content.decode()
    assert client.post(f"/label/{batch.pk}/reopen", {"back": "1"}).json()["error"]["code"] == "undo_closed"
