"""The record rule, said as directly as it can be, byte by byte: what the fast readers are compared with.

It stands for docs/bad-input.md in the tests. Nothing here may be clever.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lake_assets.readers.dialect import Dialect


@dataclass(frozen=True)
class PlainRecord:
    """A record as the rule cuts it.

    Attributes:
        whole: its bytes with the line end.
        raw: its bytes without.
        cells: each cell's bytes and whether it was quoted; None if the rule calls the record bad.
    """

    whole: bytes
    raw: bytes
    cells: tuple[tuple[bytes, bool], ...] | None


class NoLineEndError(Exception):
    """A record has no line end within the limit."""


def dialect_of(*columns: str, **changes: object) -> Dialect:
    """Make a dialect: plain UTF-8 with these columns, unless something else is said."""
    values: dict[str, object] = {
        "delimiter": ",",
        "quoting": "rfc4180",
        "null": "",
        "encoding": "utf-8",
        "compression": "none",
        "header": False,
        "op": False,
        "columns": columns,
    }
    return Dialect(**(values | changes))  # type: ignore[arg-type]


def in_chunks(data: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """Cut data into chunks of these sizes, again and again."""
    at = turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        yield data[at : at + size]
        at, turn = at + size, turn + 1


def plain_records(
    data: bytes, delimiter: bytes = b",", max_record: int = 2**20, columns: int = 2
) -> list[PlainRecord]:
    """Cut data into records by the rule for `quoting: rfc4180`; of several columns blank lines are none.

    Raises:
        NoLineEndError: there is no line end within `max_record` bytes.
    """
    records, start = [], 0
    while start < len(data):
        end, cells = _well_quoted_end(data, start, delimiter)
        if end is None or end - start > max_record:
            line_end = data.find(b"\n", start)
            end, cells = (len(data) if line_end < 0 else line_end + 1), None
        if end - start > max_record:
            raise NoLineEndError
        whole = data[start:end]
        raw = whole[:-2] if whole.endswith(b"\r\n") else whole.removesuffix(b"\n")
        if raw or columns == 1:
            records.append(PlainRecord(whole, raw, cells))
        start = end
    return records


def _well_quoted_end(
    data: bytes, at: int, delimiter: bytes
) -> tuple[int | None, tuple[tuple[bytes, bool], ...] | None]:
    """Read cell after cell; the end is None where a quote is out of place, the cells for a bare CR."""
    cells, bare_cr = [], False
    while True:
        if data[at : at + 1] == b'"':
            value, after = _quoted_cell(data, at)
            if after is None:
                return None, None
            at = after
            cells.append((value, True))
        else:
            value = b""
            while (
                at < len(data)
                and data[at : at + 1] not in {delimiter, b"\n"}
                and data[at : at + 2] != b"\r\n"
            ):
                if data[at : at + 1] == b'"':
                    return None, None
                bare_cr |= data[at : at + 1] == b"\r"
                value += data[at : at + 1]
                at += 1
            cells.append((value, False))
        if data[at : at + 1] == delimiter:
            at += 1
            continue
        good = None if bare_cr else tuple(cells)
        if at == len(data):
            return at, good
        if data[at : at + 1] == b"\n":
            return at + 1, good
        if data[at : at + 2] == b"\r\n":
            return at + 2, good
        return None, None


def _quoted_cell(data: bytes, at: int) -> tuple[bytes, int | None]:
    value = b""
    at += 1
    while at < len(data):
        if data[at : at + 2] == b'""':
            value += b'"'
            at += 2
        elif data[at : at + 1] == b'"':
            return value, at + 1
        else:
            value += data[at : at + 1]
            at += 1
    return value, None
