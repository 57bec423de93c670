"""Proves that no cell loses something of its value in silence, and that one only spelled otherwise loads."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake_assets_tests.examples import examples
from lake_assets_tests.fix_bench import Bench
from lake_assets_tests.load.formats import key, parquet_of

# By type: cells of which the type keeps less, or something else, and cells that are only spelled otherwise.
LOSING: dict[str, tuple[str, ...]] = {
    "integer": ("0x1A", "-0x1A", "0b101", "0O17", "1_000", " 0x1A"),
    "bigint": ("0X1a", "9_000_000"),
    "oid": ("-1", "0x1A"),
    "numeric": ("0x1A", "1_000"),
    "numeric(5,1)": ("10.12", "0.04", "-1.25", "1e-3", "1_0.0", "12.345e-1"),
    "numeric(12,2)": ("0.30000000000000004", "0.1000000000000000000001", "1234567890.1234567"),
    "numeric(3,-2)": ("1234",),
    "double precision": ("0x1A", "-0x1p3"),
    "money": ("10.129", "1,5", "1,2,3"),
    "date": ("2026-11-30 23:59:59", "2026-11-30 00:00:00+02:00", "2026-11-30T24:00:00", "01-02-03", "261130"),
    "timestamp": (
        "2026-11-30 00:30:00+05:30",
        "2026-11-30T09:00:00-08:00",
        "2026-11-30 09:00:00.5-08",
        "2026-11-30 10:00 PST",
        "2026-11-30 10:00 Europe/Paris",
        "2026-11-30 10:00:00.1234567",
        "2016-12-31 23:59:60",
        "01.02.26 10:00:00",
        "2026-11-30 10:30.5",
        "2026-11-30 10:00:00.000000001Z",
        "2026-11-30 10:00:00-00:00:01",
        "20261130T101112+05",
    ),
    "timestamp(3)": ("2026-11-30 10:00:00.1234", "2026-11-30 10:00:00.123+01"),
    "timestamptz": ("2026-11-30 10:00:00.1234567+05", "2016-12-31 23:59:60Z", "26-11-30 10:00:00Z"),
    "time": ("09:00:00+02:00", "2026-11-30 10:00:00", "10:00:00.1234567", "23:59:60", "10:30.5", "10:00 PST"),
    "timetz": ("2026-11-30 10:00:00+02", "10:00:00.1234567+01", "23:59:60Z"),
    "interval": ("1.3 months", "0.33 years", "P0.5Y", "00:00:00.1234567", "0.123456789 days"),
    "interval(0)": ("1.5 s",),
    "interval year to month": ("1 year 3 days",),
    "name": ("n" * 64,),
    '"char"': ("ab", "é"),
    "varchar(3)": ("abc  ",),
    "numeric(5,1)[]": ("{1.0,1.25}",),
    "timestamp[]": ("{2026-11-30 10:00:00+05}",),
    "tsrange": ("[2026-11-30 10:00+05,)",),
    "daterange": ("[2026-11-30 10:00,)",),
    "money[]": ("{1.255}",),
}
KEEPING: dict[str, tuple[tuple[str, str], ...]] = {
    "integer": (("+5", "5"), ("007", "7"), ("-3", "-3"), (" 8 ", "8")),
    "bigint": (("9223372036854775807", "9223372036854775807"),),
    "numeric": (("1e3", "1000"), ("5.00", "5.00"), ("-.5", "-0.5")),
    "numeric(5,1)": (
        ("5.00", "5.0"),
        ("1e3", "1000.0"),
        ("7", "7.0"),
        ("-7.1", "-7.1"),
        ("1250e-2", "12.5"),
        (".5", "0.5"),
    ),
    "numeric(12,2)": (
        ("31531.340000000000146", "31531.34"),
        ("1.0000000000000001e-01", "0.10"),
    ),
    "numeric(3,-2)": (("1200", "1200"),),
    "double precision": (("0.1", "0.1"), ("1e3", "1000"), ("-Infinity", "-Infinity")),
    "money": (("$1,000.50", "$1,000.50"), ("-5", "-$5.00"), ("5.100", "$5.10")),
    "date": (
        ("2026-01-01 00:00:00", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01"),
        ("20261130", "2026-11-30"),
        ("30 Nov 2026", "2026-11-30"),
        ("November 30, 2026", "2026-11-30"),
        ("2026/2/1", "2026-02-01"),
        ("infinity", "infinity"),
        ("0044-03-15 BC", "0044-03-15 BC"),
        ("12026-11-30", "12026-11-30"),
    ),
    "timestamp": (
        ("2026-11-30 10:00:00Z", "2026-11-30 10:00:00"),
        ("2026-11-30T10:00:00.5+00:00", "2026-11-30 10:00:00.5"),
        ("2026-11-30 12:00:00.123000000", "2026-11-30 12:00:00.123"),
        ("2026-11-30 24:00:00", "2026-12-01 00:00:00"),
        ("2026-11-30 10:00 UTC", "2026-11-30 10:00:00"),
        ("2026-11-30", "2026-11-30 00:00:00"),
    ),
    "timestamp(3)": (("2026-11-30 10:00:00.123000", "2026-11-30 10:00:00.123"),),
    "timestamptz": (
        ("2026-11-30 10:00:00.123456+05:30", "2026-11-30 04:30:00.123456+00"),
        ("2026-11-30 10:00:00.1234560Z", "2026-11-30 10:00:00.123456+00"),
    ),
    "time": (("12:00:00.123000", "12:00:00.123"), ("10:00", "10:00:00"), ("09:00:00Z", "09:00:00")),
    "timetz": (("10:00:00.123-05:00", "10:00:00.123-05"),),
    "interval": (
        ("1.25 days", "1 day 06:00:00"),
        ("-838:59:59.5000000", "-838:59:59.5"),
        ("1 year 2 mons", "1 year 2 mons"),
        ("PT1.5M", "00:01:30"),
    ),
    "interval(0)": (("1.0 s", "00:00:01"),),
    "name": (("n" * 63, "n" * 63),),
    '"char"': (("a", "a"),),
    "varchar(3)": (("abc", "abc"), ("a ", "a ")),
    "char(3)": (("abc  ", "abc"),),
    "numeric(5,1)[]": (("{1.0,1.20}", "{1.0,1.2}"),),
    "daterange": (("[2026-11-30,2026-12-01]", "[2026-11-30,2026-12-02)"),),
    "int4range": (("[1,5]", "[1,6)"),),
}
TYPES = tuple(dict.fromkeys([*LOSING, *KEEPING]))


def columns_of(types: tuple[str, ...]) -> dict[str, str]:
    """Name a column for each type."""
    return {f"c{number}": declared for number, declared in enumerate(types)}


def records_of(cells: list[tuple[str, str]]) -> list[list[str | None]]:
    """Put each cell into a record of its own, in the column of its type."""
    records = []
    for declared, cell in cells:
        record: list[str | None] = [None] * len(TYPES)
        record[TYPES.index(declared)] = cell
        records.append(record)
    return records


def test_a_cell_that_its_type_would_change_goes_to_quarantine(any_bench: Bench) -> None:
    """Each is there with column, value and a reason that says the remedy, and nothing else is."""
    losing = [(declared, cell) for declared, cells in LOSING.items() for cell in cells]
    keeping = [(declared, cell) for declared, cells in KEEPING.items() for cell, _ in cells]
    bench = any_bench.with_table(columns_of(TYPES))
    bench.put_records(records_of([*losing, *keeping]))

    report = bench.load()

    refused = bench.quarantine("record, column_name, value, reason")
    expected = [
        (number, f"c{TYPES.index(declared)}", cell) for number, (declared, cell) in enumerate(losing, 1)
    ]
    assert [row[:3] for row in refused] == expected
    for _, column, value, reason in refused:
        assert reason.startswith(f"{column} {value!r}: ")
        assert "lossy: allow" in reason or "dates: dmy" in reason
    assert report.counts.loaded == len(keeping)
    texts = [f"c{number}::text" for number in range(len(TYPES))]
    found = [next(text for text in row if text is not None) for row in bench.rows(", ".join(texts))]
    assert found == [becomes for pairs in KEEPING.values() for _, becomes in pairs]


DOCUMENTS = {
    "key": ["id"],
    "columns": {
        "id": "bigint",
        "amount": {"type": "numeric(5,1)", "path": "_doc.amount"},
        "count": {"type": "integer", "path": "_doc.count"},
        "at": {"type": "timestamp", "path": "_doc.at"},
        "day": {"type": "date", "path": "_doc.day"},
        "code": {"type": "varchar(3)", "path": "_doc.code"},
        "sums": {"type": "numeric(5,1)[]", "path": "_doc.sums"},
    },
    "children": {"parts": {"path": "_doc.parts", "columns": {"at": "timestamp(3)"}}},
}
LOSING_DOCUMENTS: list[tuple[str, dict[str, object]]] = [
    ("amount", {"amount": 10.12}),
    ("amount", {"amount": {"$numberDecimal": "10.12"}}),
    ("count", {"count": "0x1A"}),
    ("count", {"count": {"$numberLong": "1_0"}}),
    ("at", {"at": "2026-11-30 10:00:00+05:30"}),
    ("at", {"at": {"$date": "2026-11-30T10:00:00.1234567Z"}}),
    ("day", {"day": {"$date": 1796041800000}}),
    ("day", {"day": "2026-11-30T10:00:00"}),
    ("day", {"day": "01.02.2026"}),
    ("code", {"code": "abc "}),
    ("sums", {"sums": [1.0, 1.25]}),
    ("at", {"parts": [{"at": "2026-11-30 10:00:00"}, {"at": "2026-11-30 10:00:00.1234"}]}),
]
KEEPING_DOCUMENTS: list[dict[str, object]] = [
    {"amount": 10.10, "count": "7", "at": "2026-11-30 10:00:00Z", "code": "abc", "sums": [1.0, None]},
    {"amount": {"$numberDecimal": "1e1"}, "at": {"$date": 1796041800123}, "day": {"$date": 1796083200000}},
    {
        "at": {"$date": "2026-11-30T10:00:00+05:30"},
        "day": "2026-11-30",
        "parts": [{"at": {"$date": 1796041800123}}],
    },
]


def put_documents(bench: Bench) -> None:
    """Write a file of all documents."""
    documents = [document for _, document in LOSING_DOCUMENTS] + KEEPING_DOCUMENTS
    header = ["id", "_doc"]
    bench.put_records(
        [header, *([str(number), json.dumps(each)] for number, each in enumerate(documents, 1))]
    )


def test_a_value_in_a_document_that_its_type_would_change_goes_to_quarantine(any_bench: Bench) -> None:
    """Numbers, texts and wrappers alike, in columns, arrays and child tables; the reason names the remedy."""
    bench = any_bench.with_catalog(DOCUMENTS)
    put_documents(bench)

    report = bench.load()

    refused = bench.quarantine("record, column_name, reason")
    assert [row[:2] for row in refused] == [(n, column) for n, (column, _) in enumerate(LOSING_DOCUMENTS, 1)]
    for _, column, reason in refused:
        assert reason.startswith("_doc.")
        assert "lossy: allow" in reason or ("dates: dmy" in reason and column == "day")
    assert report.counts.loaded == len(KEEPING_DOCUMENTS)
    assert bench.rows("amount::text, at::text, day::text, sums::text") == [
        ("10.1", "2026-11-30 10:00:00", None, "{1.0,NULL}"),
        ("10.0", "2026-11-30 12:30:00.123", "2026-12-01", None),
        (None, "2026-11-30 04:30:00", "2026-11-30", None),
    ]


def test_losses_that_the_catalog_allows_are_loaded_and_counted(bench: Bench) -> None:
    """The hour says of each file how many values of each column were changed, wherever they stand."""
    there = bench.with_catalog({**DOCUMENTS, "lossy": "allow"})
    put_documents(there)

    report = there.load()

    # What is no date in any order is refused all the same.
    assert (report.state, report.counts.quarantined) == ("quarantined", 1)
    assert report.note == (
        f"{there.key()}: cells that their types changed (`lossy: allow`): "
        "2 of amount, 2 of at, 1 of code, 2 of count, 2 of day, 1 of sums; "
        f"{there.key()}: cells that their types changed (`lossy: allow`): 1 of _doc.parts.*.at"
    )
    assert there.check().why == report.note


def test_allowed_losses_of_cells_are_counted_where_they_are_loaded(bench: Bench) -> None:
    """A record that goes to quarantine for another cell counts for nothing."""
    there = bench.with_table({"a": "numeric(5,1)", "b": "date", "c": "integer"}, lossy="allow")
    there.put("a,b,c\n1.25,2026-11-30 10:00,1\n2.25,2026-11-30,2\n3.25,2026-11-30,no\n")

    report = there.load()

    assert there.rows("a::text, b::text, c") == [("1.3", "2026-11-30", 1), ("2.3", "2026-11-30", 2)]
    (fact,) = there.query("SELECT evidence -> 0 FROM lake_assets.table_hours")[0]
    assert fact == {"code": "lossy_cells", "key": there.key(), "columns": {"a": 2, "b": 1}}
    assert report.state == "quarantined"


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ("ymd", [None, None, None]),
        ("dmy", ["2026-02-01", "2026-02-13", "2026-02-01"]),
        ("mdy", ["2026-01-02", None, "2026-01-02"]),
    ],
)
def test_dates_are_read_in_the_order_that_the_catalog_says(
    bench: Bench, dates: str, expected: list[str | None]
) -> None:
    """Without a word of the catalog none is guessed; one that is written year first is the same for all."""
    cells = ["01.02.2026", "13/02/2026 00:00:00", "01.02.26"]
    there = bench.with_table({"day": "date"}, files={"dates": dates})
    there.put("day\n" + "\n".join([*cells, "2026-02-03", "010226"]) + "\n")

    there.load()

    assert there.rows("day::text") == [(day,) for day in [*filter(None, expected), "2026-02-03"]]
    refused = there.quarantine("value, reason")
    assert [value for value, _ in refused] == [
        *(cell for cell, day in zip(cells, expected, strict=True) if day is None),
        "010226",
    ]
    assert all("day or month first?" in reason for value, reason in refused if value != "13/02/2026 00:00:00")


def test_json_lines_and_parquet_are_held_to_the_same(bench: Bench) -> None:
    """A number of JSON keeps its digits, and Parquet has nanoseconds."""
    there = bench.with_table({"at": "timestamp", "amount": "numeric(5,1)"})
    lines = [
        '{"at": "2026-11-30T10:00:00Z", "amount": 1.50}',
        '{"at": "2026-11-30T10:00:00+02:00"}',
        '{"amount": 1.25}',
    ]
    there.bucket.put(key("json"), "\n".join(lines).encode())
    moments = pa.array([1_000, 1_001], pa.timestamp("ns"))
    there.bucket.put(
        key("parquet", 1), parquet_of(pa.table({"at": moments, "amount": [Decimal("1.50")] * 2}))
    )

    report = there.load()

    assert (report.counts.loaded, report.counts.quarantined) == (2, 3)
    assert there.quarantine("key, record, column_name, value") == [
        (key("json"), 2, "at", "2026-11-30T10:00:00+02:00"),
        (key("json"), 3, "amount", "1.25"),
        (key("parquet", 1), 2, "at", "1970-01-01 00:00:00.000001001"),
    ]


def shorten(frame: pd.DataFrame) -> pd.DataFrame:
    """Give more digits than the column has."""
    return frame.assign(amount=["1.25", "2.50"])


def test_what_a_transform_gives_is_held_to_the_same(bench: Bench) -> None:
    """Its value goes to quarantine with its record, or is counted."""
    there = bench.with_table({"amount": "numeric(5,1)"}, transform=f"{__name__}:shorten")
    there.put("amount\n1\n2\n")

    there.load()

    assert there.rows("amount::text") == [("2.5",)]
    ((reason,),) = there.quarantine("reason")
    assert "'1.25': numeric(5,1) would round it" in reason
    allowing = there.with_table({"amount": "numeric(5,1)"}, transform=f"{__name__}:shorten", lossy="allow")
    assert "1 of amount" in (allowing.load().note or "")
    assert there.rows("amount::text") == [("1.3",), ("2.5",)]


class Spelled(NamedTuple):
    """A cell, the column it is for, and what main prints of it, or None where the type would change it."""

    column: str
    cell: str
    printed: str | None


SPELLED = {
    "whole": "integer",
    "number": "numeric",
    "money": "numeric(8,2)",
    "moment": "timestamp",
    "coarse": "timestamp(3)",
    "instant": "timestamptz",
    "day": "date",
    "clock": "time",
}
ZONES = {"": 0, "Z": 0, "+00": 0, "-00:00": 0, "+05:30": 330, "-08": -480, "+0100": 60}


def plain(number: Decimal) -> str:
    """Write a number as all its equals are written here."""
    return f"{number.normalize():f}"


@st.composite
def numbers(draw: st.DrawFn) -> Spelled:
    """Spell a number in one of the ways that mean the same."""
    scale = draw(st.integers(0, 4))
    value = Decimal(draw(st.integers(-99_999, 99_999))).scaleb(-scale)
    column = draw(st.sampled_from(["number", "money"] if scale else ["whole", "number", "money"]))
    cell = f"{value:f}"
    if column != "whole" and draw(st.booleans()):
        exponent = draw(st.integers(-3, 3))
        cell = f"{value.scaleb(-exponent):f}e{exponent}"
    elif scale:
        cell += "0" * draw(st.integers(0, 12))
    else:
        cell = cell.replace("-", "-" + "0" * draw(st.integers(0, 9))) if value < 0 else "00" + cell
    fits = column != "money" or value == round(value, 2)
    return Spelled(column, cell, plain(value) if fits else None)


@st.composite
def moments(draw: st.DrawFn) -> Spelled:
    """Spell a time in one of the ways that mean the same."""
    column = draw(st.sampled_from(["moment", "coarse", "instant", "day", "clock"]))
    day = draw(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
    seconds = draw(st.one_of(st.just(0), st.integers(0, 86_399)))
    fraction = draw(st.text("0019", max_size=9))
    zone = draw(st.sampled_from(list(ZONES)))
    time = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)
    clock = f"{time:%H:%M:%S}" + (f".{fraction}" if fraction else "") + zone
    cell = clock if column == "clock" else f"{day}{draw(st.sampled_from(' T'))}{clock}"
    digits = {"coarse": 3, "day": 0}.get(column, 6)
    has_more = fraction[digits:].strip("0") != ""
    is_lost = has_more or (ZONES[zone] != 0 and column != "instant") or (column == "day" and seconds > 0)
    if is_lost:
        return Spelled(column, cell, None)
    time += timedelta(microseconds=int(fraction[:6].ljust(6, "0") or 0))
    if column == "instant":
        time -= timedelta(minutes=ZONES[zone])
    written = {"day": f"{time:%Y-%m-%d}", "clock": f"{time:%H:%M:%S.%f}"}
    return Spelled(column, cell, written.get(column, f"{time:%Y-%m-%d %H:%M:%S.%f}"))


PRINTED = {
    "whole": "whole::text",
    "number": "trim_scale(number)::text",
    "money": "trim_scale(money)::text",
    "moment": "to_char(moment, 'YYYY-MM-DD HH24:MI:SS.US')",
    "coarse": "to_char(coarse, 'YYYY-MM-DD HH24:MI:SS.US')",
    "instant": "to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
    "day": "day::text",
    "clock": "to_char(clock, 'HH24:MI:SS.US')",
}


@given(
    st.lists(st.one_of(numbers(), moments()), min_size=1, max_size=80),
    st.sampled_from(['"', ""]),
)
@settings(
    max_examples=examples(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_in_main_is_equal_to_the_cell_or_the_record_is_in_quarantine(
    bench: Bench, spelled: Sequence[Spelled], quote: str
) -> None:
    """However a value is spelled; and no value that the type keeps is refused."""
    columns = list(SPELLED)
    there = bench.with_table(SPELLED)
    lines = [",".join(columns)]
    for each in spelled:
        cells = [f"{quote}{each.cell}{quote}" if name == each.column else "" for name in columns]
        lines.append(",".join(cells))
    there.put("\n".join([*lines, ",,,,,,,", ""]))

    there.load()

    found = dict.fromkeys(range(1, len(spelled) + 1))
    for record, *values in there.rows(f"_lake_record, {', '.join(PRINTED.values())}"):
        found[record] = next((value for value in values if value is not None), None)
    assert [found[number] for number, _ in enumerate(spelled, 1)] == [each.printed for each in spelled]
    assert there.state()[1:] == (
        len(spelled) + 1,
        1 + sum(each.printed is not None for each in spelled),
        sum(each.printed is None for each in spelled),
    )
