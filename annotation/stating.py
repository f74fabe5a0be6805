"""Reasons that leads give for what they do: kept in the audit log for whoever asks later."""

from annotation.answers import storable
from annotation.errors import ReasonNeeded

REASON_MAX = 500


def stated(reason: str) -> str:
    """The reason without blanks around it, 1–500 characters. Raises ReasonNeeded."""
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX or not storable(reason):
        raise ReasonNeeded(fields={"reason": f"Between 1 and {REASON_MAX} characters of plain text."})
    return reason
