r"""The values of Parquet's columns as texts of which PostgreSQL makes the same values again.

Texts of numbers and times are those of PostgreSQL's manual, "Data Types"; binary data is `\x` and hexadecimal
digits; lists, structs and maps are JSON. Reading files belongs to `readers.parquet`.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa

BAD_TEXT = "a text that is not UTF-8"
NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
DAY = 86_400 * 10**9  # in nanoseconds
MILLISECONDS_OF_DAY = 86_400_000
NO_NUMBERS = ("nan", "inf", "-inf")  # floating-point values that JSON has no number for
_EPOCH = 719_468  # days from 0000-03-01 to 1970-01-01


@dataclass(frozen=True)
class Fault:
    """A value that cannot be read.

    Attributes:
        raw: its bytes.
    """

    raw: bytes


Cell = str | Fault | None


def type_of(declared: pa.DataType) -> str | None:
    """Return the type of PostgreSQL that keeps all that a type of Parquet may hold.

    Returns:
        None for nanoseconds, which PostgreSQL's times have not; the values tell whether they are needed.
    """
    kind = declared.value_type if pa.types.is_dictionary(declared) else declared
    if pa.types.is_timestamp(kind) and kind.unit != "ns":
        return "timestamptz" if kind.tz else "timestamp"
    if pa.types.is_time(kind) and kind.unit != "ns":
        return "time"
    for is_one, name in _POSTGRES:
        if is_one(kind):
            return name
    return None


def cells_of(array: pa.Array) -> list[Cell]:
    """Return the values of a column, NULs as they are.

    Args:
        array: of any type that Parquet has.
    """
    kind = array.type
    if isinstance(kind, pa.UuidType):
        return _each(array.storage.to_pylist(), _uuid)
    if isinstance(kind, pa.BaseExtensionType):
        return cells_of(array.storage)
    if pa.types.is_dictionary(kind):
        return _shared(array)
    for is_one, make in _MAKERS:
        if is_one(kind):
            return make(array)
    return _plain(array)


def _shared(array: pa.DictionaryArray) -> list[Cell]:
    """Return one text for all cells that share it; the dictionary may hold those of the whole file."""
    used = array.indices.unique().drop_null()
    texts = cells_of(array.dictionary.take(used))
    by_index = dict(zip(used.to_pylist(), texts, strict=True))
    return _each(array.indices.to_pylist(), by_index.__getitem__)


def _each(values: Iterable[Any], write: Callable[[Any], Cell]) -> list[Cell]:
    """Return what is written for each value, None for NULL."""
    return [None if value is None else write(value) for value in values]


def json_of(array: pa.Array) -> list[str | Fault]:
    """Return the values of a column as pieces of JSON, NULs in texts as they are."""
    kind = array.type
    is_bare = any(is_one(kind) for is_one in (*_NESTED, pa.types.is_boolean, *_NUMBERS))
    return [_as_json(cell, bare=is_bare and cell not in NO_NUMBERS) for cell in cells_of(array)]


def json_text(text: str) -> str:
    """Write a text as JSON, a NUL as it is."""
    parts = (json.dumps(part, ensure_ascii=False)[1:-1] for part in text.split("\0"))
    return '"' + "\0".join(parts) + '"'


def _as_json(cell: Cell, *, bare: bool) -> str | Fault:
    if cell is None:
        return "null"
    if bare or isinstance(cell, Fault):
        return cell
    return json_text(cell)


def _plain(array: pa.Array) -> list[Cell]:
    """Let Arrow write whole numbers, truth values and, with the fewest digits, floating-point numbers."""
    if pa.types.is_float16(array.type):
        array = array.cast(pa.float32())
    texts: list[Cell] = array.cast(pa.string()).to_pylist()
    return texts


def _texts(array: pa.Array) -> list[Cell]:
    return _each(array.cast(pa.large_binary()).to_pylist(), _text)


def _text(value: bytes) -> str | Fault:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return Fault(value)


def _binary(array: pa.Array) -> list[Cell]:
    return _each(array.to_pylist(), lambda value: f"\\x{value.hex()}")


def _uuid(value: bytes) -> str:
    digits = value.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _decimals(array: pa.Array) -> list[Cell]:
    return _each(array.to_pylist(), lambda value: format(value, "f"))


def _dates(array: pa.Array) -> list[Cell]:
    if pa.types.is_date32(array.type):
        return _each(array.cast(pa.int32()).to_pylist(), _date)
    milliseconds = array.cast(pa.int64()).to_pylist()
    return _each(milliseconds, lambda value: _date(value // MILLISECONDS_OF_DAY))


def _date(days: int) -> str:
    day, era = _day(days)
    return f"{day} {era}" if era else day


def _times(array: pa.Array) -> list[Cell]:
    number = pa.int32() if pa.types.is_time32(array.type) else pa.int64()
    unit = NANOSECONDS[array.type.unit]
    return _each(array.cast(number).to_pylist(), lambda value: _clock(value * unit))


def _timestamps(array: pa.Array) -> list[Cell]:
    unit = NANOSECONDS[array.type.unit]
    offset = "+00" if array.type.tz else ""

    def write(value: int) -> str:
        days, rest = divmod(value * unit, DAY)
        day, era = _day(days)
        text = f"{day} {_clock(rest)}{offset}"
        return f"{text} {era}" if era else text

    return _each(array.cast(pa.int64()).to_pylist(), write)


def _durations(array: pa.Array) -> list[Cell]:
    """Write ISO 8601 durations, of seconds alone."""
    unit = NANOSECONDS[array.type.unit]

    def write(value: int) -> str:
        seconds, rest = divmod(abs(value * unit), 10**9)
        sign = "-" if value < 0 else ""
        return f"PT{sign}{seconds}{_fraction(rest)}S"

    return _each(array.cast(pa.int64()).to_pylist(), write)


def _clock(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{_fraction(rest)}"


def _fraction(nanoseconds: int) -> str:
    if not nanoseconds:
        return ""
    micro, nano = divmod(nanoseconds, 1000)
    if nano:
        return f".{micro:06}{nano:03}"
    return f".{micro:06}"


@lru_cache(maxsize=4096)
def _day(days: int) -> tuple[str, str]:
    """Return the date so many days after 1970-01-01, of any year, and its era where that is BC."""
    era, of_era = divmod(days + _EPOCH, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month += 3 if month < 10 else -9  # noqa: PLR2004 - the year begins in March here
    year += 400 * era + (month <= 2)  # noqa: PLR2004 - the same
    if year > 0:
        return f"{year:04}-{month:02}-{day:02}", ""
    return f"{1 - year:04}-{month:02}-{day:02}", "BC"


def _lists(array: pa.Array) -> list[Cell]:
    if pa.types.is_fixed_size_list(array.type):
        array = array.cast(pa.list_(array.type.value_type))
    offsets = array.offsets.to_pylist()
    elements = json_of(array.values.slice(offsets[0], offsets[-1] - offsets[0])) if offsets else []
    return _gathered(array, offsets, elements, "[]")


def _maps(array: pa.Array) -> list[Cell]:
    offsets = array.offsets.to_pylist()
    start, length = offsets[0], offsets[-1] - offsets[0]
    keys = [_as_json(cell, bare=False) for cell in cells_of(array.keys.slice(start, length))]
    entries = list(map(_pair, keys, json_of(array.items.slice(start, length))))
    return _gathered(array, offsets, entries, "{}")


def _structs(array: pa.Array) -> list[Cell]:
    names = [json_text(field.name) for field in array.type]
    columns = [json_of(array.field(place)) for place in range(len(names))]
    rows = zip(*columns, strict=True) if columns else [()] * len(array)
    valid = array.is_valid().to_pylist()
    return [
        _joined(map(_pair, names, row), "{}") if is_valid else None
        for is_valid, row in zip(valid, rows, strict=True)
    ]


def _gathered(
    array: pa.Array, offsets: Sequence[int], pieces: Sequence[str | Fault], brackets: str
) -> list[Cell]:
    base = offsets[0] if offsets else 0
    valid = array.is_valid().to_pylist()
    return [
        _joined(pieces[start - base : end - base], brackets) if is_valid else None
        for is_valid, start, end in zip(valid, offsets, offsets[1:], strict=False)
    ]


def _pair(key: str | Fault, value: str | Fault) -> str | Fault:
    if isinstance(key, Fault):
        return key
    if isinstance(value, Fault):
        return value
    return f"{key}:{value}"


def _joined(pieces: Iterable[str | Fault], brackets: str) -> str | Fault:
    texts: list[str] = []
    for piece in pieces:
        if isinstance(piece, Fault):
            return piece
        texts.append(piece)
    return f"{brackets[0]}{','.join(texts)}{brackets[1]}"


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    fixed = pa.types.is_fixed_size_binary(kind)
    return bool(
        fixed or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    )


def holds_binary(kind: pa.DataType) -> bool:
    """Return whether a type is that of binary data of any length, or of a dictionary of such."""
    if pa.types.is_dictionary(kind):
        return holds_binary(kind.value_type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


Maker = Callable[[pa.Array], list[Cell]]
_NESTED = (_is_list, pa.types.is_struct, pa.types.is_map)
_NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
_MAKERS: tuple[tuple[Callable[[pa.DataType], bool], Maker], ...] = (
    (_is_text, _texts),
    (_is_binary, _binary),
    (pa.types.is_decimal, _decimals),
    (pa.types.is_date, _dates),
    (pa.types.is_time, _times),
    (pa.types.is_timestamp, _timestamps),
    (pa.types.is_duration, _durations),
    (_is_list, _lists),
    (pa.types.is_map, _maps),
    (pa.types.is_struct, _structs),
)
_POSTGRES: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (lambda kind: isinstance(kind, pa.UuidType), "uuid"),
    (lambda kind: isinstance(kind, pa.JsonType), "jsonb"),
    (pa.types.is_uint64, "numeric(20,0)"),
    (pa.types.is_integer, "bigint"),
    (pa.types.is_floating, "double precision"),
    (pa.types.is_decimal, "numeric"),
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_date, "date"),
    (pa.types.is_duration, "interval"),
    (_is_text, "text"),
    (_is_binary, "bytea"),
    *((is_one, "jsonb") for is_one in _NESTED),
)
