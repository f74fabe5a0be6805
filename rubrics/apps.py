"""Django's entry for the app."""

from django.apps import AppConfig


class RubricsConfig(AppConfig):
    name = "rubrics"
