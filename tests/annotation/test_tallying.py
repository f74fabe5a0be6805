"""Rates of scopes are those of the answers, told with intervals, and a rater's stand beside them."""

import csv
import io

import pytest
from django.urls import reverse

from annotation.assigning import claim_next
from annotation.models import Judgment, Prompt, ScopeTally
from annotation.raters.watching import look_at_raters
from annotation.tallying import tallies_of
from tests.annotation.makers import answer, make_batch

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client, lena):
    client.force_login(lena)
    return client


@pytest.fixture
def said(project, lena, rubric_version, rafi, rosa):
    """Ten items: Rafi always takes the first shown side, Rosa the second but for a tie and two she cannot judge."""
    batch = make_batch(project, lena, rubric_version, tasks=10)
    Prompt.objects.filter(tasks__number__lte=4).update(domain="kitchen")
    Prompt.objects.filter(tasks__number__gt=4).update(domain="law")
    while held := claim_next(batch=batch, rater=rafi):
        answer(held, value=1)
    while held := claim_next(batch=batch, rater=rosa):
        n = held.task.number
        answer(held, **({"cant_judge": "unclear"} if n in (1, 2) else {"value": 4 if n == 3 else 7}))
    make_batch(project, lena, rubric_version, tasks=1, kind="ranking", responses=3)
    return batch


def test_they_are_those_of_the_answers(project, said):
    assert tallies_of(project=project).whole is None
    look_at_raters(project=project)
    found = tallies_of(project=project)
    assert (found.whole.unable.hits, found.whole.unable.n) == (2, 20)
    assert (found.whole.first.hits, found.whole.first.n) == (10, 17)
    kitchen, law = found.by_slice["domain"]
    assert (kitchen.unable.hits, kitchen.unable.n, kitchen.first.hits, kitchen.first.n) == (2, 8, 4, 5)
    assert (law.unable.hits, law.unable.n, law.first.hits, law.first.n) == (0, 12, 6, 12)
    assert found.whole.first.interval.low < 10 / 17 < found.whole.first.interval.high


def test_what_is_superseded_or_surplus_does_not_count_and_looking_again_replaces(project, said):
    look_at_raters(project=project)
    before = ScopeTally.objects.count()
    look_at_raters(project=project)
    assert ScopeTally.objects.count() == before
    assert tallies_of(project=project).whole.unable.n == Judgment.objects.current().count()


def test_the_page_the_csv_and_the_api_say_them(lead, project, said):
    look_at_raters(project=project)
    text = lead.get(reverse("agreement", args=["helpful"])).content.decode()
    assert "Side shown first" in text and "10.0 %" in text and "58.8 %" in text
    found = lead.get(reverse("agreement-csv", args=["helpful"]))
    lines = list(csv.DictReader(io.StringIO(b"".join(found.streaming_content).decode())))
    [whole] = [line for line in lines if (line["question"], line["slice"]) == ("cant_judge", "all")]
    assert (float(whole["share"]), whole["labels"], whole["alpha"]) == (0.1, "20", "")
    assert {line["value"] for line in lines if line["question"] == "first_side"} >= {"", "kitchen", "law"}


def test_a_raters_page_holds_theirs_against_all(lead, project, said, rafi, rosa):
    look_at_raters(project=project)
    of_rosa = lead.get(reverse("rater", args=["helpful", rosa.pk])).content.decode()
    assert "20.0 %" in of_rosa and "all raters 10.0 %" in of_rosa and "all raters 58.8 %" in of_rosa
