"""WCAG 2.2 A and AA on what a rater, or somebody of no project, reads: no violation on any page (axe.py says how)."""

import pytest

from tests.e2e.axe import violations_of_pages

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.once, pytest.mark.django_db(transaction=True)]


def test_no_violation_on_any_page(world, contexts) -> None:
    size, found = violations_of_pages(world, contexts, "raters")
    assert found == [], "\n".join(found)
    assert size >= 20
