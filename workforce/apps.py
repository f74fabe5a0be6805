"""Django's entry for the app."""

from django.apps import AppConfig


class WorkforceConfig(AppConfig):
    name = "workforce"
