"""Django's entry for the app."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"
