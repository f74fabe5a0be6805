"""manage.py seed_raters: fourteen raters in the demo project, ten with one fault each, and what is seen of them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.raters.watching import look_at_raters
from demo import seeding
from demo.faulty import FAULTS, seed_faulty_raters
from workforce.models import User


class Command(BaseCommand):
    help = "Let raters with one fault each answer a batch of the demo project, and raise what their signals say."

    def handle(self, *args: Any, **options: Any) -> None:
        place = seeding.seed_demo()
        if User.objects.filter(username=FAULTS[0].name.lower()).exists():
            raise CommandError("The raters with one fault each are there already. Nothing was changed.")
        self.stdout.write("Fourteen raters answer; this takes about a minute")
        seed_faulty_raters(project=place.project, lead=place.lead, version=place.rubric_version)
        for alarm in look_at_raters(project=place.project):
            self.stdout.write(f"  {alarm.rater}: {alarm.get_detector_display()}")
