"""What the columns of a DataFrame are in PostgreSQL, and what PostgreSQL's are in a DataFrame.

Pure functions of pandas objects: tables and transactions belong to `load.frames.slices`. docs/io-manager.md
has both mappings as tables.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
from psycopg.types import TypesRegistry

from lake_assets.exceptions import WarehouseError
from lake_assets.load.frames.columns import Columns

ROWS_AT_A_TIME = 10_000  # as many rows are Python objects at once; the rest stays in pandas' arrays
BIGINT = range(-(2**63), 2**63)
INTEGERS = frozenset({"smallint", "integer", "bigint"})
NUMBERS = frozenset({"bigint", "double precision", "numeric"})

_DTYPE_KINDS = {"i": "bigint", "u": "bigint", "f": "double precision", "b": "boolean", "m": "interval"}
_JSON = (dict, list, tuple, np.ndarray)
_BOOLEAN = (bool, np.bool_)
_FLOAT = (float, np.floating)
# A class stands before those it derives from: bool before int, datetime before date.
_CLASS_TYPES: tuple[tuple[tuple[type, ...], str], ...] = (
    ((str,), "text"),
    (_BOOLEAN, "boolean"),
    ((int, np.integer), "bigint"),
    (_FLOAT, "double precision"),
    ((Decimal,), "numeric"),
    ((datetime,), "timestamp"),
    ((date,), "date"),
    ((time,), "time"),
    ((timedelta,), "interval"),
    ((bytes, bytearray, memoryview), "bytea"),
    ((UUID,), "uuid"),
    (_JSON, "jsonb"),
)
# Names as in pg_type. Every other type stays what psycopg makes of it, in a column of objects.
_DTYPES = {
    "int2": "Int16",
    "int4": "Int32",
    "int8": "Int64",
    "float4": "float32",
    "float8": "float64",
    "bool": "boolean",
    "text": "string",
    "varchar": "string",
    "bpchar": "string",
    "timestamp": "datetime64[us]",
    "timestamptz": "datetime64[us, UTC]",
    "interval": "timedelta64[us]",
}


def postgres_type(column: "pd.Series[Any]") -> str | None:
    """Return which PostgreSQL type holds a column, by its dtype or else by its values.

    Returns:
        The type, or None where neither says anything: a column of objects without a value.
    """
    dtype = column.dtype
    if str(dtype).lower().startswith("uint64"):
        return "numeric(20,0)"
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "timestamptz"
    if dtype.kind == "M" and not isinstance(dtype, pd.ArrowDtype):
        return "timestamp"
    return _DTYPE_KINDS.get(dtype.kind) or _type_of_values(column.dropna().astype(object))


def _type_of_values(values: "pd.Series[Any]") -> str | None:
    types = {_type_of_class(known) for known in set(map(type, values))}
    if "timestamp" in types:
        types = (types - {"timestamp"}) | _types_of_moments(values)
    if types == {"bigint"} and not all(int(value) in BIGINT for value in values):
        return "numeric"
    return _common_type(types)


def _types_of_moments(values: "pd.Series[Any]") -> set[str]:
    """Return the types of the times among values: with a zone, without, or both."""
    types = set()
    for value in values:
        if isinstance(value, datetime):
            types.add("timestamp" if value.tzinfo is None else "timestamptz")
    return types


def _common_type(types: set[str]) -> str | None:
    """Return the type that holds values of all these types; None of none."""
    if len(types) <= 1:
        return next(iter(types), None)
    if types == {"bigint", "double precision"}:
        return "double precision"
    return "numeric" if types <= NUMBERS else "text"


def _type_of_class(known: type) -> str:
    return next((name for classes, name in _CLASS_TYPES if issubclass(known, classes)), "text")


def rows_of(table: str, columns: Columns, types: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    """Yield a DataFrame's rows as values that psycopg can write; whatever pandas calls missing is None.

    Args:
        table: what errors call the table.
        columns: the columns by name, all of the same length.
        types: the PostgreSQL types of the same columns, as `format_type` spells them.

    Raises:
        WarehouseError: a value cannot be stored; it names table, column and row.
    """
    length = len(next(iter(columns.values()), ()))
    for start in range(0, length, ROWS_AT_A_TIME):
        end = start + ROWS_AT_A_TIME
        parts = [
            _values(table, name, types[name], column.iloc[start:end], start)
            for name, column in columns.items()
        ]
        yield from zip(*parts, strict=True)


def _values(table: str, name: str, declared: str, column: "pd.Series[Any]", start: int) -> list[Any]:
    """Return values of a column as psycopg writes them; the first is that of row `start`."""
    values = [
        None if missing else value
        for value, missing in zip(column.astype(object), column.isna(), strict=True)
    ]
    convert = {known: _converter(known, declared) for known in set(map(type, values))}
    if set(convert.values()) == {_as_it_is}:
        return values
    for number, value in enumerate(values):
        try:
            values[number] = convert[type(value)](value)
        except (TypeError, ValueError) as error:
            raise WarehouseError(
                f"{table}: column {name!r}, row {start + number} of the DataFrame: {error}"
            ) from error
    return values


def _converter(known: type, declared: str) -> Callable[[Any], Any]:
    """Choose what is done to a column's values of one class before psycopg writes them."""
    if issubclass(known, str):
        return _text
    if issubclass(known, _BOOLEAN):
        return _boolean
    if issubclass(known, _JSON) and not declared.endswith("[]"):
        return _json
    if issubclass(known, _FLOAT) and declared in INTEGERS:
        return _whole
    if issubclass(known, datetime) and _is_without_zone(declared):
        return _without_zone
    return _as_it_is if _is_storable(known) else _refuse


def _is_without_zone(declared: str) -> bool:
    return declared.startswith("timestamp") and declared.endswith("without time zone")


def _is_storable(known: type) -> bool:
    """Return whether psycopg writes values of a class; None stands for NULL."""
    return known is type(None) or any(issubclass(known, classes) for classes, _ in _CLASS_TYPES)


def _as_it_is(value: Any) -> Any:
    return value


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError(
            "its text holds the character NUL, which PostgreSQL cannot store. "
            r'Take it out with .str.replace("\0", ""), or store bytes.'
        )
    if not value.isascii():
        value.encode()
    return value


def _boolean(value: Any) -> str:
    return "true" if value else "false"


def _whole(value: float) -> Any:
    """Turn 1.0 into 1: pandas makes floats of integers where one is missing."""
    return int(value) if value.is_integer() else value


def _without_zone(value: datetime) -> datetime:
    if value.tzinfo is not None:
        raise ValueError(
            f"{value} has a time zone, and a column of type timestamp would drop it. Take it off "
            "(.dt.tz_convert(None) gives UTC), or change the column's type to timestamptz."
        )
    return value


def _json(value: Any) -> str:
    return json.dumps(value, default=_json_default, allow_nan=False)


def _json_default(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(
        f"a {type(value).__name__} inside is not JSON. Turn it into text, a number, a list or a dict first."
    )


def _refuse(value: Any) -> Any:
    raise TypeError(
        f"a {type(value).__module__}.{type(value).__name__} cannot be stored. "
        "Turn it into text (.astype(str)), a number or a time first."
    )


def dtype_of(types: TypesRegistry, oid: int) -> str:
    """Return which dtype holds a PostgreSQL type, by its number."""
    known = types.get(oid)
    # The registry finds the type of the elements under the number of an array's type, too.
    if known is None or known.oid != oid:
        return "object"
    return _DTYPES.get(known.name, "object")


def frame_of(rows: Sequence[Sequence[Any]], dtypes: Mapping[str, str]) -> pd.DataFrame:
    """Return rows as psycopg reads them as a DataFrame; `dtypes` are those of its columns, in order."""
    columns: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(dtypes)
    frame = {}
    for (name, dtype), values in zip(dtypes.items(), columns, strict=True):
        frame[name] = pd.Series(list(values), dtype=dtype)
    return pd.DataFrame(frame)
