"""Answers that try to run something, load something or hide something. The page fixture fails the test on any
request to another host, on a script error and on a blocked resource."""

import pytest
from playwright.sync_api import expect

from annotation import batching
from tests.annotation.makers import make_comparison

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

HOSTILE = """<script>window.pwned = 1</script>

<img src=x onerror="window.pwned = 1">

[click me](javascript:window.pwned=1) [data](data:text/html,<script>window.pwned=1</script>)

![chart](http://elsewhere.invalid/pixel.png) ![two](https://elsewhere.invalid/b.png "t")

<style>body { display: none }</style> <iframe src="http://elsewhere.invalid/"></iframe>

pay\u200bpal and \u202ereversed

</div></section></main><form action="http://elsewhere.invalid/"><button>Submit</button></form>
"""


def test_it_runs_nothing_and_asks_nobody(open_page, batch_of, project, lena, rubric_version, rosa) -> None:
    comparison = make_comparison(project, "hostile", [HOSTILE, "A plain answer."])
    items = batching.items_from_comparisons(comparisons=[comparison], kind="pairwise")
    batch = batching.open_batch(
        project=project, name="h", kind="pairwise", rubric_version=rubric_version, overlap=1, items=items, actor=lena
    )
    page = open_page(rosa, f"/label/{batch.pk}/")
    pane = page.locator(".answer", has_text="click me")
    expect(pane).to_contain_text("<script>window.pwned = 1</script>")
    expect(pane.locator("script, img, iframe, style, form, [onerror]")).to_have_count(0)
    assert pane.locator("a").evaluate_all("links => links.map(link => new URL(link.href).protocol)") == [
        "http:",
        "https:",
    ]
    expect(pane.locator("a").first).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(pane.locator(".ctl")).to_have_text(["ZWSP", "RLO"])
    pane.locator("a").first.click()
    expect(page.locator("#toasts")).to_contain_text("Hold Ctrl and click to open elsewhere.invalid")
    assert page.evaluate("window.pwned") is None
    assert len(page.context.pages) == 1


def test_a_line_of_two_hundred_thousand_characters_stays_usable(open_page, project, lena, rubric_version, rosa) -> None:
    comparison = make_comparison(project, "long", ["x" * 200_000, "Short."])
    items = batching.items_from_comparisons(comparisons=[comparison], kind="pairwise")
    batch = batching.open_batch(
        project=project, name="l", kind="pairwise", rubric_version=rubric_version, overlap=1, items=items, actor=lena
    )
    page = open_page(rosa, f"/label/{batch.pk}/", width=320, height=640)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.keyboard.press("3")
    expect(page.locator("[name=value]:checked")).to_have_value("3")
