"""Bring locale/ up to date: every text of the raters' pages and scripts, and every sentence of a refusal."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.core.management.commands import makemessages

from workforce.errors import AssayError

SPOKEN_TO_LEADS = ("training", "demo")  # packages whose refusals no rater meets
IGNORED = ["var", ".venv", "tests", "benchmarks", "docs", "demo", "training/rlhf"]


class MergeMessages(makemessages.Command):
    """A new text is left for a person; a guess from one that looks like it would only be overlooked."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]


class Command(BaseCommand):
    """The sentences stand in docstrings, where xgettext does not look: they are written to a file for its run."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs makemessages for both domains and compilemessages; needs GNU gettext."""
        import_module(settings.ROOT_URLCONF)  # loads every module that declares a refusal
        sentences = Path(settings.BASE_DIR) / "workforce" / "_sentences.py"
        lines = [f"_({error.sentence()!r})\n" for error in sorted(_refusals(AssayError), key=lambda e: e.code)]
        languages = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        shared: dict[str, Any] = {"locale": languages, "no_wrap": True, "no_obsolete": True, "no_location": True}
        shared["ignore_patterns"] = IGNORED
        sentences.write_text("".join(lines), encoding="utf-8")
        try:
            call_command(MergeMessages(), domain="django", extensions=["py", "html"], **shared)
        finally:
            sentences.unlink()
        call_command(MergeMessages(), domain="djangojs", extensions=["js"], **shared)
        call_command("compilemessages", locale=languages, ignore_patterns=IGNORED)


def _refusals(base: type[AssayError]) -> Iterator[type[AssayError]]:
    if base.__module__.partition(".")[0] not in SPOKEN_TO_LEADS:
        yield base
    for child in base.__subclasses__():
        yield from _refusals(child)
