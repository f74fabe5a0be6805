"""The pages of adjudication: blind until one's own answer is stored, queries that do not grow, words that stay."""

import pytest
from django.urls import reverse

from annotation.adjudicating import answer_blind
from annotation.answers import GivenScore
from annotation.assigning import claim_next
from annotation.models import Adjudication, AdjudicationSeat, BlindAnswer
from annotation.seating import take_seat
from tests.annotation.adjudications import AMBIGUOUS, SPLIT, disputed, ruled
from tests.annotation.makers import answer, make_batch
from workforce.models import AuditEvent

pytestmark = pytest.mark.django_db
MOST = 12


@pytest.fixture
def batch(project, lena, rubric_version, rosa, rafi):
    return disputed(project, lena, rubric_version, [[(rosa, -2), (rafi, 3)], [(rosa, 2), (rafi, -1)]])


@pytest.fixture
def here(client, lena, batch):
    client.force_login(lena)
    return reverse("adjudication", args=["helpful", batch.number, 1])


def _text(response) -> str:
    return response.content.decode()


def test_no_vote_is_sent_before_ones_own_answer(client, here, batch):
    page = _text(client.get(here))
    assert "Rosa says" not in page and "Opinion 1" not in page and "Rosa" not in page
    refused = client.post(here, {})
    assert refused.status_code == 422 and "Left to answer: Overall" in _text(refused)
    assert "Rosa says" not in _text(refused)
    assert client.post(here + "rule/", {"outcome": "split"}).status_code == 422
    names = client.post(here + "names/")
    assert names.status_code == 409 and "Rosa" not in _text(names)
    assert client.post(here, {"strength": "-1"}).status_code == 302
    page = _text(client.get(here))
    assert "Rosa says -2." in page and "Opinion 1" in page and ">Rosa<" not in page


def test_another_leads_answer_opens_nothing(client, here, batch, ada):
    answer_blind(task=batch.tasks.get(number=1), actor=ada, answer={"strength": 1})
    assert "Rosa says" not in _text(client.get(here))


def test_the_blind_strip_does_not_tell_sides(client, batch, lena):
    client.force_login(lena)
    page = _text(client.get(reverse("disputes", args=["helpful"])))
    assert "sides not told" in page and "A better" not in page
    answer_blind(task=batch.tasks.get(number=1), actor=lena, answer=None)
    assert "A better 1, B much better 1" in _text(client.get(reverse("disputes", args=["helpful"])))


def test_names_are_logged(client, here, batch):
    client.post(here, {"cannot": "1"})
    assert BlindAnswer.objects.get().answer is None
    assert "<b>Rosa</b>" in _text(client.post(here + "names/"))
    assert AuditEvent.objects.filter(verb="show_raters").count() == 1
    assert "<b>Rosa</b>" not in _text(client.get(here))


def test_a_refused_ruling_keeps_what_was_written(client, here, batch, ada):
    client.post(here, {"strength": "2"})
    AdjudicationSeat.objects.all().delete()
    ruled(batch.tasks.get(number=1), ada, SPLIT)
    given = {"outcome": "right:second", "cause": "facts", "confidence": "3", "note": "The year is 1912."}
    refused = client.post(here + "rule/", given)
    assert refused.status_code == 409
    page = _text(refused)
    assert "Ada ruled on this item" in page and "The year is 1912." in page
    assert 'value="facts" selected' in page and 'value="right:second" checked' in page
    assert Adjudication.objects.count() == 1


def test_an_unfinished_ruling_says_what_is_left(client, here, batch):
    client.post(here, {"strength": "2"})
    page = _text(client.post(here + "rule/", {"outcome": "gap", "confidence": "2"}))
    assert "Choose a cause." in page and "Write a note: others act on it." in page


@pytest.mark.parametrize(
    ("blind", "outcome", "strength"),
    [("2", "right:second", 2), ("2", "right:first", -1), ("2", "right:tie", 0), ("-3", "right:first", -3)],
)
def test_the_grade_is_ones_own_where_the_side_is(client, here, batch, blind, outcome, strength):
    client.post(here, {"strength": blind})
    client.post(here + "rule/", {"outcome": outcome, "cause": "slip", "confidence": "3"})
    assert Adjudication.objects.get().answer == {"strength": strength}


def test_the_next_item_is_one_that_nobody_sits_at(client, here, batch, ada):
    take_seat(task=batch.tasks.get(number=2), actor=ada)
    client.post(here, {"strength": "2"})
    done = client.post(here + "rule/", {"outcome": "split", "cause": "style", "confidence": "2"})
    assert done.url.startswith(reverse("disputes", args=["helpful"]))
    AdjudicationSeat.objects.all().delete()
    onward = client.post(reverse("dispute-next", args=["helpful"]) + "?spread=all", {"after": "1-1"})
    assert onward.url == reverse("adjudication", args=["helpful", 1, 2]) + "?spread=all"


def test_ruling_otherwise_and_taking_back(client, here, batch):
    client.post(here, {"strength": "2"})
    client.post(here + "rule/", {"outcome": "split", "cause": "style", "confidence": "2"})
    first = Adjudication.objects.get()
    said = {"outcome": "ambiguous", "cause": "other", "confidence": "1", "revises": str(first.uid)}
    assert client.post(here + "rule/", said).status_code == 302
    assert Adjudication.objects.in_force().get().supersedes == first
    assert client.post(here + "rule/", said).status_code == 409  # that one was superseded
    assert client.post(here + "undo/", {"reason": "So."}).status_code == 302
    assert not Adjudication.objects.in_force().exists()
    assert client.post(here + "undo/", {"reason": "So."}).status_code == 409


@pytest.mark.parametrize("items", [2, 60])
def test_the_list_asks_twelve_times_at_most(
    client, project, lena, rubric_version, rosa, rafi, items, django_assert_max_num_queries
):
    disputed(project, lena, rubric_version, [[(rosa, -2), (rafi, 3)]] * items)
    ranks = disputed(project, lena, rubric_version, [[(rosa, [1, 2]), (rafi, [2, 1])]] * 2, kind="ranking")
    rated = make_batch(project, lena, rubric_version, tasks=2, kind="rating", responses=1)
    for rater, value in ((rosa, 1), (rafi, 3)):
        while (held := claim_next(batch=rated, rater=rater)) is not None:
            scores = [GivenScore(slug, 1, point=value) for slug in ("correctness", "completeness")]
            answer(held, scores=scores, rationale="so")
    ruled(ranks.tasks.get(number=1), lena, AMBIGUOUS)
    client.force_login(lena)
    list_of_all = reverse("disputes", args=["helpful"]) + "?state=all"
    client.get(list_of_all)  # signing in writes to the session once
    with django_assert_max_num_queries(MOST):
        page = client.get(list_of_all)
    assert page.status_code == 200 and f'All <span class="count">{items + 4}' in _text(page)
    with django_assert_max_num_queries(MOST):
        page = client.get(list_of_all + "&criterion=correctness")
    assert "Correctness, answer 1" in _text(page)


def test_raters_and_strangers(client, here, batch, rosa, vic):
    client.force_login(rosa)
    assert client.get(here).status_code == 403
    client.force_login(vic)
    assert client.get(here).status_code == 404
