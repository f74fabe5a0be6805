"""The half of the permission matrix that is the API."""

import pytest

from tests.access import test_pages_of_admins, test_pages_of_leads, test_pages_of_raters
from tests.access.areas import PAGES
from tests.access.matrix import wrong_cells
from tests.access.rows import addresses
from tests.access.table import ROUTES

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_every_address_stands_in_the_table_and_no_other() -> None:
    assert set(ROUTES) == set(addresses())


def test_every_page_is_asked_for_by_one_file() -> None:
    asked = [page for file in (test_pages_of_raters, test_pages_of_leads, test_pages_of_admins) for page in file.PAGES]
    assert sorted(asked) == sorted(PAGES)


def test_every_cell_of_the_api(settings, caplog) -> None:
    routes = [route for route in ROUTES if route not in PAGES]
    size, wrong = wrong_cells(routes, api=True, settings=settings, caplog=caplog)
    assert wrong == [], "\n".join(wrong)
    print(f"{size} cells of the API")
    assert size > 1500
