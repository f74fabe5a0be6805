"""Django's entry for the app: only its management commands are used."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"
