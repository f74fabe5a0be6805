"""manage.py fetch_model: download and convert the small real model, once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo.model import fetch_model
from workforce.errors import AssayError


class Command(BaseCommand):
    help = "Fetch SmolLM2-135M-Instruct and convert it to safetensors under var/models, once."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            folder = fetch_model(models=settings.MODELS_DIR)
        except AssayError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"The small model is in {folder}")
