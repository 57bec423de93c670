"""Proves that Parquet's values arrive in PostgreSQL as they are, and what becomes of those that cannot."""

import gzip
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest

from lake_assets_tests.fix_bench import HOUR, Bench
from lake_assets_tests.load.formats import WHOLE, key, parquet_of


def utc(*parts: int) -> datetime:
    """Return a time in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type] # the parts are whole numbers


def moments(unit: str, *numbers: int | None, zone: str | None = None) -> pa.Array:
    """Return timestamps by their numbers."""
    return pa.array(numbers, pa.int64()).cast(pa.timestamp(unit, zone))


TYPES: dict[str, tuple[pa.Array, str, list[Any]]] = {
    "int8": (pa.array([-128, None, 127], pa.int8()), "smallint", [-128, None, 127]),
    "int64": (pa.array([-(2**63), None, 2**63 - 1]), "bigint", [-(2**63), None, 2**63 - 1]),
    "uint64": (pa.array([0, None, 2**64 - 1], pa.uint64()), "numeric(20,0)", [0, None, 2**64 - 1]),
    "float": (pa.array([0.1, None, 3e38], pa.float32()), "text", ["0.1", None, "3e+38"]),
    "double": (
        pa.array([0.1 + 0.2, -0.0, 5e-324, float("inf")]),
        "double precision",
        [0.1 + 0.2, 0.0, 5e-324, float("inf")],
    ),
    "half": (pa.array([1.5, None], pa.float16()), "real", [1.5, None]),
    "bool": (pa.array([True, None, False]), "boolean", [True, None, False]),
    "decimal": (
        pa.array([Decimal("0.00000010"), None, Decimal(-1)], pa.decimal128(30, 8)),
        "text",
        ["0.00000010", None, "-1.00000000"],
    ),
    "decimal256": (pa.array([Decimal("9" * 60 + ".12")]), "numeric", [Decimal("9" * 60 + ".12")]),
    "date": (
        pa.array([date(1, 1, 1), None, date(9999, 12, 31)]),
        "date",
        [date(1, 1, 1), None, date(9999, 12, 31)],
    ),
    "bc": (
        pa.array([-719_163, 2_932_897], pa.int32()).cast(pa.date32()),
        "text",
        ["0001-12-31 BC", "10000-01-01"],
    ),
    "time": (pa.array([time(23, 59, 59, 999999), None]), "time", [time(23, 59, 59, 999999), None]),
    "time_ms": (pa.array([1, 86_399_000], pa.time32("ms")), "text", ["00:00:00.001000", "23:59:59"]),
    "moment": (
        moments("ms", -1, None),
        "timestamp",
        [utc(1969, 12, 31, 23, 59, 59, 999_000).replace(tzinfo=None), None],
    ),
    "instant": (
        moments("us", 1, 253_402_300_799_999_999, zone="America/New_York"),
        "timestamptz",
        [datetime(1970, 1, 1, 0, 0, 0, 1, UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)],
    ),
    "nanoseconds": (
        moments("ns", 1, 1000, None),
        "text",
        ["1970-01-01 00:00:00.000000001", "1970-01-01 00:00:00.000001", None],
    ),
    "before_christ": (moments("s", -(10**11), zone="UTC"), "text", ["1200-02-15 14:13:20+00 BC"]),
    "duration": (
        pa.array([-1_500_000, None], pa.duration("us")),
        "interval",
        [timedelta(seconds=-1.5), None],
    ),
    "binary": (pa.array([b"\0\xff\n", None, b""]), "bytea", [b"\0\xff\n", None, b""]),
    "fixed": (pa.array([b"ab", None], pa.binary(2)), "text", ["\\x6162", None]),
    "uuid": (pa.array([UUID(int=1).bytes, None], pa.uuid()), "uuid", [UUID(int=1), None]),
    "string": (
        pa.array(["", None, 'q"\\.\n\r\t\u2028\U0001f600 ', "\\N"], pa.large_string()),
        "text",
        ["", None, 'q"\\.\n\r\t\u2028\U0001f600 ', "\\N"],
    ),
    "category": (pa.array(["b", None, "a"]).dictionary_encode(), "text", ["b", None, "a"]),
    "json": (pa.array(['{"a": 1}', None], pa.json_()), "jsonb", [{"a": 1}, None]),
    "null": (pa.nulls(2), "text", [None, None]),
    "list": (pa.array([[1, None], None, [], [2]], pa.list_(pa.int64())), "jsonb", [[1, None], None, [], [2]]),
    "fixed_list": (pa.array([["a", "b"], None], pa.list_(pa.string(), 2)), "jsonb", [["a", "b"], None]),
    "struct": (
        pa.array([{"d": [Decimal("1.10")], "s": {"t": 'a"\\'}}, None]),
        "text",
        ['{"d":[1.10],"s":{"t":"a\\"\\\\"}}', None],
    ),
    "map": (
        pa.array([[("a", 1.5), ("b", float("nan"))], None], pa.map_(pa.string(), pa.float64())),
        "jsonb",
        [{"a": 1.5, "b": "nan"}, None],
    ),
    "maps_by_number": (
        pa.array([[(1, [b"\1"])]], pa.map_(pa.int32(), pa.list_(pa.binary()))),
        "jsonb",
        [{"1": ["\\x01"]}],
    ),
}


def test_every_type_of_parquet_arrives(any_bench: Bench) -> None:
    """Each value is, in PostgreSQL, the one that pyarrow was given."""
    longest = max(len(array) for array, _, _ in TYPES.values())
    padded = {name: (array, longest - len(array)) for name, (array, _, _) in TYPES.items()}
    table = pa.table(
        {
            name: pa.chunked_array([array, pa.nulls(rest, array.type)])
            for name, (array, rest) in padded.items()
        }
    )
    chosen = any_bench.with_table({name: declared for name, (_, declared, _) in TYPES.items()})
    chosen.bucket.put(key("parquet"), parquet_of(table, version="2.6"))
    chosen.bucket.put(
        key("parquet", 1), parquet_of(table, row_group_size=3, store_schema=False, version="2.6")
    )

    report = chosen.load()

    assert (report.error, report.state) == (None, "loaded")
    for name, (_, _, expected) in TYPES.items():
        due = expected + [None] * (longest - len(expected))
        found = [value for (value,) in chosen.rows(f'"{name}"')]
        assert found[:longest] == due, name
        # Without Arrow's own schema a duration is its number of microseconds, and years beyond are the same.
        assert name == "duration" or found[longest:] == due, name


def test_int96_times_of_any_year_arrive(bench: Bench) -> None:
    """The times of old writers of Parquet keep their microseconds, and the year 9999 does not wrap around."""
    chosen = bench.with_table({"at": "timestamp"})
    expected = [utc(9999, 12, 31, 23, 59, 59, 999999).replace(tzinfo=None), utc(1, 1, 1).replace(tzinfo=None)]
    table = pa.table({"at": pa.array(expected, pa.timestamp("us"))})
    chosen.bucket.put(key("parquet"), parquet_of(table, use_deprecated_int96_timestamps=True))

    assert chosen.load().error is None
    assert [row[0] for row in chosen.rows("at")] == expected


def test_an_enum_is_text(bench: Bench) -> None:
    """What Parquet calls ENUM, and Arrow binary data, arrives as the text it is."""
    text, enum = b"\x25\x00\x4c\x1c\x00\x00", b"\x25\x08\x4c\x4c\x00\x00"  # converted and logical type
    whole = parquet_of(pa.table({"note": ["a", None, "a"]}), store_schema=False)
    assert whole.count(text) == 1
    chosen = bench.with_table({"note": "text"})
    chosen.bucket.put(key("parquet"), whole.replace(text, enum))

    assert chosen.load().error is None
    assert chosen.rows("note") == [("a",), (None,), ("a",)]


def test_a_text_that_is_no_utf8_costs_its_record(bench: Bench) -> None:
    """The record goes to quarantine as a JSON line that holds the very bytes, and its neighbours load."""
    bad = pa.array([b"ok", b'\xff\0"', b"fine"]).view(pa.string())
    nested = pa.ListArray.from_arrays(
        pa.array([0, 1, 1, 1], pa.int32()), pa.array([b"\xc3"]).view(pa.string())
    )
    chosen = bench.with_table({"id": "bigint", "note": "text", "tags": "jsonb"})
    chosen.bucket.put(key("parquet"), parquet_of(pa.table({"id": [1, 2, 3], "note": bad, "tags": nested})))

    report = chosen.load_twice()

    assert (report.error, report.state) == (None, "quarantined")
    assert chosen.rows("id, note, tags") == [(3, "fine", [])]
    assert chosen.quarantine("record, reason, raw") == [
        (1, "a text that is not UTF-8 in column 'tags'", b'{"id":1,"note":"ok","tags":"\xc3"}'),
        (2, "a text that is not UTF-8 in column 'note'", b'{"id":2,"note":"\xff\\u0000\\"","tags":[]}'),
    ]


@pytest.mark.parametrize(("nul", "note", "tags"), [("replace", "a\ufffd", ["\ufffd"]), ("strip", "a", [""])])
def test_nuls_in_parquet_follow_the_policy(bench: Bench, nul: str, note: str, tags: list[str]) -> None:
    """A NUL in a text, nested or not, is replaced or stripped, and counted."""
    chosen = bench.with_table({"note": "text", "tags": "jsonb"}, files={"nul": nul})
    chosen.bucket.put(key("parquet"), parquet_of(pa.table({"note": ["a\0", "b"], "tags": [["\0"], []]})))

    report = chosen.load_twice()

    assert chosen.rows("note, tags") == [(note, tags), ("b", [])]
    assert f"2 NUL bytes (`nul: {nul}`)" in (report.note or "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "damaged, cut short"),
        (b"id,note\n", "damaged, cut short"),
        (WHOLE[:-1], "damaged, cut short"),
        (WHOLE[: len(WHOLE) // 2], "damaged, cut short"),
        (WHOLE[:-60] + bytes(52) + WHOLE[-8:], "damaged, cut short"),
        (gzip.compress(WHOLE, mtime=0)[:-9], "cut short"),
        (b"PARE" + WHOLE[4:-4] + b"PARE", "is encrypted"),
    ],
)
def test_a_damaged_parquet_file_fails_its_hour(bench: Bench, body: bytes, reason: str) -> None:
    """The hour fails with the file's address and the remedy, and main keeps what it had."""
    chosen = bench.with_table({"id": "bigint"})
    chosen.bucket.put(key("parquet"), WHOLE)
    chosen.load()
    chosen.bucket.put(key("parquet"), body)

    report = chosen.load()

    assert report.state == "failed"
    assert report.error is not None
    assert reason in report.error
    assert report.error.startswith(f"{chosen.lake.url(key('parquet'))}: ")
    assert chosen.query("SELECT count(*) FROM shop.orders") == [(1000,)]


def test_a_footer_that_lies_is_found_out(bench: Bench) -> None:
    """When the file's number of rows is not that of its row groups, the two counts differ."""
    thousand, more = b"\x16\xd0\x0f", b"\x16\xd2\x0f"  # the field that follows: 1000, 1001
    assert WHOLE.count(thousand) > 1
    chosen = bench.with_table({"id": "bigint"})
    chosen.bucket.put(key("parquet"), WHOLE.replace(thousand, more, 1))

    report = chosen.load()

    assert report.state == "mismatch"
    assert "the loader read 1000 records, the warehouse 1000, the recount 1001" in (report.error or "")


def test_a_dms_task_that_writes_parquet(bench: Bench) -> None:
    """Full load and changes, Op first and a timestamp by name: inserts load, an update is set aside."""
    chosen = bench.with_table({"id": "bigint", "note": "text", "dms_ts": "timestamptz"})
    stamp = pa.array([datetime(2018, 9, 6, 10, 0, 0, 123456, UTC)] * 2, pa.timestamp("us", "UTC"))
    full = pa.table({"id": [1, 2], "note": ["a", None], "dms_ts": stamp})
    changes = pa.table({"Op": ["I", "U"], "id": [3, 1], "note": ["c", "d"], "dms_ts": stamp})
    chosen.bucket.put(key("parquet"), parquet_of(changes))
    chosen.bucket.put(f"shop/orders/{HOUR:%Y/%m/%d/%H}/LOAD00000001.parquet", parquet_of(full))

    report = chosen.load_twice()

    assert (report.error, report.state) == (None, "quarantined")
    rows = chosen.query("SELECT id, note, dms_ts FROM shop.orders ORDER BY id")
    assert rows == [(1, "a", stamp[0].as_py()), (2, None, stamp[0].as_py()), (3, "c", stamp[0].as_py())]
    assert chosen.quarantine("record, column_name, value, raw") == [
        (2, "Op", "U", b'{"Op":"U","id":1,"note":"d","dms_ts":"2018-09-06 10:00:00.123456+00"}')
    ]
