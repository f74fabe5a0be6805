"""The files of frozen sets: written whole or not at all, under the SHA-256 of their bytes."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from annotation.models import DemonstrationSet, PreferenceSet

FrozenSet = PreferenceSet | DemonstrationSet
PIECE = 1 << 20


def set_path(*, frozen_set: FrozenSet) -> Path:
    """Where the set's canonical JSONL is."""
    return Path(settings.SETS_DIR) / f"{frozen_set.sha256}.jsonl"


def write_set_file(*, lines: Iterable[bytes]) -> str:
    """Write the lines of a set where sets are kept; returns the SHA-256 in hex."""
    return write_lines(folder=Path(settings.SETS_DIR), lines=lines)


def write_lines(*, folder: Path, lines: Iterable[bytes]) -> str:
    """Write the lines beside their final place in the folder, flush them, rename to SHA-256.jsonl; returns the SHA-256.

    A crash, or an error in the middle of the lines, leaves either the whole file or a nameless rest that nothing
    reads. The same bytes written twice are one file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    handle, name = tempfile.mkstemp(dir=folder, prefix=".part-")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for line in lines:
                digest.update(line)
                file.write(line)
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / f"{digest.hexdigest()}.jsonl")
    finally:
        part.unlink(missing_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return digest.hexdigest()


def file_digest(*, path: Path) -> str:
    """SHA-256 in hex of the file, or nothing if there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def lines_digest(*, lines: Iterable[bytes]) -> str:
    """SHA-256 in hex of the lines as they would be written."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    return digest.hexdigest()
