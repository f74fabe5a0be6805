"""Adjudication with the mouse unplugged: blind answer, reveal, ruling, next, undo; in pairs, rankings and ratings."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from annotation.adjudicating import answer_blind
from annotation.answers import GivenScore
from annotation.assigning import claim_next
from annotation.models import Adjudication, BlindAnswer
from tests.annotation.adjudications import RIGHT, disputed, ruled
from tests.annotation.makers import answer, make_batch
from tests.e2e.axe import complaints

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def batch(project, lena, rubric_version, rosa, rafi, ines):
    votes = [[(rosa, -2), (rafi, 3), (ines, -1)], [(rosa, 2), (rafi, -2)], [(rosa, 1), (rafi, 0), (ines, 1)]]
    return disputed(project, lena, rubric_version, votes)


def test_a_pair_is_ruled_on_by_keyboard_alone(open_page, batch, lena) -> None:
    page = open_page(lena, reverse("disputes", args=["helpful"]))
    page.get_by_role("button", name="Begin with the first").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Item 2 of batch 1")
    assert "Rosa says" not in page.content() and "Rafi says" not in page.content()
    page.keyboard.press("Enter")  # nothing is answered yet
    expect(page.locator("[data-refusal]")).to_contain_text("Left to answer: Overall")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator(".opinions")).to_contain_text("Rosa says 2.")
    expect(page.locator(".ruling")).to_contain_text("without seeing the others: A slightly better")
    page.keyboard.press("4")  # legitimately split
    page.keyboard.press("r")  # in the list of causes, the first that begins so
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Both are normal.")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Item 1 of batch 1")
    ruling = Adjudication.objects.get()
    assert (ruling.outcome, ruling.cause, ruling.note) == ("split", "style", "Both are normal.")
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("Item 3 of batch 1")
    page.keyboard.press("u")
    expect(page.locator("h1")).to_have_text("Item 2 of batch 1")
    assert not Adjudication.objects.in_force().exists() and BlindAnswer.objects.count() == 1
    page.keyboard.press("1")  # A is right
    page.keyboard.press("v")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Item 1 of batch 1")
    ruling = Adjudication.objects.in_force().get()
    assert (ruling.outcome, ruling.answer, ruling.cause, ruling.gold) == ("right", {"strength": -1}, "verbosity", True)


def test_names_are_shown_once_and_logged(open_page, batch, lena) -> None:
    page = open_page(lena, reverse("adjudication", args=["helpful", 1, 1]))
    page.keyboard.press("x")
    expect(page.locator(".opinions")).to_contain_text("Opinion 1")
    expect(page.locator(".opinions b").first).not_to_have_text("Rosa")
    page.keyboard.press("o")
    expect(page.locator(".opinions b").first).to_have_text("Rosa")
    page.reload()


def test_two_leads_at_one_item(open_page, batch, lena, ada) -> None:
    hers = open_page(lena, reverse("adjudication", args=["helpful", 1, 1]))
    page = open_page(ada, reverse("adjudication", args=["helpful", 1, 1]))
    expect(page.locator("[data-refusal]")).to_contain_text("Lena is at this item")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator(".opinions")).to_contain_text("Rafi says 3.")
    expect(page.locator("[data-form]")).to_have_count(0)
    hers.keyboard.press("5")
    hers.keyboard.press("Enter")
    expect(hers.locator(".opinions")).to_contain_text("Rafi says 3.")
    assert BlindAnswer.objects.count() == 2


def test_the_pages_are_for_everybody(open_page, batch, project, lena, rubric_version, rosa, rafi) -> None:
    """The list, blind, revealed, and ruled on; light and dark, and narrow without scrolling sideways."""
    disputed(project, lena, rubric_version, [[(rosa, -2), (rafi, 3)]] * 5)  # more than a phone is wide
    first, second, third = batch.tasks.order_by("number")
    answer_blind(task=second, actor=lena, answer={"strength": 1})
    ruled(third, lena, RIGHT)
    paths = [reverse("disputes", args=["helpful"]) + "?state=all", reverse("disputes", args=["helpful"]) + "?batch=77"]
    paths += [reverse("adjudication", args=["helpful", 1, task.number]) for task in (first, second, third)]
    page = open_page(lena, paths[0], bypass_csp=True)
    origin = page.url.split("/p/")[0]
    wrong = []
    for path in paths:
        page.goto(origin + path)
        wrong += [f"{path}: {line}" for line in complaints(page)]
    assert wrong == []


@pytest.mark.parametrize("kind", ["ranking", "rating"])
def test_rankings_and_ratings(open_page, project, lena, rubric_version, rosa, rafi, kind) -> None:
    if kind == "ranking":
        votes = [[(rosa, [1, 2, 3]), (rafi, [3, 2, 1])]]
        disputed(project, lena, rubric_version, votes, kind=kind, responses=3)
        keys = ["2", "1", "3"]
    else:
        batch = make_batch(project, lena, rubric_version, tasks=1, kind=kind, responses=2)
        for rater, value in ((rosa, 1), (rafi, 3)):
            held = claim_next(batch=batch, rater=rater)
            scores = [
                GivenScore(slug, place, point=value) for slug in ("correctness", "completeness") for place in (1, 2)
            ]
            answer(held, scores=scores, rationale="so")
        keys = ["3", "2", "1", "2"]
    page = open_page(lena, reverse("adjudication", args=["helpful", 1, 1]))
    for key in keys:
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator(".op li")).to_have_count(2)
    page.keyboard.press("1")
    page.keyboard.press("f")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing more waits in this list.")).to_be_visible()
    said = Adjudication.objects.get()
    scores = {"correctness": [3, 2], "completeness": [1, 2]}
    assert said.answer == ({"ranks": [2, 1, 3]} if kind == "ranking" else {"scores": scores})
    assert said.cause == "facts"
