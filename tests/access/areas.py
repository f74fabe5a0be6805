"""The pages of the matrix in three parts, by who gets in: a file of tests each, so that processes share the work."""

from tests.access.table import ROUTES

AREAS = {
    "raters": ("anyone", "signed in", "member", "wellbeing contact", "correspondent", "rater", "itself"),
    "leads": ("lead",),
    "admins": ("admin",),
}
PAGES = [route for route in ROUTES if not route.startswith("api-") or route == "api-schema"]


def pages_of(area: str) -> list[str]:
    return [route for route in PAGES if ROUTES[route].who in AREAS[area]]
