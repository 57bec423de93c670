"""Documents of random shapes as JSON text, and when a loaded value still says what its document said."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

KEYS = [
    "a",
    "b",
    "a.b",
    "a_b",
    "",
    "$x",
    "_id",
    "é k",
    "0",
    "x" * 70,
    "A",
    "null",
    "_lake_hour",
    "ctid",
    "a b",
    "-1",
    'tab\t"\\',
    "n\0l",
    "\U0001f600 #: {x}\u2028",
]
OID = "56e1fc72e0c917e9c4714161"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BASE64 = "AAECAwQFBgcICQoLDA0ODw=="
UUID = "00010203-0405-0607-0809-0a0b0c0d0e0f"
INTEGERS = [
    "0",
    "7",
    "-12",
    "9223372036854775807",
    '{"$numberInt": "42"}',
    '{"$numberLong": "-9007199254740993"}',
]
NUMBERS = [*INTEGERS, "18446744073709551615", "1.50", "0.10000000000000000555", "1e3", "-0", "9" * 30]
DOUBLES = [
    '{"$numberDouble": "0.1"}',
    '{"$numberDouble": "NaN"}',
    '{"$numberDouble": "-0.0"}',
    '{"$numberDouble": "1.0E+20"}',
]
DECIMALS = [
    '{"$numberDecimal": "1.100000000000000000000000000000001"}',
    '{"$numberDecimal": "1E+3"}',
    '{"$numberDecimal": "NaN"}',
]
ODD_NUMBERS = [
    *DOUBLES,
    *DECIMALS,
    "nan",
    "-inf",
    "3",
    "2.5",
    '{"$numberDecimal": "-0"}',
    '{"$numberDouble": "x"}',
]
DATES = [
    '{"$date": 1356351330501}', '{"$date": -1}', '{"$date": "2012-12-24T12:15:30.501Z"}',
    '{"$date": {"$numberLong": "0"}}',
    '{"$date": "9999-12-31T23:59:59.999Z"}', '{"$date": -62135596800000}',
]  # fmt: skip
ODD_DATES = [
    *DATES,
    '{"$date": 9224318016000000}',
    '{"$date": "2012-13-24T12:15:30Z"}',
    '"2012-12-24T12:15:30Z"',
    '"n/a"',
]
TIMES = [
    '"2018-09-06T10:00:00Z"',
    '"2018-09-06T10:00:00.5+02:00"',
    '"2018-09-06"',
    '"0000-00-00"',
    '""',
    '"now"',
    '"2020-02-29"',
]
DAYS = ['"2018-09-06"', '"2020-02-29"']
TEXTS = [
    '"x"',
    '"42"',
    '""',
    '"NULL"',
    '"\\\\N"',
    r'"\ud83d\ude00"',
    '"a,b\\n\\"c\\""',
    '"true"',
    '"{}"',
    r'"a\u0000b"',
]
WRAPPED = [
    f'{{"$oid": "{OID}"}}', '{"$timestamp": {"t": 1356351330, "i": 7}}',
    '{"$regex": "^a/b", "$options": "im"}',
    '{"$symbol": "s"}', '{"$code": "f()"}', '{"$minKey": 1}', '{"$maxKey": 1}', '{"$undefined": true}',
]  # fmt: skip
BINARIES = [
    f'{{"$uuid": "{UUID}"}}',
    f'{{"$binary": {{"base64": "{BASE64}", "subType": "04"}}}}',
    f'{{"$binary": "{BASE64}", "$type": "04"}}',
]
ODD_BINARIES = [*BINARIES, f'{{"$binary": "{BASE64}", "$type": "00"}}', f'"{UUID}"']
NOT_QUITE = [
    '{"$oid": 5}',
    '{"$date": true}',
    '{"$ref": "c", "$id": 1}',
    '{"$numberLong": null}',
    "{}",
    "[]",
    "[[1]]",
    '["t"]',
]
TRUTHS = ["true", "false"]
FAMILIES = [
    INTEGERS, NUMBERS, DOUBLES, DECIMALS, ODD_NUMBERS, DATES, ODD_DATES, TIMES, DAYS, TEXTS, WRAPPED,
    BINARIES, ODD_BINARIES, TRUTHS, NOT_QUITE,
]  # fmt: skip
EVERY = [token for family in FAMILIES for token in family]

UNDEFINED = {"$undefined": True}

Shape = Any  # a list of tokens; a mapping of keys to shapes; a tuple of one shape, for an array


def shapes() -> st.SearchStrategy[Shape]:
    """Give shapes of values: what most documents of a collection have at a place."""
    leaves = st.sampled_from(FAMILIES)
    return st.recursive(
        leaves,
        lambda inner: objects(inner) | st.tuples(objects(inner)) | st.tuples(inner),
        max_leaves=8,
    )


def objects(inner: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
    """Give shapes of objects."""
    return st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=4)


@st.composite
def collections(draw: st.DrawFn) -> list[str]:
    """Give documents of one collection as JSON texts; a few values are not of their place's shape."""
    shape = draw(objects(shapes()))
    random = draw(st.randoms(use_true_random=False))
    strays = draw(st.sampled_from([0.0, 0.0, 0.05]))
    return [write(shape, random, strays) for _ in range(draw(st.integers(1, 6)))]


def write(shape: Shape, random: Any, strays: float) -> str:
    """Write a value of a shape."""
    if isinstance(shape, dict):
        kept = [(key, inner) for key, inner in shape.items() if random.random() < 0.8]
        pairs = [f"{json.dumps(key)}: {_stray(inner, random, strays)}" for key, inner in kept]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(shape, tuple):
        items = [_stray(shape[0], random, strays) for _ in range(random.randrange(4))]
        return "[" + ", ".join(items) + "]"
    return "null" if random.random() < 0.1 else str(random.choice(shape))


def _stray(shape: Shape, random: Any, strays: float) -> str:
    return str(random.choice(EVERY)) if random.random() < strays else write(shape, random, strays)


def read(text: str) -> Any:
    """Read a document as Python does, with exact numbers, bare NaN in its wrapper and NULs replaced."""
    finite = re.sub(
        r"(?<=[ \[:])-?(?:nan|inf|NaN|Infinity)(?=[,}\]])", lambda found: _not_finite(found[0]), text
    )
    return json.loads(finite.replace(r"\u0000", r"\ufffd"), parse_int=Decimal, parse_float=Decimal)


def _not_finite(word: str) -> str:
    name = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(word, word)
    return json.dumps({"$numberDouble": name})


def reach(value: Any, path: Sequence[str]) -> Any:
    """Give what lies at a path; None for nothing."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def rows_of(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Give the elements of the array at a path."""
    found = None if (there := reach(value, path)) == UNDEFINED else there
    assert found is None or isinstance(found, list), (path, found)
    yield from found or ()


def says(value: Any, declared: str, loaded: Any) -> bool:
    """Tell whether a loaded value says what its document said.

    Args:
        value: what lies in the document.
        declared: the type of the column.
        loaded: what PostgreSQL gives: jsonb with exact numbers, all else as its text in UTC.
    """
    if declared == "jsonb":
        return bool(loaded == value)
    if value is None or loaded is None or value == UNDEFINED:
        return loaded is None and value in (None, UNDEFINED)
    text = str(loaded)
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, Decimal):
        return Decimal(text) == value
    return _says_wrapper(value, declared, text) if isinstance(value, dict) else _says_text(value, text)


def _says_text(value: str, loaded: str) -> bool:
    return loaded == value or _as_moment(loaded) == _as_moment(value)


def _says_wrapper(value: Mapping[str, Any], declared: str, loaded: str) -> bool:
    (name, inner), *_ = value.items()
    if name.startswith("$number"):
        return loaded == str(inner) if declared == "text" else _says_number(inner, declared, loaded)
    if name == "$date":
        moment = inner["$numberLong"] if isinstance(inner, dict) else inner
        if isinstance(moment, str) and not moment.lstrip("-").isdigit():
            return _says_text(moment, loaded)
        # Beyond the calendar it is the milliseconds.
        return loaded == str(moment) or _as_moment(loaded) == EPOCH + timedelta(milliseconds=int(moment))
    if name in {"$uuid", "$binary"}:
        return loaded in {UUID, BASE64, "\\x" + UUID.replace("-", "")}
    return loaded in {OID, "1356351330:7", "/^a/b/im", "s", "f()", "MinKey", "MaxKey"}


def _says_number(inner: Any, declared: str, loaded: str) -> bool:
    is_signed = declared != "double precision" or str(inner).startswith("-") == loaded.startswith("-")
    same = Decimal(loaded) == Decimal(inner) or (Decimal(inner).is_nan() and Decimal(loaded).is_nan())
    return same and is_signed


def _as_moment(text: str) -> Any:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
