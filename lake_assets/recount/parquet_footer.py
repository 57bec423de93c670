"""The number of records that a Parquet file's own footer tells, read by nothing but this module.

The footer (FileMetaData) is a struct of Thrift's compact protocol; all of it is stepped over but the number
of rows. What the records hold is not looked at: that so many can be read is the loader's to show.
"""

from collections import deque

from lake_assets.exceptions import LakeError

MAGIC = b"PAR1"
TAIL = 8  # bytes: the footer's length, and the magic (Parquet's format, "File Format")
MOST_KEPT = 64 * 2**20  # bytes; the footer of 1,600 columns and 100 row groups takes a third of it
NUM_ROWS = 3  # the field of FileMetaData (parquet.thrift)
MOST_NESTED = 32

# The types of Thrift's compact protocol (its specification, "Struct encoding").
_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = range(14)
_FIXED = {_BYTE: 1, _DOUBLE: 8, _UUID: 16}
_LONG_FORM = 15


class FooterCount:
    """Keeps the last bytes of a file that somebody else reads, and counts by them.

    Args:
        most_kept: bytes kept; a footer must fit in.
    """

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        self._most = most_kept
        self._pieces: deque[bytes] = deque()
        self._kept = self._total = 0

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the file, unpacked."""
        self._pieces.append(piece)
        self._kept += len(piece)
        self._total += len(piece)
        while self._kept - len(self._pieces[0]) >= self._most:
            self._kept -= len(self._pieces.popleft())

    def finish(self) -> int:
        """Return the number of records.

        Raises:
            LakeError: the file has no footer that can be read.
        """
        tail = b"".join(self._pieces)
        end = len(tail) - TAIL
        if end < len(MAGIC) or not tail.endswith(MAGIC):
            raise _damaged("it does not end with PAR1")
        length = int.from_bytes(tail[end : end + 4], "little")
        if length > self._total - TAIL - len(MAGIC):
            raise _damaged("its footer would be longer than the file")
        if length > end:
            raise LakeError(
                f"The Parquet file's footer takes {length} bytes, and {self._most} are read. Write fewer row "
                "groups."
            )
        return _Compact(tail[end - length : end]).field(NUM_ROWS)


def _damaged(why: str) -> LakeError:
    return LakeError(f"The Parquet file is damaged or cut short: {why}. Write the object again.")


class _Compact:
    """A struct of Thrift's compact protocol."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def field(self, wanted: int) -> int:
        """Return a field of the struct, a whole number."""
        number = 0
        while kind := self._peek():
            number = self._field_number(number)
            if number == wanted and kind & 15 in {_I16, _I32, _I64}:
                return self._zigzag()
            self._skip(kind & 15, 0)
        raise _damaged("its footer does not tell the number of rows")

    def _peek(self) -> int:
        if self._at >= len(self._data):
            raise _damaged("its footer ends too early")
        return self._data[self._at]

    def _take(self) -> int:
        byte = self._peek()
        self._at += 1
        return byte

    def _field_number(self, before: int) -> int:
        delta = self._take() >> 4
        if delta:
            return before + delta
        return self._zigzag()

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._take()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:  # noqa: PLR2004 - the highest bit says that more follows
                return value
            if shift > 63:  # noqa: PLR2004 - the longest has 64 bits
                raise _damaged("its footer holds a number without an end")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, kind: int, depth: int) -> None:
        if depth > MOST_NESTED:
            raise _damaged("its footer is nested without an end")
        if kind in {_I16, _I32, _I64}:
            self._varint()
        elif kind == _BINARY:
            length = self._varint()
            self._at += length
        elif kind in _FIXED:
            self._at += _FIXED[kind]
        elif kind in {_LIST, _SET}:
            self._skip_list(depth)
        elif kind == _STRUCT:
            self._skip_struct(depth)
        elif kind == _MAP:
            self._skip_map(depth)
        elif kind not in {_TRUE, _FALSE}:
            raise _damaged(f"its footer holds a field of type {kind}")

    def _skip_list(self, depth: int) -> None:
        head = self._take()
        size = head >> 4
        if size == _LONG_FORM:
            size = self._varint()
        for _ in range(size):
            self._skip_element(head & 15, depth + 1)

    def _skip_map(self, depth: int) -> None:
        size = self._varint()
        kinds = self._take() if size else 0
        for _ in range(size):
            self._skip_element(kinds >> 4, depth + 1)
            self._skip_element(kinds & 15, depth + 1)

    def _skip_element(self, kind: int, depth: int) -> None:
        # A truth value takes a byte in a list, and none as a field.
        self._peek()
        self._skip(_BYTE if kind in {_TRUE, _FALSE} else kind, depth)

    def _skip_struct(self, depth: int) -> None:
        while kind := self._peek():
            self._field_number(0)
            self._skip(kind & 15, depth + 1)
        self._at += 1
