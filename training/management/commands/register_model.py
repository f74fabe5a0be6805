"""Make a model folder known to a project, from the command line."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.models import Project
from training.models import ModelAlias, ModelVersion
from training.promoting import register_model, set_alias
from workforce.errors import AssayError


class Command(BaseCommand):
    help = "Register a model folder (config.json, tokenizer, *.safetensors; below ASSAY_VAR) with a project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("name", help="the model's name in the project")
        parser.add_argument("folder", type=Path)
        parser.add_argument("--kind", choices=ModelVersion.Kind.values, default=ModelVersion.Kind.POLICY)
        parser.add_argument("--alias", choices=ModelAlias.Name.values, help="also give it this name")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        try:
            model = register_model(
                project=project, name=options["name"], kind=options["kind"], folder=options["folder"], actor=None
            )
            if options["alias"]:
                set_alias(model=model, name=options["alias"], actor=None)
        except AssayError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{model.name} {model.digest}")
