"""manage.py import_file: import a JSONL file from the shell, with the same verb as page and API."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.importing import import_file
from annotation.models import ImportReport, Project
from annotation.rows import read_lines
from workforce.errors import AssayError
from workforce.models import User


class Command(BaseCommand):
    help = "Import a JSONL file of prompts, comparisons, demonstrations, judgments or calibration items into a project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("kind", choices=ImportReport.Kind.values)
        parser.add_argument("file", type=Path)
        parser.add_argument("--actor", required=True, help="username of the lead who answers for the import")
        parser.add_argument("--prompt-set", default="", help="name of a prompt set that all prompts join")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        actor = User.objects.filter(username=options["actor"]).first()
        if project is None or actor is None:
            raise CommandError("There is no such project or person. Nothing was imported.")
        file: Path = options["file"]
        try:
            with file.open("rb") as stream:
                report = import_file(
                    project=project,
                    kind=options["kind"],
                    filename=file.name,
                    lines=read_lines(stream),
                    actor=actor,
                    prompt_set_name=options["prompt_set"],
                )
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}. Nothing was imported.") from error
        except AssayError as error:
            raise CommandError(error.message) from error
        for row in report.errors[:20]:
            self.stderr.write(f"line {row['line']}: {row['code']}: {row['message']}")
        if report.state == ImportReport.State.REFUSED:
            raise CommandError(f"{report.error_count} of {report.rows} rows were refused. Nothing was imported.")
        created = ", ".join(f"{count} {what}" for what, count in sorted(report.created.items())) or "nothing new"
        self.stdout.write(f"{report.rows} rows: {created}; {report.unchanged} were there already.")
