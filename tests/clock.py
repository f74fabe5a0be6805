"""A clock that the test moves."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

__all__ = ["clock"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., datetime]:
    """clock(minutes=…): the time of day, moved on from noon, so that no test meets midnight unasked."""
    now = [timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)]
    monkeypatch.setattr(timezone, "now", lambda: now[0])

    def move(**by: float) -> datetime:
        now[0] += timedelta(**by)
        return now[0]

    return move
