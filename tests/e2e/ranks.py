"""What a judgment says about the answers, in the order in which the rater saw them."""

from annotation.models import Judgment


def shown_ranks(judgment: Judgment) -> list[int]:
    """Ranks as stored: 1 is best, ties share a rank, no rank is left out."""
    by_position = {placement.position: placement.rank for placement in judgment.placements.all()}
    return [by_position[position] for position in judgment.display_order]


def shown_acceptable(judgment: Judgment) -> list[bool | None]:
    """What could be sent, None where no line was drawn."""
    by_position = {placement.position: placement.acceptable for placement in judgment.placements.all()}
    return [by_position[position] for position in judgment.display_order]
