"""Reading aids in a real browser: folded turns, differences, source, quotes, what was in view, long answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotation import batching
from annotation.models import Comparison, ComparisonResponse, Judgment, Prompt, Response
from tests.annotation.makers import sha
from tests.e2e.waiting import enter

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NEAR = "The capital of France is **Paris**. It lies on the Seine and has about two million inhabitants in all."
ALSO = "The capital of France is Paris.   It lies on the Seine and has about 2.1 million inhabitants in all."
MARKED = "CSS.highlights.has('differs') ? [...CSS.highlights.get('differs')].map((range) => String(range)) : null"


@pytest.fixture
def item(open_page, project, lena, rubric_version, rosa) -> Callable[..., Page]:
    """item(texts, messages=…): the label page of one item, A and B as given."""

    def make(
        texts: list[str], messages: list[dict[str, str]] | None = None, kind: str = "pairwise", **options: object
    ) -> Page:
        messages = messages or [{"role": "user", "content": "What is the capital of France?"}]
        prompt = Prompt.objects.create(project=project, digest=sha(str(texts)), messages=messages)
        comparison = Comparison.objects.create(project=project, prompt=prompt, external_id="one")
        for position, text in enumerate(texts):
            response = Response.objects.create(prompt=prompt, digest=sha(f"{position}{text}"), text=text)
            ComparisonResponse.objects.create(comparison=comparison, response=response, position=position)
        batch = batching.open_batch(
            project=project,
            name="r",
            kind=kind,
            rubric_version=rubric_version,
            overlap=1,
            items=batching.items_from_comparisons(comparisons=[comparison], kind=kind),
            actor=lena,
        )
        return open_page(rosa, f"/label/{batch.pk}/", **options)

    return make


def turns(*roles: str) -> list[dict[str, str]]:
    return [{"role": role, "content": f"{role} says {n}"} for n, role in enumerate(roles)]


def test_earlier_turns_fold_and_what_system_and_tools_say_is_a_closed_block(item) -> None:
    page = item(["a", "b"], turns("system", "user", "tool", "assistant", "user", "assistant", "user"))
    expect(page.get_by_text("user says 6")).to_be_visible()
    expect(page.get_by_text("the answers reply to this")).to_be_visible()
    expect(page.get_by_text("user says 1")).not_to_be_visible()
    expect(page.get_by_text("system says 0")).not_to_be_visible()
    page.keyboard.press("h")
    expect(page.get_by_text("user says 1")).to_be_visible()
    expect(page.get_by_role("button", name="5 earlier turns")).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_text("tool says 2")).not_to_be_visible()
    page.get_by_text("Tool result").click()
    expect(page.get_by_text("tool says 2")).to_be_visible()
    page.keyboard.press("h")
    expect(page.get_by_text("user says 1")).not_to_be_visible()


def test_answers_nearly_the_same_say_so_and_show_their_differences(item) -> None:
    page = item([NEAR, ALSO])
    expect(page.locator("[data-alike]")).to_contain_text("% alike — D shows differences")
    page.keyboard.press("d")
    expect(page.locator("[data-do=differences]")).to_have_attribute("aria-pressed", "true")
    assert sorted(page.evaluate(MARKED)) == ["2.1", "two"]
    page.keyboard.press("m")
    expect(page.locator("pre.source")).to_have_count(3)
    assert any("*" in text for text in page.evaluate(MARKED))
    page.keyboard.press("d")
    expect(page.locator("[data-do=differences]")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(MARKED) is None
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    assert Judgment.objects.get().diff_used is True


def test_without_custom_highlights_differences_are_marked_in_the_text(item) -> None:
    page = item([NEAR, ALSO])
    page.evaluate("delete window.Highlight")
    page.keyboard.press("d")
    expect(page.locator("mark.differs")).to_have_text(["2.1", "two"] if "2.1" in first(page) else ["two", "2.1"])
    before = page.locator(".answers").inner_text()
    page.keyboard.press("d")
    expect(page.locator("mark.differs")).to_have_count(0)
    assert page.locator(".answers").inner_text() == before


def first(page: Page) -> str:
    return page.locator("[data-answer=A] .md").inner_text()


def test_answers_that_have_little_in_common_say_nothing(item) -> None:
    page = item([NEAR, "Something else entirely, with other words."])
    page.keyboard.press("d")
    expect(page.locator("[data-do=differences]")).to_have_attribute("aria-pressed", "true")
    assert len(page.evaluate(MARKED)) > 1
    expect(page.locator("[data-alike]")).to_be_empty()


def test_the_source_is_shown_as_text_with_hidden_marks(item) -> None:
    page = item(["**bold** pay\u200bpal <b>x</b>", ""])
    expect(page.locator(".md strong")).to_have_text("bold")
    page.keyboard.press("m")
    pane = page.locator(".answer", has=page.locator("pre.source"))
    expect(pane.locator("pre.source")).to_have_text("**bold** payU+200Bpal <b>x</b>")
    expect(pane.locator(".md")).to_be_hidden()
    page.get_by_role("button", name="Source").click()
    expect(page.locator(".answer .md")).to_be_visible()
    expect(page.locator("pre.source")).to_have_count(0)


def test_a_selection_becomes_a_quote_that_leads_back_and_is_kept(item) -> None:
    page = item(["First paragraph.\n\nSecond paragraph, quoted.", "Other."])
    pane = page.locator(".answer", has_text="Second paragraph")
    name = pane.get_attribute("data-answer")
    pane.locator("p").nth(1).evaluate("(p) => getSelection().selectAllChildren(p)")
    page.keyboard.press("q")
    quote = page.locator("[data-quotes] .quote")
    expect(quote).to_have_count(1)
    expect(quote).to_contain_text(f"{name} ¶2")
    pane.locator("p").first.evaluate("(p) => getSelection().selectAllChildren(p)")
    page.get_by_role("button", name="Quote", exact=False).last.click()
    expect(quote).to_have_count(2)
    quote.nth(1).get_by_role("button", name="Remove the quote").click()
    expect(quote).to_have_count(1)
    quote.get_by_role("button", name="Go to the quote").click()
    expect(pane.locator("p.quoted")).to_have_text("Second paragraph, quoted.")
    page.locator("[data-scale] label").nth(1).click()
    page.keyboard.press("Enter")
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    judgment = Judgment.objects.get()
    assert judgment.quotes == [{"position": 0, "block": 2, "text": "Second paragraph, quoted."}]


def test_a_long_answer_is_folded_until_it_is_opened_or_reached(item) -> None:
    long = "\n\n".join(f"Paragraph {n} of a long answer, with some words in it." for n in range(300))
    page = item([long, "Short."])
    pane = page.locator(".answer", has_text="Paragraph 0")
    expect(pane.locator(".text")).to_have_class("text folded")
    pane.get_by_role("button", name="Show all (3,300 words)").click()
    expect(pane.locator(".text")).to_have_class("text")
    expect(pane.get_by_role("button", name="Show all")).to_have_count(0)
    page.reload()
    expect(pane.locator(".text")).to_have_class("text folded")
    pane.locator("p").last.evaluate("(p) => p.scrollIntoView()")
    expect(pane.locator(".text")).to_have_class("text")


def test_what_was_in_view_for_a_second_is_kept_and_the_rest_asked_about_once(item) -> None:
    long = "\n\n".join(f"Paragraph {n} of an answer, with some words in it." for n in range(40))
    page = item([long, "Short."])
    name = page.locator(".answer", has_text="Short.").get_attribute("data-answer")
    expect(page.locator(f"[data-answer={name}] [data-seen]")).to_contain_text("Read to the end")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("[data-note]")).to_be_visible()
    enter(page)
    expect(page.locator("#main").get_by_text("Nothing is waiting")).to_be_visible()
    judgment = Judgment.objects.get()
    short = "AB".index(name or "A")
    assert judgment.seen[short] == 1
    assert 0 < judgment.seen[1 - short] < 0.6


def test_code_can_be_copied_and_wrapped(item) -> None:
    page = item(["```python\nprint(1)\n```", "b"], permissions=["clipboard-read", "clipboard-write"])
    block = page.locator(".code")
    expect(block.locator(".lang")).to_have_text("Python")
    block.get_by_role("button", name="Copy").click()
    expect(block.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "print(1)\n"
    block.get_by_role("button", name="Wrap").click()
    expect(block).to_have_class("code wrap")


def test_views_go_round_on_wide_pages_and_through_tabs_on_narrow_ones(item) -> None:
    page = item(["left", "right"])
    answers = page.locator("[data-answers]")
    for view in ("stack", "a", "b"):
        page.keyboard.press("v")
        expect(answers).to_have_attribute("data-view", view)
    page.keyboard.press("v")
    expect(answers).not_to_have_attribute("data-view", "b")
    page.set_viewport_size({"width": 600, "height": 900})
    for tab in ("b", "both", "a"):
        page.keyboard.press("v")
        expect(page.locator("[name=pane]:checked")).to_have_value(tab)


def test_arabic_and_hebrew_run_from_the_right_and_code_and_formulas_from_the_left(item) -> None:
    page = item(["- القاهرة `pip` $x^2$\n\n```\ncode\n```", "שלום\n\nEnglish"])
    directions = "(selector) => getComputedStyle(document.querySelector(selector)).direction"
    assert page.evaluate(directions, ".md ul") == "rtl"
    for selector in (".md ul code", ".md .math", ".md pre"):
        assert page.evaluate(directions, selector) == "ltr", selector
    hebrew = page.locator(".md p", has_text="שלום")
    assert hebrew.evaluate("(p) => getComputedStyle(p).direction") == "rtl"
    assert page.get_by_text("English").evaluate("(p) => getComputedStyle(p).direction") == "ltr"
