"""Static files as production serves them: scripts without comments and blanks, hashed names, compressed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rjsmin
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from config.joining import join

PAGES = "js/pages/"  # a file for what each page loads


class Joined:
    """Gives the scripts of pages with all that they import; their hashed names then change with any of it."""

    def __init__(self, source: FileSystemStorage) -> None:
        self.source = source

    def open(self, path: str) -> File[Any]:
        return ContentFile(join(Path(self.source.path(path))).encode())


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Scripts are written as people read them and served as machines do; there is no other build step."""

    def post_process(self, paths: dict[str, tuple[Any, str]], *args: Any, **options: Any) -> Iterator[Any]:
        joined = {
            name: (Joined(source) if name.startswith(PAGES) else source, path) for name, (source, path) in paths.items()
        }
        yield from super().post_process(joined, *args, **options)

    def _save(self, name: str, content: File[Any]) -> str:
        if name.endswith(".js") and not name.endswith(".min.js"):
            content.seek(0)
            text = content.read()
            content = ContentFile(rjsmin.jsmin(text if isinstance(text, bytes) else text.encode()))
        return super()._save(name, content)
