"""manage.py demo: migrate, seed, start every process, print who can sign in, run until Ctrl-C."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from demo import seeding
from demo.model import FOLDER
from demo.processes import Stack, free_port
from workforce import people
from workforce.errors import AssayError


class Command(BaseCommand):
    help = "Start Assay with a demo project on this machine and print one-time logins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="The wanted port; another one if it is taken.")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        self.stdout.write("Seeding the demo project")
        place = seeding.seed_demo()
        if (settings.MODELS_DIR / FOLDER / "config.json").exists():
            seeding.register_base_model(place=place, folder=settings.MODELS_DIR / FOLDER, name="smollm2-135m-instruct")
        else:
            self.stdout.write("The small model is not there yet (make model): training runs will say so.")
        stack = Stack(var=settings.VAR_DIR, port=free_port(options["port"]))
        try:
            with stack:
                self.stdout.write(
                    f"\nAssay runs at {stack.url}  (logs in {stack.logs})\n\nSign in, each link once, within 24 hours:"
                )
                for who, user in (("rater", place.raters[0]), ("lead", place.lead), ("admin", place.admin)):
                    token = people.issue_login_link(user=user)
                    self.stdout.write(f"  {who:6} {user!s:12} {stack.url}/login/{token}/")
                self.stdout.write("\nCtrl-C stops everything; what was labelled stays. Start again for new links.")
                self.stdout.flush()
                while True:
                    stack.check()
                    time.sleep(1)
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")
        except AssayError as error:
            raise CommandError(error.message) from error
