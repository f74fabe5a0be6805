"""The part of the permission matrix that is pages for leads."""

import pytest

from tests.access.areas import pages_of
from tests.access.matrix import wrong_cells

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.once]
PAGES = pages_of("leads")


def test_every_cell_of_leads_pages(settings, caplog) -> None:
    size, wrong = wrong_cells(PAGES, api=False, settings=settings, caplog=caplog)
    assert wrong == [], "\n".join(wrong)
    print(f"{size} cells of leads' pages")
    assert size > 1000
