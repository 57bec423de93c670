"""Proves what a load makes of a first record that reads as no header, where the table's files had one."""

from typing import Any
from unittest.mock import patch

import pytest

from lake_assets.hours import ONE_HOUR
from lake_assets.load.staging import inspection
from lake_assets.readers import detect
from lake_assets.readers.header import FirstRecord
from lake_assets_tests.fix_bench import HOUR, Bench

TEXTS = {"name": "text", "city": "text", "note": "text"}
TYPED = {"id": "bigint", "name": "text", "paid_at": "timestamp"}
NEXT = HOUR + ONE_HOUR


def test_a_header_that_nobody_knows_fails_its_hour(bench: Bench) -> None:
    """It is no row: the error shows it beside the header that the table's files had, and says what to do."""
    texts = bench.with_table(TEXTS)
    texts.put("name,city,note\nada,paris,x\n")
    texts.load()
    texts.put("town,name,remark\nrome,bob,y\n", NEXT)

    report = texts.load_twice(NEXT)

    assert report.state == "failed"
    error = report.error or ""
    assert "first record town,name,remark does not read as a header" in error
    assert f"have had one: name,city,note ({texts.key()})" in error
    assert "`header: true`" in error
    assert "`header: false`" in error
    assert texts.rows("name, city, note") == [("ada", "paris", "x")]


@pytest.mark.parametrize(
    ("columns", "header", "headerless", "state"),
    [
        (TYPED, "id,name,paid_at\n", "7,ada,2018-09-06 10:00:00\n", "loaded"),
        (TYPED, "id,name,paid_at\n", ",ada,2018-09-06\n", "loaded"),
        (TYPED, "Op,id,name,paid_at\n", "I,7,ada,2018-09-06\n", "loaded"),
        (TEXTS, "Op,name,city,note\n", "I,ada,paris,x\n", "loaded"),
        (TYPED, "id,name,paid_at\n", "nr,who,paid_on\n", "failed"),
        (TYPED, "id,name,paid_at\n", "7,ada,paid\n", "failed"),
        (TYPED, "id,name,paid_at\n", "2018,ada,\n", "failed"),
        (TYPED, "paid_at,name,id\n", "7,ada,2018-09-06\n", "failed"),
        (TYPED, "id,name,paid_at\n", '"7"x,ada,2018-09-06\n', "failed"),
        (TYPED, "id,name,paid_at\n", "", "loaded"),
    ],
)
def test_a_first_record_of_values_is_a_record(
    bench: Bench, columns: dict[str, str], header: str, headerless: str, state: str
) -> None:
    """Values where numbers, times or Op are due make a record, as long as their places are the header's."""
    table = bench.with_table(columns)
    table.put(header, HOUR, 0)
    table.put(headerless, HOUR, 1)

    report = table.load()

    assert report.state == state
    assert ("does not read as a header" in (report.error or "")) == (state == "failed")
    assert bool(table.query("SELECT 1 FROM shop.orders")) == (state == "loaded" and bool(headerless))


@pytest.mark.parametrize(
    ("files", "first", "state", "rows"),
    [
        ({"header": False}, "town,name,remark\n", "loaded", 2),
        ({"header": True}, "town,name,remark\n", "loaded", 1),
        ({"header": True}, "ada,paris,x\n", "failed", 0),
        ({"header": False}, "NAME,city,note\n", "failed", 0),
    ],
)
def test_the_catalog_says_whether_there_is_a_header(
    bench: Bench, files: dict[str, Any], first: str, state: str, rows: int
) -> None:
    """`header:` settles the doubt; a row of names, or a header of values, would be the catalog's error."""
    before = bench.with_table(TEXTS)
    before.put("name,city,note\n")
    before.load()
    told = bench.with_table(TEXTS, files=files)
    told.put(f"{first}rome,bob,y\n", NEXT)

    assert told.load(NEXT).state == state
    assert len(told.rows()) == rows
    assert told.check(NEXT, deep=True).state == state


def test_files_that_never_had_a_header_load(bench: Bench) -> None:
    """Where no file of a table had a header, a first record of texts is a row, in every hour."""
    texts = bench.with_table(TEXTS)
    for hour in (HOUR, NEXT):
        texts.put("ada,paris,x\n", hour)
        assert texts.load(hour).state == "loaded"
        assert texts.check(hour, deep=True).state == "loaded"


def test_an_hour_that_came_before_any_header_is_doubted_by_the_deep_check(bench: Bench) -> None:
    """A header that was loaded as a row before others were known is found when bytes are counted again."""
    texts = bench.with_table(TEXTS)
    texts.put("town,name,remark\nrome,bob,y\n")
    texts.load()
    assert texts.check(deep=True).state == "loaded"
    texts.put("name,city,note\nada,paris,x\n", NEXT)
    texts.load(NEXT)

    verdict = texts.check(deep=True)

    assert verdict.state == "mismatch"
    assert "reads neither as a header nor as a record" in (verdict.why or "")
    assert texts.check(NEXT, deep=True).state == "loaded"


@pytest.mark.parametrize("wrong", [True, False])
def test_a_loader_that_errs_on_a_header_is_a_mismatch(bench: Bench, wrong: bool) -> None:
    """The recount judges the first record by its own code: whichever way the loader errs, counts differ."""
    table = bench.with_table({"id": "bigint", "name": "text"})
    table.put("1,ada\n2,bob\n" if wrong else "id,name\n1,ada\n")
    judged = FirstRecord(is_header=wrong, why="an error")

    with patch.object(detect, "find_header", return_value=judged), patch.object(inspection, "refuse_foreign"):
        assert table.load().state == "mismatch"


def test_a_wrong_header_in_the_ledger_is_a_mismatch(bench: Bench) -> None:
    """`check --deep` takes nobody's word for a header: one that the ledger makes of a record is found."""
    table = bench.with_table({"id": "bigint", "name": "text"})
    table.put("1,ada\n2,bob\n")
    table.load()
    table.query(
        "UPDATE lake_assets.files SET dialect = dialect || '{\"header\": true}', records = 1, loaded = 1"
    )
    table.query("DELETE FROM shop.orders WHERE id = 1")

    assert table.check().state == "loaded"
    assert table.check(deep=True).state == "mismatch"
