"""manage.py loop: run the whole loop on this machine and print its report; the last line is one JSON object."""

import json
import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from demo import seeding
from demo.client import Person
from demo.expectations import complaints
from demo.loop import Cast, run_loop
from demo.model import FOLDER
from demo.processes import MACHINE_RATERS, Stack, free_port
from demo.rows import LoopRows, real_rows, simulated_rows
from demo.sizes import FULL, SMALL
from workforce import people
from workforce.errors import AssayError
from workforce.models import User


class Command(BaseCommand):
    help = "Run the whole loop through HTTP and the workers, on real labels where they are beside the checkout."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--small", action="store_true", help="A tiny random model and few rows: two minutes.")
        parser.add_argument("--port", type=int, default=8010, help="The wanted port; another one if it is taken.")
        parser.add_argument("--simulated", action="store_true", help="Simulated raters even where real labels are.")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        size = SMALL if options["small"] else FULL
        rows = self._rows(options["simulated"])
        if size.rows:
            rows = rows.shortened(**size.rows)
        call_command("migrate", verbosity=0)
        slug = time.strftime(f"loop-{size.name}-%Y%m%d-%H%M%S")
        place = seeding.seed_project(slug=slug, name=f"Loop, {size.name}", raters=seeding.loop_raters())
        base = seeding.register_base_model(place=place, folder=self._base_folder(size.name), name="base")

        def say(text: str) -> None:
            self.stdout.write(f"[{time.monotonic() - began:6.1f} s] {text}")
            self.stdout.flush()

        broker = str(settings.CELERY_BROKER_URL).split(":")[0]
        say(f"{rows.source}; {connection.vendor} and {broker}; project {slug}")
        try:
            port = free_port(options["port"])
            with Stack(var=settings.VAR_DIR, port=port, environment=MACHINE_RATERS) as stack:
                cast = Cast(
                    url=stack.url,
                    project=slug,
                    lead=self._signed_in(stack.url, place.lead),
                    admin=self._signed_in(stack.url, place.admin),
                    raters={user.username: self._signed_in(stack.url, user) for user in place.raters},
                )
                report = run_loop(cast=cast, rows=rows, size=size, base_model=base.pk, say=say)
        except AssayError as error:
            raise CommandError(error.message) from error
        report["database"], report["broker"] = connection.vendor, broker
        wrong = complaints(report, rows, full=size is FULL)
        say("everything stays visible: make demo, then the project switcher" if not wrong else "; ".join(wrong))
        self.stdout.write(json.dumps(report, ensure_ascii=False))
        if wrong:
            raise CommandError("These did not hold: " + "; ".join(wrong))

    def _rows(self, simulated: bool) -> LoopRows:
        data = settings.BASE_DIR.parent / "shared" / "data"
        if data.exists() and not simulated:
            return real_rows(data=data)
        self.stdout.write("No human labels beside this checkout: the demo project's questions with simulated raters.")
        return simulated_rows()

    def _base_folder(self, size: str) -> Path:
        if size != "small":
            folder: Path = settings.MODELS_DIR / FOLDER
            if not (folder / "config.json").exists():
                raise CommandError("The small model is not there. Run `make model` first.")
            return folder
        folder = settings.MODELS_DIR / "tiny-random"
        if not folder.exists():
            _make_tiny(folder)
        return folder

    def _signed_in(self, url: str, user: User) -> Person:
        person = Person(url)
        person.sign_in(people.issue_login_link(user=user))
        return person


def _make_tiny(folder: Path) -> None:
    """The tiny random model, written by a child so that this process never loads torch."""
    shutil.rmtree(folder, ignore_errors=True)
    code = "import pathlib, sys; from training.rlhf.tiny import make_tiny; make_tiny(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(folder)]
    subprocess.run(command, check=True)  # noqa: S603 -- our own module with our own path
