r"""JSON lines: every line is a record, every key of its object names a column (docs/bad-input.md).

A value goes on as the file writes it: a text unescaped, all else as its own piece of JSON, so that no digit
and no order of keys is lost. What the values mean is PostgreSQL's business.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from json import JSONDecodeError, JSONDecoder
from typing import NamedTuple, NoReturn

from lake_assets.exceptions import LakeError
from lake_assets.readers.blocks import NUL_BECOMES
from lake_assets.readers.csv_scanner import Slab
from lake_assets.readers.csv_splitter import LIMITS, Limits, split_records
from lake_assets.readers.decode import decode
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.rows import NUL, Broken, Cells
from lake_assets.readers.unpacking import Room

MOST_KEYS = 1600  # columns of a table (PostgreSQL manual, "Limits")
MOST_NESTED = 500  # levels; PostgreSQL's jsonb gives up at some thousands, Python's reader before
LARGEST_EXPONENT = 300  # that is written out to be judged
LONGEST_SHOWN = 40  # characters of a key in a reason

_BLANKS = re.compile(r"[ \t\n\r]*")
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)  # a text may be open to the end
_ESCAPE = re.compile(r"\\(u0000|.)", re.DOTALL)
_DOUBTFUL = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")  # half a pair, or a NUL
_OPENING = re.compile(rb"[\[{ \t]+")
_CLOSING = re.compile(rb"[\]} \t]+")


class Value(NamedTuple):
    """A value of a record.

    Attributes:
        key: its key.
        text: what the cell holds; None for NULL.
        number: whether it is written as a number.
    """

    key: str
    text: str | None
    number: bool


def _refuse(name: str) -> NoReturn:
    raise Broken(f"broken JSON: {name} is no JSON")


class _Number(str):
    """The digits of a number, as they are written."""

    __slots__ = ()


def _nothing(_: object) -> None:
    """Keep nothing of what is only checked: its text goes on."""


# RFC 8259 to the letter; numbers are never made, so that they may have any number of digits.
_JSON = JSONDecoder(
    object_pairs_hook=_nothing, parse_int=_nothing, parse_float=_nothing, parse_constant=_refuse
)
_FLAT_JSON = JSONDecoder(
    object_pairs_hook=list, parse_int=_Number, parse_float=_Number, parse_constant=_refuse
)
_LITERALS = {None: None, True: "true", False: "false"}


def read_rows(chunks: Iterable[bytes], dialect: Dialect, limits: Limits = LIMITS) -> Iterator["Lines"]:
    """Read JSON lines, some at a time.

    Raises:
        LakeError: the bytes cannot be unpacked or decoded, or hold no line end where one is due.
    """
    places = {key: place for place, key in enumerate(dialect.keys)}
    for slab in _slabs(chunks, dialect.compression, dialect.encoding, limits):
        yield Lines(slab, places, dialect.cells, dialect)


def keys_of(
    chunks: Iterable[bytes],
    compression: str,
    encoding: str,
    nul: str,
    limits: Limits = LIMITS,
    room: Room | None = None,
) -> tuple[str, ...]:
    """Read a whole file for its keys, in the order they first occur in good records.

    Args:
        chunks: the object's raw bytes, cut anywhere.
        compression: `gzip`, `zstd`, `bz2`, `xz` or `none`.
        encoding: of the text.
        nul: the catalog's policy.
        limits: how much memory may be used.
        room: how many bytes the file may have once unpacked; None for any number.

    Raises:
        LakeError: the bytes cannot be read, are one JSON document, or have more keys than a table columns.
    """
    keys: dict[str, None] = {}
    first = last = b""
    lines = 0
    for slab in _slabs(chunks, compression, encoding, limits, room):
        for index in range(len(slab)):
            raw = slab.raw(index)
            text = raw.strip()
            if text:
                first = first or text
                last = text
                lines += 1
            keys |= _keys_of(raw, encoding, nul)
            if len(keys) > MOST_KEYS:
                raise LakeError(
                    f"Its records have more than {MOST_KEYS} different keys, and a table cannot have more "
                    "columns. Write the keys that vary as one object, under a key of its own."
                )
    if _is_document(first, last, lines):
        raise LakeError(
            "This is one JSON document and no JSON lines. Write one object on each line, as "
            "`jq -c` does, then load the hour again."
        )
    return tuple(keys)


def _keys_of(raw: bytes, encoding: str, nul: str) -> dict[str, None]:
    try:
        return dict.fromkeys(value.key for value in values_of(raw, encoding, nul))
    except Broken:
        return {}


def _is_document(first: bytes, last: bytes, lines: int) -> bool:
    """Return whether so many lines, from the first to the last, are parts of one array or object."""
    if lines <= 1:
        return first.startswith(b"[") and _is_json(first)
    return _opens(first) and _closes(last)


def _opens(line: bytes) -> bool:
    if _OPENING.fullmatch(line):
        return True
    return line.startswith(b"[") and not _is_json(line)


def _closes(line: bytes) -> bool:
    if _CLOSING.fullmatch(line):
        return True
    return line.endswith(b"]") and not _is_json(line)


def _is_json(line: bytes) -> bool:
    text = line.decode(errors="replace")
    try:
        _, end = _JSON.raw_decode(text)
    except (JSONDecodeError, Broken, RecursionError):
        return False
    return end == len(text)


def _slabs(
    chunks: Iterable[bytes], compression: str, encoding: str, limits: Limits, room: Room | None = None
) -> Iterator[Slab]:
    # Without quoting every LF ends a record, and a CR before it belongs to the line end.
    return split_records(decode(chunks, compression, encoding, room=room), ",", "none", limits)


@dataclass(frozen=True)
class Lines:
    """Some lines of a file, as `readers.rows` wants them.

    Attributes:
        slab: their bytes.
        places: of the keys among the cells.
        width: cells of a record.
        dialect: how the file is read.
    """

    slab: Slab
    places: dict[str, int]
    width: int
    dialect: Dialect

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.slab)

    def raw(self, index: int) -> bytes:
        """Return a line without its end."""
        return self.slab.raw(index)

    def cells(self, index: int) -> Cells:
        """Return a record's values; see `readers.rows.Rows`."""
        return self._placed(self._values(index))

    def judged(self, index: int) -> Cells:
        """Return the values with the exponents of numbers written out; in CSV they would be texts."""
        values = self._values(index)
        return self._placed([value._replace(text=_written_out(value)) for value in values])

    def _values(self, index: int) -> list[Value]:
        return values_of(self.raw(index), self.dialect.encoding, self.dialect.nul)

    def _placed(self, values: Iterable[Value]) -> Cells:
        cells: list[str | None] = [None] * self.width
        for key, text, _ in values:
            if key not in self.places:
                raise LakeError(f"The key {key!r} was not there before. Load the hour again.")
            cells[self.places[key]] = text
        return cells


def _written_out(value: Value) -> str | None:
    text = value.text
    if text is None or not value.number or "e" not in text.lower():
        return text
    exponent = text.lower().rpartition("e")[2]
    # The length first: Python refuses to read thousands of digits.
    if len(exponent) > len("+300") or abs(int(exponent)) > LARGEST_EXPONENT:
        return text
    digits = format(Decimal(text), "f")
    if "." in digits:
        return digits
    return f"{digits}.0"


def values_of(raw: bytes, encoding: str, nul: str) -> list[Value]:
    """Take a record apart.

    Args:
        raw: the line, in UTF-8, without its end.
        encoding: that the file was declared to have.
        nul: the policy for NULs in keys; those of values are left in.

    Raises:
        Broken: the line is no JSON object, or one that cannot be kept whole.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Broken(f"bytes that are not {encoding}, at byte {error.start + 1}") from error
    try:
        values = _flat_values(text) or list(_values(text, nul))
    except JSONDecodeError as error:
        fault = error.msg.rstrip(": ").removesuffix(" at")
        raise Broken(f"broken JSON: {fault} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise Broken(f"JSON nested deeper than {MOST_NESTED} levels") from error
    keys = [value.key for value in values]
    if len(set(keys)) != len(keys):
        key, _ = Counter(keys).most_common(1)[0]
        raise Broken(f"the key {key[:LONGEST_SHOWN]!r} twice")
    return values


def _flat_values(text: str) -> list[Value] | None:
    """Take an object apart in which there is no other and no doubt, several times as fast."""
    if text.count("{") != 1 or "[" in text or _DOUBTFUL.search(text):
        return None
    try:
        pairs = _FLAT_JSON.decode(text)
    except (ValueError, Broken):
        return None
    if not isinstance(pairs, list):
        return None
    values: list[Value] = []
    for key, value in pairs:
        if isinstance(value, str):
            values.append(Value(key, value, isinstance(value, _Number)))
        else:
            values.append(Value(key, _LITERALS[value], number=False))
    return values


def _values(text: str, nul: str) -> Iterator[Value]:
    at = _past_blanks(text, 0)
    if at == len(text):
        raise Broken("an empty line")
    if not text.startswith("{", at):
        _JSON.raw_decode(text, at)
        raise Broken(f"no JSON object, but {text[at : at + LONGEST_SHOWN]!r}")
    _check_depth(text)
    at = _past_blanks(text, at + 1)
    if text.startswith("}", at):
        _expect_end(text, at + 1)
        return
    while True:
        key, start = _read_key(text, at)
        value, end = _JSON.raw_decode(text, start)
        yield _value(_key(key, nul, at), value, text[start:end], start)
        at = _past_blanks(text, end)
        if text.startswith("}", at):
            _expect_end(text, at + 1)
            return
        if not text.startswith(",", at):
            raise JSONDecodeError("a comma or } is expected", text, at)
        at = _past_blanks(text, at + 1)


def _read_key(text: str, at: int) -> tuple[str, int]:
    """Return the key that begins here, and where its value does."""
    if not text.startswith('"', at):
        raise JSONDecodeError("a key in quotes is expected", text, at)
    key, colon = _JSON.raw_decode(text, at)
    colon = _past_blanks(text, colon)
    if not text.startswith(":", colon):
        raise JSONDecodeError("a colon is expected", text, colon)
    return key, _past_blanks(text, colon + 1)


def _past_blanks(text: str, at: int) -> int:
    if text[at : at + 1] not in " \t\n\r":
        return at
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def _expect_end(text: str, at: int) -> None:
    end = _past_blanks(text, at)
    if end < len(text):
        raise JSONDecodeError("text after the object", text, end)


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MOST_NESTED:
        return
    depth = 0
    for mark in _BRACKETS.finditer(text):
        depth += (mark[0] in "[{") - (mark[0] in "]}")
        if depth > MOST_NESTED:
            raise Broken(f"JSON nested deeper than {MOST_NESTED} levels, at character {mark.end()}")


def _key(key: str, nul: str, at: int) -> str:
    _check_surrogates(key, at)
    if "\0" not in key:
        return key
    if nul not in NUL_BECOMES:
        raise Broken(NUL)
    return key.replace("\0", NUL_BECOMES[nul].decode())


def _value(key: str, value: object, piece: str, at: int) -> Value:
    if isinstance(value, str):
        if "\\u" in piece:
            _check_surrogates(value, at)
        return Value(key, value, number=False)
    if piece[0] in "[{":
        if "\\u0000" in piece:
            piece = _ESCAPE.sub(_without_escaped_nul, piece)
        return Value(key, piece, number=False)
    if piece == "null":
        return Value(key, None, number=False)
    return Value(key, piece, number=piece not in {"true", "false"})


def _without_escaped_nul(escape: re.Match[str]) -> str:
    """Return a NUL itself for its escape: `readers.rows` deals with it as with all others."""
    return "\0" if escape[1] == "u0000" else escape[0]


def _check_surrogates(text: str, at: int) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Broken(f"half a surrogate pair, in the text at character {at + 1}") from error
