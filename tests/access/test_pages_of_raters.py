"""The part of the permission matrix that is pages which anybody, or a rater, gets in to."""

import pytest

from tests.access.areas import pages_of
from tests.access.matrix import wrong_cells

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.once]
PAGES = pages_of("raters")


def test_every_cell_of_raters_pages(settings, caplog) -> None:
    size, wrong = wrong_cells(PAGES, api=False, settings=settings, caplog=caplog)
    assert wrong == [], "\n".join(wrong)
    print(f"{size} cells of raters' pages")
    assert size > 1000
