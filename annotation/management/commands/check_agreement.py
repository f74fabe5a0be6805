"""Count the agreement of one project, or of all, anew; say what was kept wrongly and put it right."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.models import Project
from annotation.recounting import recount, recount_all


class Command(BaseCommand):
    help = "Count the patterns of agreement anew and compare them with what is kept. Ends with 1 if anything differed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", help="slug of the project; all if not given")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["project"]:
            project = Project.objects.select_related("team").filter(slug=options["project"]).first()
            if project is None:
                raise CommandError(f"There is no project {options['project']!r}.")
            checks = [recount(project=project)]
        else:
            checks = recount_all()
        for check in checks:
            self.stdout.write(f"{check}, {check.milliseconds} ms")
            for example in check.examples:
                self.stdout.write(f"  {example}")
        if any(check.differing for check in checks):
            sys.exit(1)
