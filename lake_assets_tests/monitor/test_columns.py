"""Proves `monitor.columns`: what goes from a table's files, and what comes, opens a finding and closes it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lake_assets.catalog.models import Column, Source
from lake_assets.lake.objects import LakeObject
from lake_assets.ledger.files import count_file, register_file
from lake_assets.ledger.install import install
from lake_assets.monitor.columns import OF_COLUMNS, settle_columns
from lake_assets.postgres import connect
from lake_assets.readers.dialect import Dialect
from lake_assets.states.records import Counts
from lake_assets_tests.fix_bench import HOUR, Bench, make_table
from lake_assets_tests.fix_cli import Company, shown
from lake_assets_tests.fix_monitor import Court, at

COLUMNS = {"id": "bigint", "amount": "numeric(9,2)", "note": "text"}
PLAIN = Dialect(
    delimiter=",",
    quoting="rfc4180",
    null="",
    encoding="utf-8",
    compression="none",
    header=True,
    op=False,
    columns=("id", "amount", "note"),
)


@dataclass
class Shelf:
    """The ledger's files of the table shop.orders.

    Attributes:
        connection: a session of the warehouse.
        source: the source as the catalog has it.
    """

    connection: psycopg.Connection
    source: Source

    def catalog(self, columns: dict[str, str] | None = None, **changes: Any) -> None:
        """Change the catalog."""
        table = make_table(columns or COLUMNS, **changes)
        self.source = self.source.model_copy(update={"tables": (table,)})

    def add(self, number: int, *columns: str, kind: str = "cdc", **dialect: Any) -> None:
        """Put a file of an hour into the ledger, with these columns."""
        name = "LOAD" if kind == "full" else "changes"
        item = LakeObject(
            key=f"{name}{number:03}",
            etag="x",
            size=9,
            last_modified=at(0),
            hour=at(number),
            kind=kind,  # type: ignore[arg-type]
        )
        written = replace(PLAIN, columns=columns, **dialect).as_json()
        table = self.source.tables[0]
        file_id = register_file(self.connection, table, at(number), item, written, column_set=1, run_id="r")
        count_file(self.connection, file_id, Counts(records=2, loaded=2))

    def found(self) -> dict[str, str]:
        """Settle the findings, and give the notes of the open ones, by kind and subject."""
        settle_columns(self.connection, self.source, datetime.now(UTC))
        query = "SELECT kind, subject, note FROM lake_assets.findings WHERE gone_at IS NULL ORDER BY 1, 2"
        return {f"{kind} {subject}".strip(): note for kind, subject, note in self.connection.execute(query)}


@pytest.fixture
def shelf(connection: psycopg.Connection) -> Shelf:
    """Give a ledger without files."""
    install(connection)
    table = make_table(COLUMNS)
    source = Source(name="shop", start=at(0), tables=(table,), path=Path("shop.yaml"))
    return Shelf(connection, source)


def test_a_renamed_column_is_one_finding_that_names_both(shelf: Shelf) -> None:
    """It opens with the first file without it, and closes once the catalog names the new one."""
    shelf.add(0, "id", "amount", "note")
    assert shelf.found() == {}
    shelf.add(1, "id", "total", "note")
    shelf.add(2, "id", "total", "note")

    assert shelf.found() == {
        "column_vanished amount": (
            "shop.orders: the column 'amount' is gone from changes001 on; changes000 had it last, so that it "
            "is NULL in main. 'total' has come in its place: renamed? Then say `from: total` for it in the "
            "catalog."
        )
    }
    amount = Column(name="amount", type="numeric(9,2)", source_name="total")
    table = shelf.source.tables[0]
    renamed = tuple(amount if column.name == "amount" else column for column in table.columns)
    shelf.source = shelf.source.model_copy(
        update={"tables": (table.model_copy(update={"columns": renamed}),)}
    )
    assert shelf.found() == {}


@pytest.mark.parametrize("end", ["back", "out of the catalog"])
def test_a_vanished_column_lasts_until_it_is_back_or_nobody_wants_it(shelf: Shelf, end: str) -> None:
    """A column that is gone stays a finding, whatever other columns the files have."""
    shelf.add(0, "id", "amount", "note")
    shelf.add(1, "id", "note")
    assert list(shelf.found()) == ["column_vanished amount"]

    if end == "back":
        shelf.add(2, "id", "amount", "note")
    else:
        shelf.catalog({"id": "bigint", "note": "text"})

    assert shelf.found() == {}


def test_a_column_of_the_catalog_that_no_file_ever_had_is_told(shelf: Shelf) -> None:
    """A name that was never right is NULL for ever: unless a transform makes it."""
    shelf.add(0, "id", "total", "note")
    assert "no file has had the column 'amount'" in shelf.found()["column_vanished amount"]

    shelf.catalog(transform="module:function")

    assert list(shelf.found()) == ["column_new total"]


def test_a_new_column_is_news_for_a_week(shelf: Shelf) -> None:
    """Its first appearance is told, and ends by itself, with the catalog, or when it is gone again."""
    shelf.add(0, "id", "amount", "note")
    shelf.add(1, "id", "amount", "note", "tax")
    assert "'tax' is new since changes001, and is in main as text" in shelf.found()["column_new tax"]
    shelf.catalog(new_columns="ignore")
    assert "is left out" in shelf.found()["column_new tax"]
    shelf.add(168, "id", "amount", "note", "tax")
    assert list(shelf.found()) == ["column_new tax"]

    shelf.add(170, "id", "amount", "note", "tax")

    assert shelf.found() == {}


def test_full_loads_and_changes_may_differ(shelf: Shelf) -> None:
    """What only changes have is not missed in full loads; what full loads had is missed in changes."""
    shelf.add(0, "id", "note", kind="full")
    shelf.add(1, "id", "amount", "note")
    shelf.add(2, "id", "note", kind="full")
    assert shelf.found() == {}

    shelf.add(3, "id", "amount")

    assert list(shelf.found()) == ["column_vanished note"]


def test_keys_of_json_lines_may_come_and_go(shelf: Shelf) -> None:
    """A key that every file had is missed; one that was absent before is not."""
    lines = {"format": "jsonl"}
    for number, keys in enumerate([("id", "amount"), ("id", "amount", "note"), ("id", "amount")]):
        shelf.add(number, *keys, **lines)
    assert shelf.found() == {}

    shelf.add(3, "id", "total", **lines)

    assert "'total' has come in its place" in shelf.found()["column_vanished amount"]


def test_a_first_record_of_which_nobody_knows_is_told(shelf: Shelf) -> None:
    """Files taken for data before others had a header are told, until the catalog says what is so."""
    doubtful: dict[str, Any] = {"header": False, "is_doubtful": True}
    shelf.add(0, "id", "amount", "note", **doubtful)
    shelf.add(1, "id", "amount", "note", **doubtful)
    assert shelf.found() == {}
    shelf.add(2, "id", "amount", "note")
    assert "the first record of 2 files (changes001) was taken for data" in shelf.found()["header_doubt"]

    shelf.catalog(files={"header": True})

    assert shelf.found() == {}


def test_a_first_record_with_names_of_columns_is_told(bench: Bench) -> None:
    """A header of other names that was the very first is a row, and a finding; plain rows are none."""
    texts = bench.with_table({"name": "text", "city": "text", "note": "text"})
    source = Source(name="shop", start=HOUR, tables=(texts.table,), path=Path("shop.yaml"))
    found = []
    for body in ("ada,paris,x\n", "town,name,remark\nrome,bob,y\n"):
        texts.put(body)
        texts.load()
        with connect(texts.url, autocommit=True) as connection:
            settle_columns(connection, source, datetime.now(UTC))
        found.append(texts.query("SELECT note FROM lake_assets.findings WHERE kind = 'header_doubt'"))

    assert found[0] == []
    assert "was taken for data, and has names of columns among its cells" in found[1][0][0]


def test_the_judge_finds_it_too(court: Court) -> None:
    """The hourly judgement opens the findings of columns, and closes them."""
    for number, header in enumerate(["id,note", "id,remark"]):
        court.put(number, f"{header}\n1,x\n")
        court.load_hour(court.source.tables[0], at(number))
    court.now = at(3)
    court.judge()
    assert "'remark' has come in its place" in court.findings()["column_vanished"]

    court.put(2, "id,note\n1,x\n")
    court.load_hour(court.source.tables[0], at(2))
    court.judge()

    assert not set(court.findings()) & set(OF_COLUMNS)


def test_a_load_without_a_judge_tells_it(company: Company) -> None:
    """`lake-assets load` alone opens the finding, and an alert that names both columns."""
    company.put(0, "id,note\n1,x\n")
    company.put(1, "id,remark\n1,x\n")

    assert company.invoke("load", "--from", shown(0), "--to", shown(2)).exit_code == 0

    assert company.query("SELECT kind FROM lake_assets.findings WHERE gone_at IS NULL") == [
        ("column_vanished",)
    ]
    ((body,),) = company.query("SELECT body FROM lake_assets.alerts WHERE kind = 'column_vanished'")
    assert "'note'" in body
    assert "'remark'" in body
