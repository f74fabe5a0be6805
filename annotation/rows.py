"""Reading hostile JSONL: one object a line, every doubt refused with a code and a sentence.

Knows bytes and JSON, not what the rows mean (annotation.row_shapes). Never holds more than one row.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

ROW_MAX = 1_000_000
FIELD_MAX = 200_000
DEPTH_MAX = 32
EXCERPT_MAX = 200
BOM = b"\xef\xbb\xbf"


class RowRefused(ValueError):
    """One row cannot be taken; `code` is stable, the text is for people."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class RowError:
    """Where and why a row was refused, with the beginning of the row."""

    line: int
    code: str
    message: str
    excerpt: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def row_error(*, line: int, raw: bytes, refusal: RowRefused) -> RowError:
    """The error of a line, safe to store and show: control characters and broken bytes are replaced."""
    return RowError(
        line=line,
        code=refusal.code,
        message=printable(refusal.message),
        excerpt=printable(raw[: EXCERPT_MAX * 4].decode("utf-8", "replace"))[:EXCERPT_MAX],
    )


def printable(text: str) -> str:
    """The text with whatever a database or a page could choke on replaced."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def read_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a byte stream, one at a time; of an overlong line only as much as shows that it is."""
    while line := stream.readline(ROW_MAX + 2):
        yield line
        while len(line) > ROW_MAX and not line.endswith(b"\n"):
            line = stream.readline(ROW_MAX + 2)


def numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers from 1, without a byte order mark, line ends and blank lines."""
    for number, line in enumerate(lines, start=1):
        content = (line.removeprefix(BOM) if number == 1 else line).strip(b" \t\r\n")
        if content:
            yield number, content


def parse_row(raw: bytes) -> dict[str, Any]:
    """The object of one line. Raises RowRefused."""
    if len(raw) > ROW_MAX:
        raise RowRefused("row_too_long", f"The row is longer than {ROW_MAX:,} bytes.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RowRefused("bad_utf8", f"Byte {error.start + 1} of the row is not UTF-8.") from error
    if text.count("[") + text.count("{") > DEPTH_MAX and _depth(text) > DEPTH_MAX:
        raise RowRefused("too_deep", f"The row is nested deeper than {DEPTH_MAX} levels.")
    try:
        row = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RowRefused:
        raise
    except json.JSONDecodeError as error:
        raise RowRefused("bad_json", f"This is no JSON: {error.msg} at character {error.pos + 1}.") from error
    except (ValueError, RecursionError) as error:
        raise RowRefused("bad_json", "This is no JSON that can be read: a number in it is too long.") from error
    if not isinstance(row, dict):
        raise RowRefused("not_an_object", "Each line must be one JSON object.")
    if "\\u" in text or len(text) > FIELD_MAX:
        _check_texts(row)
    return row


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RowRefused("duplicate_key", f"The key {twice[:80]!r} is there twice.")
    return row


def _no_constant(name: str) -> None:
    raise RowRefused("bad_number", f"{name} is no JSON number.")


def _depth(text: str) -> int:
    """How deep brackets nest outside strings."""
    depth = deepest = 0
    quoted = escaped = False
    for character in text:
        if quoted:
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _check_texts(value: Any) -> None:
    if isinstance(value, str):
        if len(value) > FIELD_MAX:
            raise RowRefused("field_too_long", f"A text is longer than {FIELD_MAX:,} characters.")
        if "\x00" in value:
            raise RowRefused("nul", "A text holds a NUL character.")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise RowRefused("lone_surrogate", "A text holds half of a surrogate pair.")
    elif isinstance(value, dict):
        for name, part in value.items():
            _check_texts(name)
            _check_texts(part)
    elif isinstance(value, list):
        for part in value:
            _check_texts(part)
