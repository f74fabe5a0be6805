"""The half of the permission matrix that is pages."""

import pytest

from tests.access.matrix import wrong_cells
from tests.access.table import ROUTES

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.once]


def test_every_cell_of_the_pages(settings, caplog) -> None:
    routes = [route for route in ROUTES if not route.startswith("api-") or route == "api-schema"]
    size, wrong = wrong_cells(routes, api=False, settings=settings, caplog=caplog)
    assert wrong == [], "\n".join(wrong)
    print(f"{size} cells of pages")
    assert size > 5000
