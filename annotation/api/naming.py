"""Skills and vendors of a team by the short names that a request gives."""

from collections.abc import Collection

from annotation.errors import ItemsDoNotFit
from workforce.models import Skill, Team, Vendor


def skills_named(*, team: Team, slugs: Collection[str], field: str = "requires") -> tuple[Skill, ...]:
    """The team's skills of these short names. Raises ItemsDoNotFit with the first that there is none of."""
    found = {skill.slug: skill for skill in team.skills.filter(slug__in=slugs)}
    _require_all(slugs, found, field=field, what="skill")
    return tuple(found.values())


def vendors_named(*, team: Team, slugs: Collection[str]) -> tuple[Vendor, ...]:
    """The team's vendors of these short names. Raises ItemsDoNotFit with the first that there is none of."""
    found = {vendor.slug: vendor for vendor in team.vendors.filter(slug__in=slugs)}
    _require_all(slugs, found, field="vendors", what="vendor")
    return tuple(found.values())


def _require_all(slugs: Collection[str], found: Collection[str], *, field: str, what: str) -> None:
    for slug in slugs:
        if slug not in found:
            fields = {field: f"There is no {what} {slug!r} in this team."}
            raise ItemsDoNotFit("Nothing was changed.", fields=fields)
