"""What opens under a button fits a phone's window, wherever the button stands."""

import pytest

from tests.e2e.axe import open_shown

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_panels_of_a_rater_fit_a_phone(world, contexts) -> None:
    shown = world.pages["rater"][0]
    page = open_shown(contexts[shown.reader], shown)
    page.set_viewport_size({"width": 320, "height": 900})
    for summary in page.locator(".confirm > summary").all():
        summary.click()
        box = summary.locator("xpath=..").locator(".confirm-body").bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 320, summary.inner_text()
        summary.click()
