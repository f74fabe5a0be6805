"""manage.py freeze_set: freeze preferences or demonstrations from the shell, with the same verbs as the pages."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.freezing import freeze_demonstration_set, freeze_preference_set, set_path
from annotation.models import Project
from workforce.errors import AssayError
from workforce.models import User


class Command(BaseCommand):
    help = "Freeze a preference set or a demonstration set of a project, and print its SHA-256 and its file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("kind", choices=["preferences", "demonstrations"])
        parser.add_argument("name")
        parser.add_argument("--actor", required=True, help="username of the lead who answers for the set")
        parser.add_argument("--batch", type=int, action="append", default=[], help="number of a batch; repeatable")
        parser.add_argument("--seed", type=int, default=0, help="seed of the split")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        actor = User.objects.filter(username=options["actor"]).first()
        if project is None or actor is None:
            raise CommandError("There is no such project or person. Nothing was frozen.")
        batches = list(project.batches.filter(number__in=options["batch"]))
        unknown = set(options["batch"]) - {batch.number for batch in batches}
        if unknown:
            raise CommandError(f"There is no batch {min(unknown)} in {project}. Nothing was frozen.")
        given: dict[str, Any] = {
            "project": project,
            "name": options["name"],
            "actor": actor,
            "seed": options["seed"],
        }
        try:
            if options["kind"] == "preferences":
                chosen = batches or list(project.batches.filter(kind__in=["pairwise", "ranking"]))
                frozen: Any = freeze_preference_set(batches=chosen, **given)
            else:
                frozen = freeze_demonstration_set(batches=batches or None, **given)
        except AssayError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{frozen}: {frozen.sha256}\n{set_path(frozen_set=frozen)}")
