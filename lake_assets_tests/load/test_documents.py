"""Proves that documents become columns: paths, extended JSON in three dialects, and what does not fit."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from lake_assets.exceptions import LakeError
from lake_assets.load.staging.document_rejects import Fault, bad_record_of
from lake_assets.readers.blocks import Record
from lake_assets_tests.fix_bench import Bench

BINARY = bytes(range(16))
BASE64 = "AAECAwQFBgcICQoLDA0ODw=="
AT = datetime(2012, 12, 24, 12, 15, 30, 501000, tzinfo=UTC)
MS = 1356351330501

# type of BSON -> (how each dialect writes it: legacy, relaxed, canonical), and what each declared type gets.
DIALECTS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "int32": (("42", "42", '{"$numberInt": "42"}'), {"bigint": 42, "text": "42", "numeric": Decimal(42)}),
    "int64 beyond 2^53": (
        ("9007199254740993", "9007199254740993", '{"$numberLong": "9007199254740993"}'),
        {"bigint": 2**53 + 1, "text": "9007199254740993", "numeric": Decimal(2**53 + 1)},
    ),
    "smallest int64": (
        ("-9223372036854775808", '{"$numberLong": "-9223372036854775808"}'),
        {"bigint": -(2**63)},
    ),
    "double": (
        ("0.10000000000000000555", "0.1", '{"$numberDouble": "0.1"}'),
        {"double precision": 0.1, "numeric(4,2)": Decimal("0.10")},
    ),
    "whole double": (
        ("3.0", "3.0", '{"$numberDouble": "3.0"}'),
        {"bigint": 3, "smallint": 3, "double precision": 3.0, "text": "3.0"},
    ),
    "large double": (("1e+20", '{"$numberDouble": "1.0E+20"}'), {"numeric(30)": Decimal(10) ** 20}),
    "NaN": (
        ("nan", "NaN", '{"$numberDouble": "NaN"}', "-nan"),
        {"double precision": float("nan"), "numeric": Decimal("NaN"), "text": "NaN"},
    ),
    "Infinity": (
        ("inf", "Infinity", '{"$numberDouble": "Infinity"}'),
        {"double precision": float("inf"), "text": "Infinity"},
    ),
    "-Infinity": (("-inf", "-Infinity", '{"$numberDouble": "-Infinity"}'), {"real": float("-inf")}),
    "decimal128": (
        ('{"$numberDecimal": "1.100000000000000000000000000000001"}',),
        {
            "numeric": Decimal("1.100000000000000000000000000000001"),
            "text": "1.100000000000000000000000000000001",
        },
    ),
    "decimal128 in the thousands": (('{"$numberDecimal": "1E+3"}',), {"integer": 1000, "text": "1E+3"}),
    "string": (
        ('"na\\u00efve \\ud83d\\ude00"',),
        {"text": "naïve \U0001f600", "varchar(7)": "naïve \U0001f600"},
    ),
    "string of digits": (('"42"',), {"bigint": 42, "text": "42"}),
    "boolean": (("true",), {"boolean": True, "text": "true"}),
    "null": (("null",), dict.fromkeys(("bigint", "text", "jsonb", "timestamptz", "uuid", "bytea"))),
    "undefined": (('{"$undefined": true}',), dict.fromkeys(("bigint", "text", "date", "uuid", "boolean"))),
    "date": (
        (
            f'{{"$date": {MS}}}',
            '{"$date": "2012-12-24T12:15:30.501Z"}',
            f'{{"$date": {{"$numberLong": "{MS}"}}}}',
        ),
        {
            "timestamptz": AT,
            "timestamp": AT.replace(tzinfo=None),
            "date": date(2012, 12, 24),
            "text": "2012-12-24T12:15:30.501Z",
        },
    ),
    "date before 1970": (
        ('{"$date": -1}', '{"$date": {"$numberLong": "-1"}}'),
        {"timestamp": datetime(1969, 12, 31, 23, 59, 59, 999000), "text": "1969-12-31T23:59:59.999Z"},  # noqa: DTZ001
    ),
    "objectid": (('{"$oid": "56e1fc72e0c917e9c4714161"}',), {"text": "56e1fc72e0c917e9c4714161"}),
    "binary": (
        (
            f'{{"$binary": "{BASE64}", "$type": "00"}}',
            f'{{"$binary": {{"base64": "{BASE64}", "subType": "00"}}}}',
        ),
        {"bytea": BINARY, "text": BASE64},
    ),
    "uuid": (
        (
            f'{{"$binary": "{BASE64}", "$type": "04"}}',
            f'{{"$binary": {{"base64": "{BASE64}", "subType": "04"}}}}',
            '{"$uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f"}',
            '{"$uuid": "000102030405060708090a0b0c0d0e0f"}',
        ),
        {"uuid": UUID(bytes=BINARY), "bytea": BINARY, "text": str(UUID(bytes=BINARY))},
    ),
    "old uuid": (
        ('{"$binary": {"base64": "AAECAwQFBgcICQoLDA0ODw==", "subType": "03"}}',),
        {"uuid": UUID(bytes=BINARY), "text": BASE64},
    ),
    "regex": (
        (
            '{"$regex": "^a/b", "$options": "im"}',
            '{"$regularExpression": {"pattern": "^a/b", "options": "im"}}',
        ),
        {"text": "/^a/b/im"},
    ),
    "timestamp": (
        ('{"$timestamp": {"t": 1356351330, "i": 7}}',),
        {"timestamptz": AT.replace(microsecond=0), "text": "1356351330:7"},
    ),
    "symbol": (('{"$symbol": "s"}',), {"text": "s"}),
    "code": (('{"$code": "f()"}',), {"text": "f()"}),
    "code with scope": (
        ('{"$code": "f()", "$scope": {"x": 1}}',),
        {"text": '{"$code": "f()", "$scope": {"x": 1}}'},
    ),
    "minKey": (('{"$minKey": 1}',), {"text": "MinKey"}),
    "maxKey": (('{"$maxKey": 1}',), {"text": "MaxKey"}),
    "dbPointer": (
        ('{"$dbPointer": {"$ref": "db.c", "$id": {"$oid": "56e1fc72e0c917e9c4714161"}}}',),
        {"text": '{"$dbPointer": {"$id": {"$oid": "56e1fc72e0c917e9c4714161"}, "$ref": "db.c"}}'},
    ),
    "array": (("[1, 2.0, null]",), {"integer[]": [1, 2, None], "text[]": ["1", "2.0", None]}),
    "array of wrappers": (
        ('[{"$numberInt": "1"}, {"$numberLong": "2"}]',),
        {"bigint[]": [1, 2]},
    ),
    "binary in an array": ((f'[{{"$binary": "{BASE64}", "$type": "00"}}]',), {"bytea[]": [BINARY]}),
    "object kept whole": (
        ('{"a": {"$date": 5}, "b": [1]}',),
        {"jsonb": {"a": {"$date": 5}, "b": [1]}, "json": {"a": {"$date": 5}, "b": [1]}},
    ),
}


def open_values(bench: Bench, cases: list[tuple[str, str]]) -> list[Any]:
    """Load one document for each (value as JSON, declared type), and give what became of the value."""
    types = list(dict.fromkeys(declared for _, declared in cases))
    columns = {
        f"v{number}": {"type": declared, "path": f"_doc.v{number}"} for number, declared in enumerate(types)
    }
    # What a type makes of a value is seen here also where that is less than the value.
    table = bench.with_catalog({"columns": columns, "lossy": "allow"})
    table.put_records([f'{{ "v{types.index(declared)}" : {text} }}'] for text, declared in cases)
    report = table.load()
    assert report.error is None
    assert report.counts.quarantined == 0, table.quarantine("record, column_name, value, reason")
    rows = table.rows(", ".join(columns))
    return [row[types.index(declared)] for row, (_, declared) in zip(rows, cases, strict=True)]


def test_extended_json_is_the_same_in_all_dialects(any_bench: Bench) -> None:
    """Each type of BSON gives each declared type the same exact value, however its dialect writes it."""
    cases = [
        (text, declared, expected, name)
        for name, (texts, values) in DIALECTS.items()
        for text in texts
        for declared, expected in values.items()
    ]

    opened = open_values(any_bench, [(text, declared) for text, declared, _, _ in cases])

    for value, (text, declared, expected, name) in zip(opened, cases, strict=True):
        assert repr(value) == repr(expected), (name, text, declared)


BELOW = "lies below a value that is no object or array with such a key"

# value, declared type -> found in the reason
MISFITS = [
    ('{"a": 1}', "text", "is an object, where text is declared"),
    ("[1]", "text", "is an array, where text is declared"),
    ("[1]", "bigint", "is an array"),
    ('{"$oid": "123456789012345678901234"}', "numeric", "is an object"),
    ('{"$oid": "56e1fc72e0c917e9c4714161", "more": 1}', "text", "is an object"),
    ('{"$date": 5}', "bigint", "is an object"),
    ("20180906", "date", "is a number, where date is declared"),
    ('"soon"', "timestamptz", 'invalid input syntax for type timestamp with time zone: "soon", at _doc.'),
    ('"now"', "timestamptz", "is a text, where timestamptz is declared"),
    ('"Tomorrow"', "date", "is a text"),
    ('{"$date": "now"}', "timestamp", "is an object"),
    ('{"$date": "10:00 today"}', "timestamptz", "is an object"),
    ('{"$oid": "now"}', "time", "is an object"),
    ('{"$symbol": "[2018-09-06,tomorrow)"}', "daterange", "is an object"),
    ('[{"$date": "10:00 today"}]', "timestamptz[]", "is an array"),
    ('{"$timestamp": 5}', "text", "is an object"),
    ('{"$binary": 5}', "bytea", "is an object"),
    ('{"$regularExpression": "x"}', "text", "is an object"),
    ('{"$date": true}', "date", "is an object"),
    ('{"$date": 9223372036854775807}', "timestamptz", "9223372036854775807 milliseconds since 1970"),
    ('{"$date": {"$numberLong": "-9223372036854775808"}}', "date", "milliseconds since 1970"),
    ('{"$date": "2018-09-soon"}', "timestamp", "2018-09-soon"),
    ("3.5", "bigint", 'invalid input syntax for type bigint: "3.5"'),
    ('{"$numberLong": "9223372036854775808"}', "bigint", "out of range for type bigint"),
    ("1e400", "double precision", "out of range for type double precision"),
    ("123456", "numeric(4,2)", "numeric field overflow"),
    ("true", "integer", "is true or false"),
    ('"abcdef"', "varchar(5)", "value too long for type character varying(5)"),
    ('"abcdef"', "char(5)", "value too long for type character(5)"),
    ("2", "boolean", "invalid input syntax for type boolean"),
    ('{"$binary": "AAEC", "$type": "00"}', "uuid", "invalid input syntax for type uuid"),
    ('{"$binary": "A", "$type": "00"}', "bytea", "is an object"),
    ('"0g"', "bytea", "is a text"),
    ('["x"]', "integer[]", "is an array, where integer[] is declared"),
    ("[[1]]", "integer[]", "is an array"),
    ('"{1}"', "integer[]", "is a text"),
]


def test_a_value_that_does_not_fit_costs_its_record_alone(any_bench: Bench) -> None:
    """A record with a wrong shape or value is in quarantine with path, value and reason; all others load."""
    types = list(dict.fromkeys(declared for _, declared, _ in MISFITS))
    columns: dict[str, Any] = {"id": "bigint"}
    columns |= {
        f"v{number}": {"type": declared, "path": f"_doc.v{number}"} for number, declared in enumerate(types)
    }
    table = any_bench.with_catalog({"columns": columns})
    records = []
    for number, (text, declared, _) in enumerate(MISFITS):
        records += [[f"{number}", f'{{"v{types.index(declared)}": {text}}}'], [f"{100 + number}", "{}"]]
    table.put_records(records)

    report = table.load_twice()

    assert report.error is None
    assert (report.state, report.counts.loaded, report.counts.quarantined) == (
        "quarantined",
        len(MISFITS),
        len(MISFITS),
    )
    assert table.rows("id") == [(100 + number,) for number in range(len(MISFITS))]
    found = table.quarantine("record, column_name, value, reason")
    for row, number, (text, declared, reason) in zip(found, range(len(MISFITS)), MISFITS, strict=True):
        assert row[:2] == (2 * number + 1, f"v{types.index(declared)}"), row
        assert reason in row[3], (text, declared, row)
        assert f"_doc.v{types.index(declared)}" in row[3]
    assert table.check(deep=True).passed


def test_a_path_takes_any_keys(any_bench: Bench) -> None:
    """Keys with dots, blanks, dollars, quotes, percents and other letters, empty ones, places in arrays."""
    document = {
        "a": {"b.c": 1, "": {"": 2}, "d e": 3, "$f": 4, 'ключ "%(x)s': 5},
        "list": [{"x": 6}, [7, 8]],
        "0": 9,
    }
    paths: dict[str, Any] = {
        "b": ["_doc", "a", "b.c"],
        "empty": ["_doc", "a", "", ""],
        "blank": "_doc.a.d e",
        "dollar": "_doc.a.$f",
        "letters": ["_doc", "a", 'ключ "%(x)s'],
        "first": "_doc.list.0.x",
        "last": ["_doc", "list", 1, -1],
        "zero": "_doc.0",
        "beyond": "_doc.list.7.x",
        "missing": "_doc.a.nothing.at.all",
    }
    columns = {name: {"type": "integer", "path": path} for name, path in paths.items()}
    table = any_bench.with_catalog({"columns": columns})
    table.put_records([[json.dumps(document)], [None], ["null"], ["{}"]])

    table.load_twice()

    nothing = (None,) * len(paths)
    assert table.rows(", ".join(paths)) == [(1, 2, 3, 4, 5, 6, 8, 9, None, None), nothing, nothing, nothing]


def test_a_path_that_meets_no_object_costs_its_record_alone(any_bench: Bench) -> None:
    """Where a path shall go on and meets text, a number or a wrapper, nothing is taken for missing."""
    stopping = [
        '"text"',
        "5",
        "[]",
        '{"a": 5}',
        '{"a": [1]}',
        '{"a": {"b": "x"}}',
        '{"a": {"$oid": "56e1fc72e0c917e9c4714161"}}',
    ]
    table = any_bench.with_catalog({"columns": {"c": {"type": "text", "path": "_doc.a.b.c"}}})
    table.put_records([[text] for text in [*stopping, '{"a": {"b": {"c": "good"}}}', '{"a": null}']])

    table.load_twice()

    assert table.rows("c") == [("good",), (None,)]
    assert table.quarantine("record, column_name, reason") == [
        (record, "c", f"_doc.a.b.c {BELOW}, where text is declared") for record in range(1, len(stopping) + 1)
    ]


def test_a_document_that_is_a_wrapper_has_no_keys(any_bench: Bench) -> None:
    """A path of one key, as one of many, does not take what a wrapper lacks for missing."""
    table = any_bench.with_catalog({"columns": {"c": {"type": "text", "path": "_doc.c"}}})
    wrappers = ['{"$oid": "56e1fc72e0c917e9c4714161"}', '{"$date": 5}']
    table.put_records([[text] for text in [*wrappers, '{"$undefined": true}', '{"$oid": 5}', '{"c": "x"}']])

    table.load_twice()

    assert table.rows("c") == [(None,), (None,), ("x",)]
    assert table.quarantine("record, column_name, reason") == [
        (record, "c", f"_doc.c {BELOW}, where text is declared") for record in (1, 2)
    ]


def test_a_type_that_cannot_be_asked_costs_the_record_too(any_bench: Bench) -> None:
    """Where asking whether a value fits is itself an error, the records it is true of go, and no others."""
    any_bench.query("CREATE DOMAIN public.dated AS text CHECK (value::date > '2000-01-01')")
    columns = {"id": "bigint", "v": {"type": "public.dated", "path": "_doc.v"}}
    table = any_bench.with_catalog({"columns": columns})
    values = ["2018-09-06", "soon", "1999-01-01"]
    table.put_records([[str(number), json.dumps({"v": value})] for number, value in enumerate(values)])

    report = table.load_twice()

    assert report.error is None
    assert table.rows("id, v") == [(0, "2018-09-06")]
    found = table.quarantine("record, sqlstate, reason")
    assert [(record, code) for record, code, _ in found] == [(2, "22007"), (3, "23514")]
    assert "invalid input syntax for type date" in found[0][2]
    assert table.check(deep=True).passed


def test_a_document_that_does_not_fit_costs_nothing_of_another_file(any_bench: Bench) -> None:
    """A record of the same number in another file of the hour stays."""
    table = any_bench.with_catalog({"columns": {"n": {"type": "integer", "path": "d.n"}}})
    table.put_records([['{"n": 1}'], ['{"n": [3]}']])
    table.put_records([['{"n": "x"}'], ['{"n": 2}']], number=1)

    report = table.load()

    assert (report.error, table.state()) == (None, ("quarantined", 4, 2, 2))
    assert table.rows("n") == [(1,), (2,)]
    assert table.quarantine("record, value") == [(2, "[3]"), (1, "x")]


def test_a_reason_is_never_given_to_another_record() -> None:
    """Where what was read again is not the record that does not fit, the load stops."""
    with pytest.raises(LakeError, match="gave record 2 where 1 was wanted"):
        bad_record_of("key", [], Record(2, b"", ()), Fault(1, 0, [], None, None, None, None))
