"""Bringing a published set into a project: made if it is not there, and then the same import as everybody uses."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction

from annotation.importing import Progress, import_file
from annotation.measuring import latest_reports
from annotation.models import Batch, ImportReport, Project
from demo.labels.reading import ImportFile, LabelSet, Row, Tally
from rubrics import versions
from rubrics.models import RubricVersion
from workforce import people
from workforce.models import Role, User


@dataclass
class Loaded:
    """What became of a set: counts of its reader, the report of each file, and the seconds of each."""

    tally: Tally
    files: list[tuple[ImportReport, float]] = field(default_factory=list)

    @property
    def refused(self) -> list[ImportReport]:
        """The files of which nothing was taken."""
        return [report for report, _ in self.files if report.state == ImportReport.State.REFUSED]


@transaction.atomic
def make_project(*, slug: str, label_set: LabelSet, lead: str) -> Project:
    """A project for the set with its rubric published, and `lead` (a username) as its lead. Raises NameTaken."""
    team = people.create_team(slug=slug, name=label_set.title, actor=None)
    user = people.add_member(team=team, username=lead, role=Role.LEAD, actor=None)
    rubric = versions.create_rubric(team=team, slug=slug, name=label_set.title, actor=user)
    draft = rubric.versions.get(state=RubricVersion.State.DRAFT)
    versions.edit_draft(version=draft, guidance=label_set.guidance, criteria=label_set.criteria, actor=user)
    versions.publish_version(version=draft, change=RubricVersion.Change.FIRST, actor=user)
    return Project.objects.create(slug=slug, name=label_set.title, team=team, rubric=rubric)


def load(
    *, project: Project, label_set: LabelSet, data: Path, actor: User, progress: Progress | None = None
) -> Iterator[Loaded]:
    """Import the files of the set, yielding what there is so far after each; then measure its batches.

    The same set again adds nothing. A file that is refused ends it, and those before it stay.
    Raises OSError where the folder cannot be read, and what import_file raises.
    """
    found = Loaded(Tally())
    for file in label_set.read(data / label_set.folder, found.tally):
        began = time.monotonic()
        report = import_file(
            project=project,
            kind=file.kind,
            filename=file.name,
            lines=_lines(file),
            actor=actor,
            progress=progress,
        )
        found.files.append((report, time.monotonic() - began))
        yield found
        if found.refused:
            return
    for batch in project.batches.filter(origin=Batch.Origin.HISTORY):
        latest_reports(batch=batch)


def _lines(file: ImportFile) -> Iterator[bytes]:
    rows: Iterator[Row] = iter(file.rows)
    return (json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
