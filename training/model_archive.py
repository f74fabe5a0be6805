"""A model folder as one zip that is made while it is sent: nothing is written to disk, and nothing is held whole.

The manifest comes last, with the SHA-256 of every file as it was sent. The digest over it has to be the model's: where
a file has changed since it was registered the archive breaks off without its directory, and no program opens it.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from training.models import ModelVersion
from training.places import model_folder
from training.promoting import check_folder
from training.rlhf.folders import MANIFEST

PIECE = 1 << 20
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: the same folder gives the same bytes


class ChangedWhileSent(Exception):
    """The files are not those that were registered."""


class _Sink:
    """What zipfile writes to: gives its bytes away, and says how many there have been."""

    def __init__(self) -> None:
        self.held: list[bytes] = []
        self.sent = 0

    def write(self, data: bytes) -> int:
        self.held.append(bytes(data))
        self.sent += len(data)
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        data, self.held = b"".join(self.held), []
        return data


def archive_of(model: ModelVersion) -> Iterator[bytes]:
    """The bytes of NAME.zip with the folder NAME in it. Raises ModelFolderMissing, ModelFolderRefused before the first.

    Weights do not get smaller: files are stored, not compressed.
    """
    folder = model_folder(model)
    check_folder(folder=folder)
    return _pieces(folder, name_of(model), model.digest)


def name_of(model: ModelVersion) -> str:
    """The folder's name in the archive: letters, digits, dots, dashes and underscores of the model's."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in model.name).strip(".-")
    return kept or f"model-{model.pk}"


def _pieces(folder: Path, name: str, expected: str) -> Iterator[bytes]:
    sink = _Sink()
    files: dict[str, dict[str, object]] = {}
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder) != Path(MANIFEST))
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]  # write and flush are all it needs
        for path in paths:
            inside = path.relative_to(folder).as_posix()
            digest, size = hashlib.sha256(), 0
            entry = zipfile.ZipInfo(f"{name}/{inside}", EPOCH)
            entry.external_attr = 0o644 << 16
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                while piece := source.read(PIECE):
                    digest.update(piece)
                    size += len(piece)
                    target.write(piece)
                    yield sink.take()
            files[inside] = {"sha256": digest.hexdigest(), "bytes": size}
        canonical = json.dumps(files, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        found = hashlib.sha256(canonical).hexdigest()
        if found != expected:
            raise ChangedWhileSent(f"The files of {name} give {found[:12]}…, not {expected[:12]}….")
        manifest = zipfile.ZipInfo(f"{name}/{MANIFEST}", EPOCH)
        manifest.external_attr = 0o644 << 16
        archive.writestr(manifest, json.dumps({"digest": found, "files": files}, sort_keys=True, indent=1) + "\n")
    yield sink.take()
