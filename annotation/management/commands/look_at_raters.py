"""manage.py look_at_raters: measure the raters of projects now, and raise what their signals say."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.models import Project
from annotation.raters.watching import look_at_raters


class Command(BaseCommand):
    help = "Measure the raters of one project, or of all, and print the alarms that were raised."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", nargs="?", help="the project's slug; without it, all projects")

    def handle(self, *args: Any, **options: Any) -> None:
        projects = Project.objects.order_by("slug")
        if options["project"]:
            projects = projects.filter(slug=options["project"])
            if not projects:
                raise CommandError("There is no such project. Nothing was changed.")
        for project in projects:
            raised = look_at_raters(project=project)
            self.stdout.write(f"{project.slug}: {len(raised)} new alarm{'' if len(raised) == 1 else 's'}")
            for alarm in raised:
                self.stdout.write(f"  {alarm.rater.username}: {alarm.get_detector_display()}")
