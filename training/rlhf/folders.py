"""Folders that are either wholly there or not there: atomic writing, digests, a manifest that can be verified.

A manifest guards against torn writes and silent decay, not against someone who rewrites both sides.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"


def digest_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    """Relative path to digest and size for every file below the folder, in order of path."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder) != Path(MANIFEST))
    return {
        path.relative_to(folder).as_posix(): {"sha256": digest_file(path), "bytes": path.stat().st_size}
        for path in paths
    }


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_folder(folder: Path) -> str:
    """SHA-256 over the sorted relative paths, digests and sizes of all files; the manifest is left out.

    Two folders with equal contents have equal digests, wherever they lie.
    """
    return hashlib.sha256(_canonical(_files(Path(folder)))).hexdigest()


def write_manifest(folder: Path) -> str:
    """Write manifest.json over what the folder holds now; returns the folder's digest."""
    files = _files(folder)
    digest = hashlib.sha256(_canonical(files)).hexdigest()
    write_json(folder / MANIFEST, {"digest": digest, "files": files})
    return digest


def verified_digest(folder: Path) -> str | None:
    """The folder's digest when its files are exactly those of its manifest, else None."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = _files(folder)
    except (OSError, ValueError):
        return None
    digest = hashlib.sha256(_canonical(files)).hexdigest()
    sound = isinstance(manifest, dict) and manifest.get("files") == files and manifest.get("digest") == digest
    return digest if sound else None


def write_json(path: Path, value: Any) -> None:
    """UTF-8 JSON with sorted keys; NaN and infinity are refused because they are not JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """A new folder to fill that takes the place of ``target`` when the block ends without an error.

    Everything is on disk before the rename, so after a crash ``target`` is the old folder, the new one or
    absent, never a mixture.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        fresh.chmod(0o755)
        yield fresh
        for path in fresh.rglob("*"):
            if path.is_file():
                # Some writers make files that only their owner may read; the web process is another user.
                path.chmod(0o644)
            _sync(path)
        _sync(fresh)
        if target.exists():
            # rename cannot replace a folder that holds files; the old one steps aside first.
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
            target.rename(old / target.name)
            fresh.rename(target)
            shutil.rmtree(old)
        else:
            fresh.rename(target)
        _sync(target.parent)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


@contextmanager
def atomic_file(target: Path) -> Iterator[Path]:
    """A path to write to that takes the place of ``target`` when the block ends without an error."""
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        yield fresh
        _sync(fresh)
        fresh.replace(target)
        _sync(target.parent)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
