r"""The values of Parquet's columns as texts of which PostgreSQL makes the same values again.

Texts of numbers and times are those of PostgreSQL's manual, "Data Types"; binary data is `\x` and hexadecimal
digits; lists, structs and maps are JSON. Reading files belongs to `readers.parquet`.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa

BAD_TEXT = "a text that is not UTF-8"
NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
DAY = 86_400 * 10**9  # in nanoseconds
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
    return next((name for is_one, name in _POSTGRES if is_one(kind)), None)


def cells_of(array: pa.Array) -> list[Cell]:
    """Return the values of a column, NULs as they are.

    Args:
        array: of any type that Parquet has.
    """
    kind = array.type
    if isinstance(kind, pa.UuidType):
        return [value and _uuid(value) for value in array.storage.to_pylist()]
    if isinstance(kind, pa.BaseExtensionType):
        return cells_of(array.storage)
    if pa.types.is_dictionary(kind):
        # One text for all cells that share it, however long it is.
        texts = cells_of(array.dictionary)
        return [None if place is None else texts[place] for place in array.indices.to_pylist()]
    return next((make for is_one, make in _MAKERS if is_one(kind)), _plain)(array)


def json_of(array: pa.Array) -> list[str | Fault]:
    """Return the values of a column as pieces of JSON, NULs in texts as they are."""
    kind = array.type
    bare = any(is_one(kind) for is_one in (*_NESTED, pa.types.is_boolean, *_NUMBERS))
    return [_as_json(cell, bare=bare and cell not in {"nan", "inf", "-inf"}) for cell in cells_of(array)]


def json_text(text: str) -> str:
    """Write a text as JSON, a NUL as it is."""
    return '"' + "\0".join(json.dumps(part, ensure_ascii=False)[1:-1] for part in text.split("\0")) + '"'


def _as_json(cell: Cell, *, bare: bool) -> str | Fault:
    if cell is None:
        return "null"
    return cell if bare or isinstance(cell, Fault) else json_text(cell)


def _plain(array: pa.Array) -> list[Cell]:
    """Let Arrow write whole numbers, truth values and, with the fewest digits, floating-point numbers."""
    if pa.types.is_float16(array.type):
        array = array.cast(pa.float32())
    texts: list[Cell] = array.cast(pa.string()).to_pylist()
    return texts


def _texts(array: pa.Array) -> list[Cell]:
    return [None if value is None else _text(value) for value in array.cast(pa.large_binary()).to_pylist()]


def _text(value: bytes) -> str | Fault:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return Fault(value)


def _binary(array: pa.Array) -> list[Cell]:
    return [None if value is None else f"\\x{value.hex()}" for value in array.to_pylist()]


def _uuid(value: bytes) -> str:
    digits = value.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _decimals(array: pa.Array) -> list[Cell]:
    return [None if value is None else format(value, "f") for value in array.to_pylist()]


def _dates(array: pa.Array) -> list[Cell]:
    days = array.cast(pa.int32()) if pa.types.is_date32(array.type) else array.cast(pa.int64())
    unit = 1 if pa.types.is_date32(array.type) else 86_400_000
    numbers = (value if value is None else value // unit for value in days.to_pylist())
    return [None if day is None else " ".join(_day(day)).rstrip() for day in numbers]


def _times(array: pa.Array) -> list[Cell]:
    number = array.cast(pa.int32() if pa.types.is_time32(array.type) else pa.int64())
    unit = NANOSECONDS[array.type.unit]
    return [None if value is None else _clock(value * unit) for value in number.to_pylist()]


def _timestamps(array: pa.Array) -> list[Cell]:
    unit, offset = NANOSECONDS[array.type.unit], "+00" if array.type.tz else ""
    texts: list[Cell] = []
    for value in array.cast(pa.int64()).to_pylist():
        if value is None:
            texts.append(None)
            continue
        days, rest = divmod(value * unit, DAY)
        day, era = _day(days)
        texts.append(f"{day} {_clock(rest)}{offset}{era and ' '}{era}")
    return texts


def _durations(array: pa.Array) -> list[Cell]:
    """Write ISO 8601 durations, of seconds alone."""
    unit = NANOSECONDS[array.type.unit]
    texts: list[Cell] = []
    for value in array.cast(pa.int64()).to_pylist():
        if value is None:
            texts.append(None)
            continue
        seconds, rest = divmod(abs(value * unit), 10**9)
        texts.append(f"PT{'-' if value < 0 else ''}{seconds}{_fraction(rest)}S")
    return texts


def _clock(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{_fraction(rest)}"


def _fraction(nanoseconds: int) -> str:
    if not nanoseconds:
        return ""
    micro, nano = divmod(nanoseconds, 1000)
    return f".{micro:06}{nano:03}" if nano else f".{micro:06}"


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
    return f"{year if year > 0 else 1 - year:04}-{month:02}-{day:02}", "" if year > 0 else "BC"


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
    return value if isinstance(value, Fault) else f"{key}:{value}"


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
