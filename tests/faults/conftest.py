"""Fault tests share the tiny models."""

from tests.tiny import *  # noqa: F403
