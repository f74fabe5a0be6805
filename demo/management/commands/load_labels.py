"""manage.py load_labels: bring published human labels into a project, and say what became of every row."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.models import ImportReport, Project
from demo.labels.catalogue import SETS
from demo.labels.figures import figures_of
from demo.labels.loading import Loaded, load, make_project
from demo.labels.reading import Tally
from workforce import people
from workforce.errors import AssayError
from workforce.models import User


class Command(BaseCommand):
    help = "Bring published human labels into a project, and hold their agreement beside what others measured."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("set", choices=sorted(SETS))
        parser.add_argument("--data", type=Path, required=True, help="the folder that holds the sets, each in its own")
        parser.add_argument("--project", required=True, help="slug; the project is made if there is none")
        parser.add_argument("--lead", required=True, help="username of the lead who answers for the import")

    def handle(self, *args: Any, **options: Any) -> None:
        label_set = SETS[options["set"]]
        if not (options["data"] / label_set.folder).is_dir():
            raise CommandError(f"There is no folder {options['data'] / label_set.folder}. Nothing was loaded.")
        try:
            project = Project.objects.filter(slug=options["project"]).first()
            if project is None:
                project = make_project(slug=options["project"], label_set=label_set, lead=options["lead"])
                token = people.issue_login_link(user=User.objects.get(username=options["lead"]))
                self.stdout.write(f"Project {project.slug} is new. {options['lead']} signs in once at /login/{token}/")
            actor = User.objects.filter(username=options["lead"]).first()
            if actor is None:
                raise CommandError(f"There is nobody called {options['lead']}. Nothing was loaded.")
            found = Loaded(Tally())
            done = load(
                project=project, label_set=label_set, data=options["data"], actor=actor, progress=self._progress
            )
            for found in done:
                self._say_file(*found.files[-1])
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
        except AssayError as error:
            raise CommandError(error.message) from error
        except (LookupError, ValueError) as error:
            wrong = f"{label_set.folder} is not as it was published: {type(error).__name__}: {error}"
            raise CommandError(f"{wrong}. Files that were named above stay; nothing of the next was taken.") from error
        self._say_counts(found)
        if found.refused:
            raise CommandError("A file was refused whole; what came before it stays. Load again once it is put right.")
        self.stdout.write("Figures, here as on the pages and as others measured them:")
        for figure in figures_of(project=project, label_set=label_set):
            self.stdout.write(f"  {figure}")

    def _progress(self, written: int, rows: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{written:,} of {rows:,} rows ", ending="\n" if written == rows else "")
            self.stdout.flush()

    def _say_file(self, report: ImportReport, seconds: float) -> None:
        for row in report.errors[:20]:
            self.stderr.write(f"  line {row['line']}: {row['code']}: {row['message']}")
        made = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in sorted(report.created.items()))
        said = f"{report.error_count:,} refused" if report.error_count else made or "nothing new"
        there = f"; {report.unchanged:,} were there already" if report.unchanged else ""
        self.stdout.write(f"{report.filename}, {report.kind}: {report.rows:,} rows in {seconds:.1f} s: {said}{there}")

    def _say_counts(self, found: Loaded) -> None:
        read = ", ".join(f"{count:,} {what}" for what, count in found.tally.read.items())
        self.stdout.write(f"Read: {read}")
        for why, count in found.tally.left_out.items():
            self.stdout.write(f"Left out: {count:,} {why}")
        if not found.tally.left_out:
            self.stdout.write("Left out: nothing")
