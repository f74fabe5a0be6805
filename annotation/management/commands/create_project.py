"""manage.py create_project: a new project with its first admin, who gets a one-time sign-in link."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from annotation.models import Project
from workforce import people
from workforce.models import Role


class Command(BaseCommand):
    help = "Create a project and its first admin, and print a link that signs the admin in once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--slug", required=True, help="Short name for addresses: letters, digits, hyphens.")
        parser.add_argument("--name", required=True)
        parser.add_argument("--admin", required=True, help="Username of the first admin.")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        if Project.objects.filter(slug=slug).exists():
            raise CommandError(f"There is a project {slug} already. Nothing was changed.")
        with transaction.atomic():
            team = people.create_team(slug=slug, name=options["name"], actor=None)
            admin = people.add_member(team=team, username=options["admin"], role=Role.ADMIN, actor=None)
            Project.objects.create(slug=slug, name=options["name"], team=team)
            token = people.issue_login_link(user=admin)
        self.stdout.write(
            f"Project {slug} is there. {admin} signs in once, within 24 hours, at /login/{token}/?welcome"
        )
