"""Ranking by picking: digits, ties, the last place that fills itself, and the same by buttons."""

import pytest
from playwright.sync_api import expect

from annotation.models import Judgment

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def shown_ranks(judgment: Judgment) -> list[int]:
    """Ranks in the order in which the rater saw the answers."""
    by_position = {placement.position: placement.rank for placement in judgment.placements.all()}
    return [by_position[position] for position in judgment.display_order]


def test_four_answers_by_digits_with_a_tie(open_page, batch_of, rosa) -> None:
    batch = batch_of(kind="ranking", responses=4, tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    for key in ("3", "t", "1", "4"):
        page.keyboard.press(key)
    expect(page.locator(".slot.auto .digit")).to_have_text("2")
    expect(page.locator("#say")).to_have_text("Answer 4, now 3rd of 4. Answer 2 takes the place that is left.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is waiting")).to_be_visible()
    assert shown_ranks(Judgment.objects.get()) == [1, 3, 1, 2]


def test_nine_answers_take_eight_digits_and_enter(open_page, batch_of, rosa) -> None:
    batch = batch_of(kind="ranking", responses=9, tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    for key in "98765432":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is waiting")).to_be_visible()
    assert shown_ranks(Judgment.objects.get()) == [9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_from_the_worst_end_and_taking_back(open_page, batch_of, rosa) -> None:
    batch = batch_of(kind="ranking", responses=4, tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    page.keyboard.press("1")
    page.keyboard.press("w")
    page.keyboard.press("2")
    page.keyboard.press("3")
    page.keyboard.press("Backspace")
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is waiting")).to_be_visible()
    assert shown_ranks(Judgment.objects.get()) == [1, 4, 2, 3]


def test_five_answers_by_buttons_alone(open_page, batch_of, rosa) -> None:
    batch = batch_of(kind="ranking", responses=5, tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    for n in (2, 1, 5):
        page.get_by_role("button", name=f"Place answer {n} next").click()
    page.get_by_role("button", name="Tie answer 4 with the last placed").click()
    page.get_by_role("button", name="Move up: answer 1", exact=True).click()
    page.get_by_role("button", name="Take answer 2 out").click()
    page.get_by_role("button", name="Place answer 2 next").click()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Nothing is waiting")).to_be_visible()
    assert shown_ranks(Judgment.objects.get()) == [1, 4, 3, 2, 2]


def test_enter_before_everything_is_placed_is_refused(open_page, batch_of, rosa) -> None:
    batch = batch_of(kind="ranking", responses=4, tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    expect(page.locator(".cand.placed")).to_have_count(0)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("[data-message]")).to_contain_text("3 answers to place")
    expect(page.get_by_role("button", name="Place answer 1 next")).to_be_focused()
    assert not Judgment.objects.exists()


def test_without_a_script_ranks_are_chosen_from_lists(open_page, batch_of, rosa) -> None:
    batch = batch_of(kind="ranking", responses=3, tasks=1, overlap=1)
    page = open_page(rosa, f"/label/{batch.pk}/", java_script_enabled=False)
    for n, rank in ((1, "2"), (2, "1"), (3, "2")):
        page.get_by_label(f"Rank of answer {n}").select_option(rank)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Nothing is waiting")).to_be_visible()
    assert shown_ranks(Judgment.objects.get()) == [2, 1, 2]
