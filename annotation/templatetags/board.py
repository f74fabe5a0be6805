"""What the leaderboard says beside its figures."""

from django import template

register = template.Library()


@register.simple_tag
def name_at(names: list[str], place: int) -> str:
    """The name of an item by its number."""
    return names[place]


@register.filter
def tie_share(nu: float) -> float:
    """How often equals tie under Davidson's nu: nu / (2 + nu)."""
    return nu / (2 + nu)
