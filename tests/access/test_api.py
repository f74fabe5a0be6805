"""The half of the permission matrix that is the API."""

import pytest

from tests.access.matrix import wrong_cells
from tests.access.rows import addresses
from tests.access.table import ROUTES

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_every_address_stands_in_the_table_and_no_other() -> None:
    assert set(ROUTES) == set(addresses())


def test_every_cell_of_the_api(settings, caplog) -> None:
    routes = [route for route in ROUTES if route.startswith("api-") and route != "api-schema"]
    size, wrong = wrong_cells(routes, api=True, settings=settings, caplog=caplog)
    assert wrong == [], "\n".join(wrong)
    print(f"{size} cells of the API")
    assert size > 1500
