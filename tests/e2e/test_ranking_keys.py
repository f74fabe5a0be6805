"""Ranking with the keyboard alone: digits, ties, either end, the line, and the last place that fills itself."""

import pytest
from playwright.sync_api import expect

from annotation.models import Batch, Draft, Judgment
from tests.e2e.ranks import shown_acceptable, shown_ranks
from tests.e2e.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ranking(open_page, batch_of, rosa):
    """ranking(4): the page of a ranking of four answers."""

    def open_it(responses: int, *, best_worst: bool = False, **options: object):
        batch = batch_of(kind="ranking", responses=responses, tasks=1, overlap=1)
        Batch.objects.filter(pk=batch.pk).update(best_worst=best_worst)
        return open_page(rosa, f"/label/{batch.pk}/", **options)

    return open_it


def press(page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def sent(page) -> Judgment:
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    return Judgment.objects.get()


@pytest.mark.parametrize("k", [2, 4, 7, 9])
def test_one_key_fewer_than_answers_and_enter(ranking, k):
    page = ranking(k)
    keys = [str(n) for n in range(k, 1, -1)]
    press(page, " ".join([*keys, "Enter"]))
    assert len(keys) == k - 1
    assert shown_ranks(sent(page)) == list(range(k, 0, -1))


def test_four_answers_with_a_tie(ranking):
    page = ranking(4)
    press(page, "3 t 1 4")
    expect(page.locator(".slot.auto .digit")).to_have_text("2")
    expect(page.locator("#say")).to_have_text("Answer 4, now 3rd of 4. Answer 2 takes the place that is left.")
    press(page, "Enter")
    assert shown_ranks(sent(page)) == [1, 3, 1, 2]


def test_nine_answers_with_one_tie(ranking):
    page = ranking(9)
    press(page, "5 1 t 9 2 3 4 6 7 Enter")
    assert shown_ranks(sent(page)) == [2, 3, 4, 5, 1, 6, 7, 8, 2]


def test_from_the_worst_end_and_taking_back(ranking):
    page = ranking(4)
    press(page, "1 w 2 3 Backspace 4 Enter")
    assert shown_ranks(sent(page)) == [1, 4, 2, 3]


def test_enter_before_everything_is_placed_names_what_is_missing(ranking):
    page = ranking(4)
    expect(page.locator(".cand.placed")).to_have_count(0)
    press(page, "2 Enter")
    expect(page.locator("[data-message]")).to_contain_text("3 answers to place: 1, 3, 4")
    expect(page.get_by_role("button", name="Place answer 1 next")).to_be_focused()
    assert not Judgment.objects.exists()


def test_nothing_is_placed_by_default(ranking):
    page = ranking(4)
    press(page, "Enter")
    expect(page.locator("[data-message]")).to_contain_text("4 answers to place: 1, 2, 3, 4")
    assert not Judgment.objects.exists()


def test_the_line_of_what_can_be_sent(ranking):
    page = ranking(4)
    press(page, "3 1 l")
    expect(page.locator("#say")).to_have_text("Acceptable down to 2nd.")
    expect(page.locator("[data-slots] > :nth-child(3)")).to_have_text("Acceptable above this line")
    press(page, "4 Enter")
    judgment = sent(page)
    assert (shown_ranks(judgment), shown_acceptable(judgment)) == ([2, 4, 1, 3], [True, False, True, False])


def test_a_line_pressed_again_goes_to_the_end_and_then_away(ranking):
    page = ranking(3)
    press(page, "3 1 l l")
    expect(page.locator("#say")).to_have_text("All are acceptable.")
    press(page, "l")
    expect(page.locator("#say")).to_have_text("No line.")
    press(page, "Enter")
    assert shown_acceptable(sent(page)) == [None, None, None]


def test_best_and_worst_of_six_take_two_keys(ranking):
    page = ranking(6, best_worst=True)
    press(page, "4")
    expect(page.locator("#say")).to_have_text("Answer 4: Best.")
    press(page, "Enter")
    expect(page.locator("[data-message]")).to_contain_text("the best or the worst to choose")
    page.keyboard.press("Escape")
    press(page, "2")
    expect(page.locator("#say")).to_have_text("Answer 2: Worst.")
    page.locator("#main").focus()
    press(page, "Enter")
    judgment = sent(page)
    assert (shown_ranks(judgment), judgment.best_worst) == ([2, 3, 2, 1, 2, 2], True)


def test_all_of_six_can_be_ranked_where_best_and_worst_would_do(ranking):
    page = ranking(6, best_worst=True)
    page.get_by_role("button", name="Best and worst only").click()
    page.locator("#main").focus()
    press(page, "1 2 3 4 5 Enter")
    judgment = sent(page)
    assert (shown_ranks(judgment), judgment.best_worst) == ([1, 2, 3, 4, 5, 6], False)


def _put_aside() -> bool:
    """Whether the server has the draft with best and worst in use and the ranking, with its line, beside it."""
    draft = Draft.objects.first()
    return bool(draft and draft.content["best_worst"] and draft.content["aside"].get("line") is not None)


def test_what_was_placed_comes_back_with_its_way_of_ranking(ranking):
    page = ranking(6, best_worst=True)
    few = page.get_by_role("button", name="Best and worst only")
    press(page, "4 2")
    few.click()
    expect(page.locator(".slot-item")).to_have_count(0)
    page.locator("#main").focus()
    press(page, "6 5 t 4 3 2 1 l")
    ranked = ["6", "5", "4", "3", "2", "1"]
    expect(page.locator(".slot-item .digit")).to_have_text(ranked)
    few.click()
    expect(page.locator(".slot-item .digit")).to_have_text(["4", "2"])
    few.click()
    expect(page.locator(".slot-item .digit")).to_have_text(ranked)
    expect(page.locator(".accept")).to_be_visible()
    few.click()
    until(page, _put_aside)
    page.reload()
    expect(page.locator(".slot-item .digit")).to_have_text(["4", "2"])
    few.click()
    expect(page.locator(".slot-item .digit")).to_have_text(ranked)
    page.locator("#main").focus()
    press(page, "Enter")
    judgment = sent(page)
    assert (shown_ranks(judgment), judgment.best_worst) == ([5, 4, 3, 2, 2, 1], False)


def test_arrows_open_one_answer_after_the_other(ranking):
    page = ranking(7)
    expect(page.locator(".cand.active")).to_have_attribute("data-answer", "1")
    press(page, "ArrowDown ArrowDown")
    expect(page.locator(".cand.active")).to_have_attribute("data-answer", "3")
    expect(page.locator("[data-which]")).to_have_text("Answer 3 of 7")
    press(page, "ArrowUp 5")
    expect(page.locator(".slot-item .digit")).to_have_text(["5"])


def test_a_half_built_ranking_comes_back_after_a_reload(ranking):
    page = ranking(5)
    press(page, "4 t 2 1 l")
    expect(page.locator(".accept")).to_be_visible()
    expect(page.locator("[data-status]")).to_have_text("Saved")
    page.reload()
    expect(page.locator(".slot-item .digit")).to_have_text(["4", "2", "1"])
    expect(page.locator(".accept")).to_be_visible()
    press(page, "3 Enter")
    assert shown_ranks(sent(page)) == [2, 1, 3, 1, 4]


def test_without_a_script_ranks_are_chosen_from_lists(ranking):
    page = ranking(3, java_script_enabled=False)
    for n, rank in ((1, "2"), (2, "1"), (3, "2")):
        page.get_by_label(f"Rank of answer {n}").select_option(rank)
    page.get_by_role("button", name="Submit").click()
    assert shown_ranks(sent(page)) == [2, 1, 2]


@pytest.mark.parametrize("k", [4, 7])
def test_the_prompt_stays_what_it_is(ranking, k):
    page = ranking(k)
    press(page, "2")
    expect(page.locator("[data-talk]")).to_contain_text("prompt c0")
    expect(page.locator(f"[data-answer='{k}']")).to_contain_text("c0 answer")
