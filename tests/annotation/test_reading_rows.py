"""Reading a stream row by row: nothing longer than a row is ever held, whatever the file is made of."""

import io
import json

from hypothesis import given
from hypothesis import strategies as st

from annotation.rows import ROW_MAX, RowRefused, numbered, parse_row, read_lines


class Endless(io.RawIOBase):
    """Fifty megabytes without a line end, then a good line; remembers the largest piece asked for."""

    def __init__(self) -> None:
        self.left, self.largest, self.tail = 50 * (ROW_MAX + 2), 0, io.BytesIO(b'\n{"a": 1}\n')

    def readline(self, size: int = -1) -> bytes:  # type: ignore[override]
        self.largest = max(self.largest, size)
        take = min(size, self.left)
        self.left -= take
        return b"x" * take or self.tail.readline(size)


def test_an_overlong_line_is_seen_but_not_held() -> None:
    stream = Endless()
    lines = list(numbered(read_lines(stream)))
    assert [number for number, _ in lines] == [1, 2] and lines[1][1] == b'{"a": 1}'
    assert ROW_MAX < len(lines[0][1]) <= ROW_MAX + 2 >= stream.largest


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(row=st.dictionaries(st.text("abcdef", min_size=1), values), ascii_only=st.booleans())
def test_a_good_row_is_read_as_it_was_written(row: dict, ascii_only: bool) -> None:
    assert parse_row(json.dumps(row, ensure_ascii=ascii_only).encode()) == row


@given(raw=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_row_or_refused(raw: bytes) -> None:
    try:
        assert isinstance(parse_row(raw), dict)
    except RowRefused as refusal:
        assert refusal.code and refusal.message
