"""Proves `checks.columns`: a column that main lost, and one that the catalog got later, are seen and told."""

from dataclasses import replace

import pytest

from lake_assets.catalog.models import Column
from lake_assets.exceptions import WarehouseError
from lake_assets.hours import ONE_HOUR
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.file_columns import has_column
from lake_assets_tests.fix_bench import HOUR, Bench, make_table

NEXT = HOUR + ONE_HOUR
TYPES = {"id": "bigint", "amount": "numeric"}
LINES = "id,amount,remark\n1,3,a\n2,5,b\n"
DOCUMENTS = {
    "columns": {"id": "bigint"},
    "children": {"lines": {"path": "doc.lines", "columns": {"sku": "text"}}},
}
WIDER = {
    "columns": {"id": "bigint", "city": {"type": "text", "path": "doc.city"}},
    "children": {"lines": {"path": "doc.lines", "columns": {"sku": "text", "qty": "integer"}}},
}
DOCUMENT = '{"city": "Ulm", "lines": [{"sku": "a", "qty": 2}]}'


@pytest.mark.parametrize("change", ["DROP COLUMN amount", "RENAME amount TO total"])
def test_a_column_that_main_lost_is_told_and_not_added_empty(bench: Bench, change: str) -> None:
    """The check says which column is gone, no load adds it anew, and once it is back all is as it was."""
    shop = bench.with_table(TYPES)
    shop.put(LINES)
    shop.load()
    shop.query(f"ALTER TABLE shop.orders {change}")

    found = shop.check()

    assert found.state == "mismatch"
    assert found.findings[0].startswith("shop.orders has no column amount any more")
    with pytest.raises(WarehouseError, match='RENAME COLUMN … TO "amount"'):
        shop.load(NEXT)
    if "RENAME" in change:
        shop.query("ALTER TABLE shop.orders RENAME total TO amount")
        assert shop.check().state == "loaded"
        return
    shop.query("DROP TABLE shop.orders")
    assert shop.load().state == "loaded"
    assert shop.query("SELECT sum(amount) FROM shop.orders") == [(8,)]


def test_a_column_that_only_files_name_is_no_less_missed(bench: Bench) -> None:
    """What `new_columns: add` brought is told too, until the catalog says that nobody wants it."""
    shop = bench.with_table(TYPES)
    shop.put(LINES)
    shop.load()
    shop.query("ALTER TABLE shop.orders DROP COLUMN remark")

    report = shop.load()

    assert report.state == "failed"
    assert "shop.orders has no column remark any more" in (report.error or "")
    other = shop.with_table(TYPES, new_columns="ignore")
    assert other.load().state == "loaded"
    assert other.check().passed


def test_a_column_that_came_to_the_catalog_later_makes_hours_stale_that_have_it(bench: Bench) -> None:
    """Older hours whose files have it are stale until they are loaded with it; others stay as they are."""
    shop = bench.with_table(TYPES, new_columns="ignore")
    shop.put(LINES)
    shop.put("id,amount\n3,1\n", NEXT)
    shop.load()
    shop.load(NEXT)
    wider = shop.with_table({**TYPES, "remark": "text"})

    before_any_load = wider.check().state
    wider.put("id,amount,remark\n4,1,d\n", NEXT + ONE_HOUR)
    wider.load(NEXT + ONE_HOUR)

    assert before_any_load == "stale"
    assert "the catalog named remark of shop.orders" in wider.check().findings[0]
    assert wider.check(NEXT).state == "loaded"
    left = wider.table.columns[2].model_copy(update={"backfill": False})
    columns = (*wider.table.columns[:2], left)
    as_it_is = replace(wider, table=wider.table.model_copy(update={"columns": columns}))
    assert as_it_is.check(deep=True).state == "loaded"
    wider.load()
    assert wider.check(deep=True).state == "loaded"
    assert wider.rows("remark") == [("a",), ("b",), (None,), ("d",)]


def test_documents_and_child_tables_miss_their_columns_too(bench: Bench) -> None:
    """A place in a document and a column of a child table are loaded later, and missed when they are gone."""
    narrow = bench.with_catalog(DOCUMENTS)
    narrow.put_records([("id", "doc"), ("1", DOCUMENT)])
    narrow.load()
    wide = bench.with_catalog(WIDER)
    assert [finding.split(",")[0] for finding in wide.check().findings] == [
        "loaded before the catalog named city of shop.orders",
        "loaded before the catalog named qty of shop.orders__lines",
    ]
    wide.load()
    assert wide.check(deep=True).state == "loaded"

    wide.query("ALTER TABLE shop.orders__lines RENAME qty TO quantity")

    assert wide.check().findings[0].startswith("shop.orders__lines has no column qty any more")
    with pytest.raises(WarehouseError, match=r"shop\.orders__lines has no column qty any more"):
        wide.load()


def test_files_of_an_older_ledger_are_taken_for_what_main_has(bench: Bench) -> None:
    """The first load after an upgrade writes down main's columns for files that nobody wrote any down for."""
    shop = bench.with_table(TYPES)
    shop.put(LINES)
    shop.load()
    shop.query("UPDATE lake_assets.files SET column_set = NULL")
    shop.query("DELETE FROM lake_assets.column_sets")
    wider = bench.with_table({**TYPES, "weight": "text"})

    assert wider.check().state == "loaded"
    wider.load(NEXT)

    sets = wider.query(
        "SELECT known.columns -> 'orders' FROM lake_assets.column_sets AS known "
        "JOIN lake_assets.files AS file ON file.column_set = known.id"
    )
    assert sets == [(["id", "amount", "remark"],)]
    wider.query("ALTER TABLE shop.orders DROP COLUMN amount")
    assert wider.check().state == "mismatch"


@pytest.mark.parametrize(
    ("header", "columns", "extra", "column", "held"),
    [
        (True, ("id", "Weight"), ("Weight",), Column(name="weight", type="text"), True),
        (True, ("id", "amount"), (), Column(name="weight", type="text"), False),
        (True, ("id", "w"), ("w",), Column(name="weight", type="text", source_name="w"), True),
        (True, ("id", "w"), ("w",), Column(name="weight", type="text", position=2), True),
        (False, ("id", "column_2"), ("column_2",), Column(name="weight", type="text"), True),
        (False, ("id",), (), Column(name="weight", type="text"), False),
        (False, ("id", "amount"), (), Column(name="weight", type="text"), False),
    ],
)
def test_whether_a_file_has_a_column(
    *, header: bool, columns: tuple[str, ...], extra: tuple[str, ...], column: Column, held: bool
) -> None:
    """A file has a column by its name, or where it has no names by a cell that nobody claimed."""
    dialect = Dialect(
        delimiter=",",
        quoting="rfc4180",
        null="",
        encoding="utf-8",
        compression="none",
        header=header,
        op=False,
        columns=columns,
        extra=extra,
    )
    columns_now = (Column(name="id", type="bigint"), column)
    table = make_table().model_copy(update={"columns": columns_now})

    assert has_column(dialect, table, column) is held
