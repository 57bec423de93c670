"""Cells of every family, their tricky neighbours, and when a value still says what its cell said."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

INTEGERS = [
    *("0", "-0", "1", "-1", "007", "+5", " 5", "5 ", "1_000", "0x1A", "1e5", "12.", ".5", "00", "-00", "٣"),
    *("999999999999999999", "-999999999999999999", "9223372036854775807", "9223372036854775808"),
    *("-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616"),
    *("9" * 40, "-" + "9" * 40, "1" * 1002, "5\n", "1,5", "1 000"),
]
DECIMALS = [
    *("0.0", "-0.0", "-0.00", "1.50", "-1.5", "00.5", "1.", ".5", "+1.5", "1.5e3", "NaN", "Infinity", "-inf"),
    *("1." + "3" * 40, "9" * 40 + ".1", "1.0E5", "1,234.50", "1.2.3", "-0." + "0" * 35 + "1"),
]
FLOATS = [
    *("+5.0656000000000000e+05", "+1.10106036e-01", "-0.0000000000000000e+00", "+1.7976931348623157e+308"),
    *("+1.0000000000000000e+309", "+4.9406564584124654e-324", "+1.0000000000000000e-400", "5.06e+05"),
    *(
        "+1.2345678901234567e+00",
        "+1.00000000000000001e+00",
        "+1e+05",
        "+1.5E+05",
        "+2.2250738585072014e-308",
    ),
]
DATES = [
    *("2018-09-06", "0000-00-00", "2018-00-10", "2018-10-00", "2019-02-29", "2020-02-29", "1900-02-29"),
    *(
        "2000-02-29",
        "0001-01-01",
        "0000-01-01",
        "9999-12-31",
        "2018-9-6",
        "2018/09/06",
        "06.09.2018",
        "20180906",
    ),
    *(
        "2018-04-31",
        "2018-12-31",
        "today",
        "now",
        "epoch",
        "infinity",
        "-infinity",
        "10000-01-01",
        "0004-02-29",
    ),
]
TIMES = [
    *("2018-09-06 10:00:00", "2018-09-06T10:00:00", "2018-09-06 10:00", "2018-09-06 24:00:00"),
    *(
        "2018-09-06 23:59:60",
        "2018-09-06 10:00:00.123456",
        "2018-09-06 10:00:00.1234567",
        "0000-00-00 00:00:00",
    ),
    *(
        "2018-09-06 10:00:00.1",
        "2018-09-06 10",
        "2018-09-06  10:00:00",
        "0001-01-01 00:00:00",
        "2020-02-29 01:02:03",
    ),
    *(
        "2018-09-06T10:00:00Z",
        "2018-09-06 10:00:00+02:00",
        "2018-09-06 10:00:00+0530",
        "2018-09-06 10:00:00-08",
    ),
    *(
        "2018-09-06 10:00:00+15:00",
        "2018-09-06 10:00:00 UTC",
        "2020-02-29T10:00:00.5Z",
        "0001-01-01 00:00:00Z",
    ),
    *(
        "9999-12-31 23:59:59-01",
        "9998-12-31 23:59:59-14:00",
        "0002-01-01 00:00:00+14:00",
        "2018-09-06 10:00:00z",
    ),
]
CLOCKS = [
    *("10:00:00", "23:59:59.999999", "24:00:00", "838:59:59", "-838:59:59", "-00:00:00", "00:00:00", "10:00"),
    *("-00:00:01", "99:60:00", "10:00:60", "10:00:00.1234567", "9:00:00", "-01:30:00.5", "839:00:00.000001"),
]
WORDS = [
    *(
        "t",
        "f",
        "true",
        "false",
        "TRUE",
        "True",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "1",
        "0",
        "tru",
        "NULL",
        "\\N",
    ),
    *(
        "null",
        "",
        "nil",
        "\\.",
        "\\",
        "'",
        "%s",
        "{}",
        "$1",
        "a,b",
        'say "hi"',
        "two\nlines",
        "cr\rlf\r\n",
        "\t",
    ),
    *(
        "é",
        "日本",
        "😀",
        "\u2028",
        "\ufeff",
        "\u0085",
        "\u00a0",
        " lead",
        "trail ",
        "a\0b",
        "=1+1",
        "--",
        "/*",
    ),
]
UUIDS = [
    *("123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"),
    *(
        "123e4567e89b12d3a456426614174000",
        "{123e4567-e89b-12d3-a456-426614174000}",
        "00000000-0000-0000-0000-000000000000",
    ),
]
JSONS = [
    *(
        "{}",
        "[]",
        '{ "a" : 1, "b" : [ 2, null ] }',
        '{"a":1,"a":2}',
        r'{"a":"\u0000"}',
        r'{"a":"\\u0000"}',
        "[1e5]",
    ),
    *(
        r'{"a":"\ud83d\ude00"}',
        r'{"a":"\ud83d"}',
        '{"a":NaN}',
        "[1E400]",
        "[0.10000000000000000555]",
        "[-0]",
        "[01]",
    ),
    *(
        "{'a':1}",
        '{"a":1,}',
        "[1",
        "1",
        "null",
        '"x"',
        "[9223372036854775808]",
        '["a\tb"]',
        "[1.5e-300]",
        "{a}",
    ),
    *('{"":{"":[]}}', "[" * 200 + "]" * 200, '{"a":"\u2028"}', "[1] ", " [1]", "[1]x", "[1.0, 1.10]"),
]
TRUTH = dict.fromkeys(("t", "true", "TRUE", "True", "1"), True) | dict.fromkeys(("f", "false", "0"), False)
BEYOND_PYTHON = {"9999-12-31 23:59:59-01": "10000-01-01 00:59:59+00"}
FAMILIES = [INTEGERS, DECIMALS, FLOATS, DATES, TIMES, CLOCKS, WORDS, UUIDS, JSONS]
EVERY = sorted({cell for family in FAMILIES for cell in family})


def _generated() -> list[st.SearchStrategy[str]]:
    moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))  # noqa: DTZ001 - as MySQL writes them
    return [
        st.integers(-(2**65), 2**65).map(str),
        st.integers(-1000, 1000).map(str),
        st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
        st.floats(allow_nan=False, allow_infinity=False).map(lambda value: f"{value:+.16e}"),
        st.floats(width=32, allow_nan=False, allow_infinity=False).map(lambda value: f"{value:+.8e}"),
        st.dates().map(str),
        moments.map(str),
        moments.map(lambda value: value.isoformat() + "Z"),
        st.times().map(str),
        st.timedeltas().map(
            lambda span: f"{span.days % 839:02d}:{span.seconds // 60 % 60:02d}:{span.seconds % 60:02d}"
        ),
        st.uuids().map(str),
        st.text(max_size=8),
        st.dictionaries(
            st.text(max_size=3), st.integers() | st.floats(allow_nan=False) | st.text(), max_size=3
        ).map(json.dumps),
    ]


def columns(size: int) -> st.SearchStrategy[list[str | None]]:
    """Make columns whose cells are of one family, some of them without NULL."""
    families = [*map(st.sampled_from, FAMILIES), *_generated()]
    cells: list[st.SearchStrategy[str | None]] = [*families, *(st.none() | family for family in families)]
    return st.sampled_from(cells).flatmap(lambda family: st.lists(family, min_size=size, max_size=size))


def says_the_same(cell: str, value: Any) -> bool:
    """Tell whether a value of main still says all that its cell said.

    Args:
        cell: its text in the file.
        value: what PostgreSQL gives, jsonb with exact numbers and other types but text as their text.
    """
    if not isinstance(value, str):
        return bool(json.loads(cell, parse_float=Decimal) == value)
    if value in {cell, BEYOND_PYTHON.get(cell)} or (value in TRUTH and TRUTH.get(cell) == TRUTH[value]):
        return True
    readings = (*([_number] if "e" in cell else []), _moment, _clock)
    return any(reading(cell) is not None and reading(cell) == reading(value) for reading in readings)


def _number(text: str) -> float | None:
    """Read DMS's floating point; other numbers must come back as they were written."""
    scientific = re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-][0-9]+)?", text)
    return float(text) if scientific else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment


def _clock(text: str) -> tuple[str, str] | None:
    whole, _, fraction = text.partition(".")
    return (whole, fraction.rstrip("0")) if text.count(":") == 2 else None


def write_csv(rows: Iterable[Sequence[str | None]], op: str = "", mark: str = ",") -> str:
    """Write records as DMS does: quotes where they are needed, a bare nothing for NULL."""
    lead = f"{op}{mark}" if op else ""
    return "".join(lead + mark.join(map(_written, row)) + "\n" for row in rows)


def _written(cell: str | None) -> str:
    if cell is None:
        return ""
    if cell in {"", "NULL", "\\N"} or set(cell) & set('",;|\t\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell
