"""Proves that Op is known, by `discover` and by the loader, whatever stands in it in full loads."""

import json
from collections.abc import Sequence

import pyarrow as pa

from lake_assets_tests.discover.conftest import Unknown
from lake_assets_tests.load.formats import parquet_of

FULL_LOAD = [(1, "a"), (2, "b"), (3, "c")]
CHANGES = [("I", 4, "d"), ("U", 2, "B"), ("D", 3, None)]
IN_FULL_LOAD = {"nul": None, "empty": "", "ins": "I"}
Rows = Sequence[tuple[object, ...]]


def csv_of(names: Sequence[str], rows: Rows, quote: str = "") -> bytes:
    """Write rows as CSV; a text that is empty is quoted, NULL is nothing."""
    lines = [",".join(names)] if names else []
    for row in rows:
        cells = [quote * 2 if cell == "" else "" if cell is None else str(cell) for cell in row]
        lines.append(",".join(cells))
    return "".join(f"{line}\n" for line in lines).encode()


def jsonl_of(names: Sequence[str], rows: Rows) -> bytes:
    """Write rows as JSON lines."""
    objects = [dict(zip(names, row, strict=True)) for row in rows]
    return "".join(f"{json.dumps(item)}\n" for item in objects).encode()


def parquet(names: Sequence[str], rows: Rows) -> bytes:
    """Write rows as Parquet."""
    columns = {name: pa.array([row[place] for row in rows]) for place, name in enumerate(names)}
    if "Op" in columns:
        columns["Op"] = columns["Op"].cast(pa.string())
    return parquet_of(pa.table(columns))


def put(unknown: Unknown, table: str, ending: str, full: bytes, changes: bytes) -> None:
    """Write a full load and changes of a table."""
    unknown.put(full, f"shop/{table}/LOAD00000001{ending}")
    unknown.put(changes, f"shop/{table}/20180906-101530123{ending}")


def test_op_is_known_where_full_loads_have_nothing_in_it(unknown: Unknown) -> None:
    """NULL, empty, I or no Op at all in a full load: Op is no column, inserts load, changes do not."""
    plain, named = ("id", "name"), ("Op", "id", "name")
    tables = []
    for kind, op in IN_FULL_LOAD.items():
        full = [(op, *row) for row in FULL_LOAD]
        put(unknown, f"c_{kind}", ".csv", csv_of(named, full, '"'), csv_of(named, CHANGES))
        put(unknown, f"h_{kind}", ".csv", csv_of((), full), csv_of((), CHANGES))
        put(unknown, f"j_{kind}", ".jsonl", jsonl_of(named, full), jsonl_of(named, CHANGES))
        put(unknown, f"p_{kind}", ".parquet", parquet(named, full), parquet(named, CHANGES))
        tables += [f"{form}_{kind}" for form in "chjp"]
    put(unknown, "c_none", ".csv", csv_of(plain, FULL_LOAD), csv_of(named, CHANGES))
    put(unknown, "h_none", ".csv", csv_of((), FULL_LOAD), csv_of((), CHANGES))
    put(unknown, "j_none", ".jsonl", jsonl_of(plain, FULL_LOAD), jsonl_of(named, CHANGES))
    put(unknown, "p_none", ".parquet", parquet(plain, FULL_LOAD), parquet(named, CHANGES))
    tables += ["c_none", "h_none", "j_none", "p_none"]

    unknown.discover()
    reports = unknown.load()

    assert [report.counts.quarantined for report in reports].count(2) == len(tables)
    assert {report.state for report in reports} == {"loaded", "quarantined"}
    for table in tables:
        assert list(unknown.types(f"shop.{table}").values()) == ["bigint", "text"], table
        assert sorted(unknown.rows(f"shop.{table}")) == [*FULL_LOAD, (4, "d")], table


def test_a_column_that_is_not_only_op_is_data(unknown: Unknown) -> None:
    """Another letter among the changes, or nothing in one of them, makes a column of data of it."""
    named = ("Op", "id", "name")
    put(unknown, "other", ".csv", csv_of(named, [(None, 1, "a")]), csv_of(named, [("X", 1, "a")]))
    put(unknown, "gap", ".csv", csv_of(named, [("I", 1, "a")]), csv_of(named, [(None, 1, "a")]))

    unknown.discover()

    assert list(unknown.types("shop.other")) == ["op", "id", "name"]
    assert list(unknown.types("shop.gap")) == ["op", "id", "name"]


def test_an_hour_of_changes_alone_says_what_it_needs(unknown: Unknown) -> None:
    """Its reason is Op and `append`; delimiter and header are as they should be."""
    unknown.put("1,10\n2,20\n", "shop/stock/LOAD00000001.csv")
    unknown.put("U,1,9\n", "shop/stock/20180906-090000000.csv")
    unknown.put("U,1,8\nI,3,5\n", "shop/stock/20180906-100000000.csv")
    unknown.discover()

    reports = unknown.load()

    only_changes, some, _ = reports
    assert (only_changes.state, some.state) == ("failed", "quarantined")
    assert "all are updates or deletes (Op U, D), and `load: append` takes inserts alone" in (
        only_changes.error or ""
    )
    assert "header" not in (only_changes.error or "")
    assert sorted(unknown.rows("shop.stock")) == [(1, 10), (2, 20), (3, 5)]
