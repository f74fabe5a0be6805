"""Wires the process: settings, URLs, Celery and the shape of errors. No rule lives here."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
