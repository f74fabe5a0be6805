"""Importing a JSONL file: checked as it streams by, then written whole in one transaction, or not at all.

The checked rows wait in a temporary file, so that memory stays flat and a bad file never takes the
database's write lock.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.db import transaction

from annotation.corpus_writing import (
    CHUNK,
    Writing,
    write_calibration,
    write_comparisons,
    write_demonstrations,
    write_prompt_rows,
)
from annotation.errors import FileTooLarge, ImportNotPossible
from annotation.history_writing import start_history, write_judgments
from annotation.models import ImportReport, Project, PromptSet
from annotation.numbering import lock_project
from annotation.row_shapes import SHAPES, Row
from annotation.rows import RowError, RowRefused, numbered, parse_row, printable, row_error
from annotation.upkeep import count_batch
from workforce import auditing
from workforce.models import Role, User
from workforce.roles import require

ERRORS_KEPT = 1000
Progress = Callable[[int, int], None]


@dataclass
class Check:
    """What reading a file found. `errors` holds the first ones, `error_count` counts all."""

    rows: int = 0
    sha256: str = ""
    errors: list[RowError] = field(default_factory=list)
    error_count: int = 0

    def refuse(self, *, line: int, raw: bytes, refusal: RowRefused) -> None:
        self.error_count += 1
        if len(self.errors) < ERRORS_KEPT:
            self.errors.append(row_error(line=line, raw=raw, refusal=refusal))


class _NothingWritten(Exception):
    """Rolls the import's transaction back; its refusals are in the Check."""


def import_file(
    *,
    project: Project,
    kind: str,
    filename: str,
    lines: Iterable[bytes],
    actor: User,
    prompt_set_name: str = "",
    progress: Progress | None = None,
) -> ImportReport:
    """Import the lines of a JSONL file, and return the report: accepted, or refused with its row errors.

    One bad row refuses the whole file and nothing of it is written. Content that is there already is
    counted as unchanged, so that the same file twice adds nothing. All prompts of the file join the prompt
    set `prompt_set_name`, if given. `progress` is told after every few thousand rows how many are written, of how
    many. Raises NotAllowed, FileTooLarge, RubricNotUsable, ImportNotPossible, ProjectBusy.
    """
    require(user=actor, team=project.team, role=Role.LEAD)
    if kind not in SHAPES:
        raise ImportNotPossible(fields={"kind": f"One of {', '.join(SHAPES)}."})
    name = printable(filename)[:200] or "unnamed"
    with TemporaryFile() as spool:
        check = _check(lines=lines, kind=kind, spool=spool)
        if not check.error_count:
            try:
                with transaction.atomic():
                    return _write(
                        project=project,
                        kind=kind,
                        name=name,
                        actor=actor,
                        set_name=printable(prompt_set_name).strip()[:80],
                        check=check,
                        spool=spool,
                        progress=progress,
                    )
            except _NothingWritten:
                pass
    with transaction.atomic():
        return _report(project=project, kind=kind, name=name, actor=actor, check=check, writing=None)


def _check(*, lines: Iterable[bytes], kind: str, spool: IO[bytes]) -> Check:
    check, digest = Check(), hashlib.sha256()
    for line, raw in numbered(_counted(lines, digest.update)):
        check.rows += 1
        try:
            SHAPES[kind](parse_row(raw))
        except RowRefused as refusal:
            check.refuse(line=line, raw=raw, refusal=refusal)
        if not check.error_count:
            spool.write(b"%d " % line + raw + b"\n")
    if not check.rows:
        check.refuse(line=0, raw=b"", refusal=RowRefused("no_rows", "The file holds no rows."))
    check.sha256 = digest.hexdigest()
    return check


def _counted(lines: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    total = 0
    for line in lines:
        total += len(line)
        if total > settings.IMPORT_MAX_BYTES:
            raise FileTooLarge
        update(line)
        yield line


def _write(
    *,
    project: Project,
    kind: str,
    name: str,
    actor: User,
    set_name: str,
    check: Check,
    spool: IO[bytes],
    progress: Progress | None,
) -> ImportReport:
    lock_project(project=project)  # two files at once would otherwise both bring what is new to both
    prompt_set = PromptSet.objects.get_or_create(project=project, name=set_name)[0] if set_name else None
    chunk: list[tuple[int, bytes]] = []
    writing = Writing(
        project=project,
        filename=name,
        prompt_set=prompt_set,
        refuse=lambda index, refusal: check.refuse(line=chunk[index][0], raw=chunk[index][1], refusal=refusal),
    )
    write = _writer(kind=kind, writing=writing, actor=actor)
    spool.seek(0)
    written = 0
    while chunk := [_unspooled(line) for line in islice(spool, CHUNK)]:
        write([SHAPES[kind](parse_row(raw)) for _, raw in chunk])
        written += len(chunk)
        if progress is not None:
            progress(written, check.rows)
    if check.error_count:
        raise _NothingWritten
    if writing.uncounted is not None:
        count_batch(batch=writing.uncounted)
    return _report(project=project, kind=kind, name=name, actor=actor, check=check, writing=writing)


def _unspooled(line: bytes) -> tuple[int, bytes]:
    number, _, raw = line.rstrip(b"\n").partition(b" ")
    return int(number), raw


def _writer(*, kind: str, writing: Writing, actor: User) -> Callable[[list[Row]], None]:
    if kind == ImportReport.Kind.JUDGMENTS:
        history = start_history(writing=writing, actor=actor)
        return lambda rows: write_judgments(history, rows)  # type: ignore[arg-type]  # SHAPES made them so
    writers: dict[str, Callable[[Writing, Any], None]] = {
        ImportReport.Kind.PROMPTS: write_prompt_rows,
        ImportReport.Kind.COMPARISONS: write_comparisons,
        ImportReport.Kind.DEMONSTRATIONS: write_demonstrations,
        ImportReport.Kind.CALIBRATION: write_calibration,
    }
    return lambda rows: writers[kind](writing, rows)


def _report(
    *, project: Project, kind: str, name: str, actor: User, check: Check, writing: Writing | None
) -> ImportReport:
    accepted = writing is not None
    report = ImportReport.objects.create(
        project=project,
        kind=kind,
        filename=name,
        sha256=check.sha256,
        state=ImportReport.State.ACCEPTED if accepted else ImportReport.State.REFUSED,
        rows=check.rows,
        created={key: count for key, count in writing.created.items() if count} if writing else {},
        unchanged=writing.unchanged if writing else 0,
        batch_id=writing.batch if writing else None,
        errors=[error.as_json() for error in check.errors],
        error_count=check.error_count,
        created_by=actor,
    )
    auditing.record(
        stream=project.team.slug,
        actor=actor,
        verb="import_file" if accepted else "refuse_import",
        target=f"import:{report.pk}",
        detail={"kind": kind, "rows": check.rows, "created": report.created, "errors": check.error_count},
        after_digest=check.sha256,
    )
    return report
