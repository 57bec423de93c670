"""Proves `transform:`: a user's function gets faithful DataFrames, and what it drops or adds is counted."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from lake_assets.exceptions import LoadError
from lake_assets.hours import ONE_HOUR
from lake_assets.load.frames import transform
from lake_assets_tests.fix_bench import GOOD, HOUR, ORDER_COLUMNS, Bench
from lake_assets_tests.load.frames import transforms

HERE = "lake_assets_tests.load.frames.transforms"
COUNTS = "records, loaded, quarantined, superseded, filtered, added"
LEDGER = f"SELECT {COUNTS} FROM lake_assets.files ORDER BY hour, key"


def with_transform(bench: Bench, name: str, **changes: Any) -> Bench:
    """Return a bench whose table has a transform of ours."""
    return bench.with_table(ORDER_COLUMNS, transform=f"{HERE}:{name}", **changes)


def test_a_transform_is_given_faithful_dtypes(any_bench: Bench) -> None:
    """Integers with NULLs stay integers, decimals exact, NaN apart from NULL; all of it comes back."""
    transforms.SEEN.clear()
    columns = {
        "i": "bigint",
        "s": "smallint",
        "n": "numeric(30,10)",
        "f": "double precision",
        "b": "boolean",
        "t": "text",
        "z": "timestamptz",
        "l": "timestamp",
        "d": "date",
        "j": "jsonb",
        "y": "bytea",
        "a": "integer[]",
        "u": "uuid",
    }
    table = any_bench.with_table(columns, transform=f"{HERE}:look")
    uid = "56e1fc72-e0c9-17e9-c471-416156e1fc72"
    full = [
        "9007199254740993",
        "7",
        "12345678901234567890.0000000001",
        "NaN",
        "true",
        "NULL",
        "2018-09-06 10:00:00+02",
        "2018-09-06 10:00:00.000001",
        "2018-09-06",
        '{"a": [1, null]}',
        "00ff",
        "{1,NULL}",
        uid,
    ]
    table.put_records(
        [
            full,
            [None] * len(columns),
            ["1", "1", "1", "1.5", "false", "", "2018-09-06", "2018-09-06", "2018-09-06", "5", "", "{}", uid],
        ]
    )

    report = table.load()

    (frame,) = transforms.SEEN
    assert report.error is None
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        "i": "Int64",
        "s": "Int16",
        "n": "object",
        "f": "Float64",
        "b": "boolean",
        "t": "string",
        "z": "datetime64[us, UTC]",
        "l": "datetime64[us]",
        "d": "object",
        "j": "object",
        "y": "object",
        "a": "object",
        "u": "object",
    } | {"t": str(frame["t"].dtype)}
    assert frame["i"].tolist()[0] == 2**53 + 1
    assert frame["n"].tolist()[0] == Decimal("12345678901234567890.0000000001")
    assert frame.index.tolist() == [1, 2, 3]
    plain = any_bench.with_table(columns, name="plain", folder="orders")
    assert plain.load().error is None
    shown = "row(" + ", ".join(columns) + ")::text"
    assert table.rows(shown) == plain.rows(shown)


def test_a_transform_changes_columns_and_rows(any_bench: Bench) -> None:
    """Changed values, dropped and added columns reach main; the ledger counts the rows dropped."""
    table = with_transform(any_bench, "scribble")
    table.put(GOOD)

    report = table.load_twice()

    assert report.error is None
    assert table.rows('id, amount, placed_at, note, rank, "double", _lake_record') == [
        (1, Decimal("10.50"), None, "FIRST", 1, Decimal("21.00"), 1),
        (3, None, None, "THIRD", None, None, 3),
    ]
    assert table.query(LEDGER) == [(3, 2, 0, 0, 1, 0)]
    assert table.check(deep=True).passed


@pytest.mark.parametrize(("policy", "error"), [("ignore", False), ("fail", True)])
def test_columns_a_transform_adds_follow_new_columns(bench: Bench, policy: str, error: bool) -> None:
    """With `ignore` they go nowhere, with `fail` the load fails and names them."""
    table = with_transform(bench, "scribble", new_columns=policy)
    table.put(GOOD)

    report = table.load()

    assert ("rank, double" in (report.error or "")) is error
    assert len(table.rows("id")) == (0 if error else 2)


@pytest.mark.parametrize(
    ("name", "counts", "records"),
    [
        ("reset", (3, 2, 0, 0, 1, 0), [0, 0]),
        ("repeat", (3, 3, 0, 0, 0, 4), [0, 1, 1, 2, 2, 3, 3]),
        ("nothing", (3, 0, 0, 0, 3, 0), []),
        ("spoil", (3, 2, 1, 0, 0, 2), [1, 1, 3, 3]),
    ],
)
def test_the_ledger_balances_whatever_a_transform_does(
    any_bench: Bench, name: str, counts: tuple[int, ...], records: list[int]
) -> None:
    """Main has one row for each loaded record and those that were added, and all checks pass."""
    table = with_transform(any_bench, name)
    table.put(GOOD)

    report = table.load_twice()

    assert report.error is None
    assert table.query(LEDGER) == [counts]
    assert table.query("SELECT _lake_record FROM shop.orders ORDER BY 1") == [(each,) for each in records]
    assert table.check(deep=True).passed


def test_a_value_a_transform_spoils_costs_its_record(any_bench: Bench) -> None:
    """It goes to quarantine with the bytes of its record, the value, and the transform as the one to ask."""
    table = with_transform(any_bench, "spoil")
    table.put(GOOD)

    table.load_twice()

    ((record, column, value, raw, reason),) = table.quarantine("record, column_name, value, raw, reason")
    assert (record, column, value, raw) == (2, "amount", "much", b"2,20.00,2018-09-06 10:01:00,")
    assert reason == f'invalid input syntax for type numeric: "much", at what the transform {HERE}:spoil gave'


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fail", "KeyError: 'no_such_column'"),
        ("give_no_frame", "it gave a Series where a pandas DataFrame is due"),
        ("misspell", "ValueError: \ufffd in one of 3 rows"),
        ("orphan", "of a row that belongs to no record"),
    ],
)
def test_a_transform_that_fails_leaves_main_as_it_was(any_bench: Bench, name: str, said: str) -> None:
    """The table-hour fails with traceback, file and records; main and the ledger's files stay."""
    any_bench.put(GOOD)
    any_bench.load()
    before = any_bench.rows()
    table = with_transform(any_bench, name)
    key = table.put(GOOD)

    report = table.load_twice()

    assert report.state == "failed"
    assert said in (report.error or "")
    if name != "orphan":
        assert f"{key} records 1 to 3" in (report.error or "")
    if name == "fail":
        assert "transforms.py" in (report.error or "")
    assert table.rows() == before


@pytest.mark.parametrize(
    ("reference", "said"),
    [("no_such_module_of_mine:f", "cannot be imported"), (f"{HERE}:no_such_function", "has no function")],
)
def test_a_transform_that_is_not_there_is_told_at_once(bench: Bench, reference: str, said: str) -> None:
    """Before anything is read the load says what is missing and what to do."""
    table = bench.with_table(transform=reference)
    table.put(GOOD)

    with pytest.raises(LoadError, match=said):
        table.load()


def test_chunks_are_of_one_file_each(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk has no more than so many records, all of one file; an error names those it came with."""
    monkeypatch.setattr(transform, "ROWS", 2)
    transforms.SEEN.clear()
    table = with_transform(bench, "look")
    table.put(GOOD, number=1)
    table.put(GOOD, number=2)

    report = table.load()

    assert report.error is None
    assert [frame.index.tolist() for frame in transforms.SEEN] == [[1, 2], [3], [1, 2], [3]]
    assert table.query(LEDGER) == [(3, 3, 0, 0, 0, 0)] * 2


def test_a_transform_sees_opened_documents(any_bench: Bench) -> None:
    """Columns with a path come typed; children of records it drops are dropped with them."""
    table = any_bench.with_catalog(
        {
            "key": ["id"],
            "columns": {
                "id": "bigint",
                "amount": {"type": "numeric", "path": "_doc.amount"},
                "note": {"type": "text", "path": "_doc.note"},
                "placed_at": {"type": "timestamptz", "path": "_doc.at"},
            },
            "children": {"lines": {"path": "_doc.lines", "columns": {"sku": "text"}}},
            "transform": f"{HERE}:scribble",
        }
    )
    document = {
        "amount": {"$numberDecimal": "1.50"},
        "note": "n",
        "at": {"$date": 0},
        "lines": [{"sku": "a"}],
    }
    table.put_records(
        [[str(number), json.dumps(document)] for number in (1, 2, 3)] + [["4", '{"amount": []}']]
    )

    report = table.load_twice()

    assert report.error is None
    assert table.rows("id, note, rank") == [(1, "N", 2), (3, "N", 2)]
    assert table.query("SELECT id, sku FROM shop.orders__lines ORDER BY id") == [(1, "a"), (3, "a")]
    assert table.query(LEDGER) == [(4, 2, 1, 0, 1, 0)]
    assert table.check(deep=True).passed


@pytest.mark.parametrize("name", ["reset", "by_id"])
def test_children_need_the_index(bench: Bench, name: str) -> None:
    """Where nobody can tell which records were dropped, a table with children is refused, with the remedy."""
    table = bench.with_catalog(
        {
            "columns": {"id": "bigint"},
            "children": {"lines": {"path": "_doc.lines", "columns": {"sku": "text"}}},
            "transform": f"{HERE}:{name}",
        }
    )
    table.put_records([["1", "{}"], ["2", "{}"]])

    assert "Keep the index" in (table.load().error or "")


def test_superseded_snapshots_count_alike_in_any_order(bench: Bench) -> None:
    """What a transform drops from a snapshot is filtered whether or not a newer one is the table already."""
    table = with_transform(bench, "scribble", load="snapshot")
    table.put(GOOD)
    table.put(GOOD, HOUR + ONE_HOUR)
    ledgers = []
    for order in ([HOUR, HOUR + ONE_HOUR], [HOUR + ONE_HOUR, HOUR]):
        for hour in order:
            table.load(hour)
        ledgers.append(table.query(LEDGER))
        assert all(table.check(hour).passed for hour in order)
        table.query("DROP SCHEMA shop, lake_assets CASCADE")

    assert ledgers == 2 * [[(3, 0, 0, 2, 1, 0), (3, 2, 0, 0, 1, 0)]]


def test_dates_python_cannot_hold_are_told(bench: Bench) -> None:
    """A time beyond year 9999 cannot be given to a transform; the error says what to declare instead."""
    table = with_transform(bench, "look")
    table.put("1,1,12018-09-06,x\n")

    assert "declare the column as text" in (table.load().error or "")
    assert pd.Timestamp(datetime(9999, 12, 31, tzinfo=UTC)).year == 9999


def test_an_index_of_another_name_names_no_records(bench: Bench) -> None:
    """Numbers that happen to be those of records, such as the groups of a groupby, are not taken for them."""
    table = with_transform(bench, "by_id")
    table.put("2,1,2018-09-06,a\n1,1,2018-09-06,b\n")

    report = table.load_twice()

    assert report.error is None
    assert table.rows("id, _lake_record") == [(2, 0), (1, 0)]
    assert table.query(LEDGER) == [(2, 2, 0, 0, 0, 0)]
    assert table.check(deep=True).passed


def test_a_spoiled_value_of_a_type_that_cannot_be_asked_costs_its_record(any_bench: Bench) -> None:
    """Where asking whether a value fits is itself an error, the record it is true of goes, and no other."""
    any_bench.query("CREATE DOMAIN public.dated AS text CHECK (value::date > '2000-01-01')")
    columns = ORDER_COLUMNS | {"note": "public.dated"}
    table = any_bench.with_table(columns, transform=f"{HERE}:write_dates")
    table.put(GOOD.replace("first", "").replace("third", ""))

    report = table.load_twice()

    assert report.error is None
    assert table.rows("id, note") == [(1, "2018-09-06"), (3, "2018-09-06")]
    assert table.quarantine("record, sqlstate") == [(2, "22007")]


def test_a_row_of_no_record_that_main_refuses_is_told(any_bench: Bench) -> None:
    """No record can go to quarantine for it, so the hour fails, names the transform and shows the row."""
    table = with_transform(any_bench, "repeat")
    table.put(GOOD)
    table.load()
    before = table.rows()
    table.query("ALTER TABLE shop.orders ADD CONSTRAINT no_total CHECK (id <> 99) NOT VALID")

    report = table.load_twice()

    assert f"the transform {HERE}:repeat gave 1 rows that belong to no record" in (report.error or "")
    assert "no_total" in (report.error or "")
    assert "Failing row contains (99, " in (report.error or "")
    assert table.rows() == before


def test_a_record_main_refuses_is_quarantined_with_all_its_rows(any_bench: Bench) -> None:
    """A record whose rows main itself does not take costs no other, and every row is still counted."""
    table = with_transform(any_bench, "repeat")
    table.put(GOOD)
    table.load()
    table.query("ALTER TABLE shop.orders ADD CONSTRAINT no_two CHECK (id <> 2) NOT VALID")

    report = table.load_twice()

    assert report.error is None
    assert table.query(LEDGER) == [(3, 2, 1, 0, 0, 3)]
    assert table.rows("id, _lake_record") == [(99, 0), (1, 1), (1, 1), (3, 3), (3, 3)]
    assert table.quarantine("record, sqlstate, raw") == [(2, "23514", b"2,20.00,2018-09-06 10:01:00,")]
    assert table.check(deep=True).passed
