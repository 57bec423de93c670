"""Proves what `readers.detect` finds in CSV: header, Op and columns, and only what the file can tell."""

import gzip
import json
from typing import Any

import pytest

from lake_assets.catalog.models import Column, FileOptions, Table
from lake_assets.readers.detect import decide_csv
from lake_assets.readers.dialect import Dialect


def table_of(*columns: str | Column, **files: Any) -> Table:
    """Make a table of text columns."""
    made = tuple(
        Column(name=column, type="text") if isinstance(column, str) else column for column in columns
    )
    return Table(source="shop", name="orders", columns=made, files=FileOptions(**files))


ORDERS = table_of("id", "amount", "note")
Found = tuple[bool, bool, tuple[str, ...]]


def found(head: bytes, table: Table = ORDERS, kind: str = "cdc") -> Found:
    """Return what was decided: header, Op, columns."""
    dialect = decide_csv(head, table, kind)
    return dialect.header, dialect.op, dialect.columns


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"id,amount,note\n1,2,x\n", (True, False, ("id", "amount", "note"))),
        (b"Op,id,amount,note\nI,1,2,x\n", (True, True, ("id", "amount", "note"))),
        (b'"OP","ID","Amount","note"\r\n', (True, True, ("id", "amount", "note"))),
        (b"note,id,amount", (True, False, ("note", "id", "amount"))),
        (b"\xef\xbb\xbfid,amount,note\n", (True, False, ("id", "amount", "note"))),
        (b"id,amount,note,added\n", (True, False, ("id", "amount", "note", "added"))),
        (b"id,amount\n", (True, False, ("id", "amount"))),
        (
            b"id,p,q,r,s,t,u,amount,note\n",
            (True, False, ("id", "p", "q", "r", "s", "t", "u", "amount", "note")),
        ),
        (b"1,2,x\n", (False, False, ("id", "amount", "note"))),
        (b"1,2,note\n", (False, False, ("id", "amount", "note"))),
        (b"7,amount,note\n", (False, False, ("id", "amount", "note"))),
        (b"2018-09-06 10:00:00,amount,note\n", (False, False, ("id", "amount", "note"))),
        (b"id,amount,note,2018\n", (True, False, ("id", "amount", "note", "2018"))),
        (b"\n1,2,x\n", (False, False, ("id", "amount", "note"))),
    ],
)
def test_a_header_is_known_by_the_names_of_columns(head: bytes, expected: Found) -> None:
    """Half of the cells, none of the others a number, or all columns of the table make a header."""
    assert found(head) == expected


def test_one_column_needs_its_exact_name() -> None:
    """In a table of one column of text, `Name` may be a value, and `name` is taken for the header."""
    table = table_of("name")
    assert found(b"name\nAda\n", table) == (True, False, ("name",))
    assert found(b"Name\nAda\n", table) == (False, False, ("name",))


def test_the_catalog_may_say_whether_there_is_a_header() -> None:
    """`header: true` and `header: false` are obeyed whatever the cells are."""
    assert found(b"x,y,z\n", table_of("id", "amount", "note", header=True)) == (True, False, ("x", "y", "z"))
    assert found(b"id,amount,note\n", table_of("id", "amount", "note", header=False))[0] is False


@pytest.mark.parametrize(
    ("head", "kind", "expected"),
    [
        (b"I,1,2,x\nD,1,2,x\n", "cdc", (False, True, ("id", "amount", "note"))),
        (b"I,1,2,x\nragged\nI,1,2,x\n", "cdc", (False, True, ("id", "amount", "note"))),
        (b"I,1,2,x\nI,1,2,x\n", "full", (False, True, ("id", "amount", "note"))),
        (b"U,1,2,x\n", "full", (False, False, ("id", "amount", "note", "column_4"))),
        (b"I,1,2,x\nX,1,2,x\n", "cdc", (False, False, ("id", "amount", "note", "column_4"))),
        (b"I,1,2\n", "cdc", (False, False, ("id", "amount", "note"))),
        (b"I,1,2,x,n,m\n", "cdc", (False, True, ("id", "amount", "note", "column_4", "column_5"))),
        (b"1,2,x,n\n", "cdc", (False, False, ("id", "amount", "note", "column_4"))),
        (b"1,2\n", "full", (False, False, ("id", "amount"))),
        (b"1\n1,2,x\n2,3,y\n", "full", (False, False, ("id", "amount", "note"))),
        (b"1\n1,2,x\n", "full", (False, False, ("id", "amount", "note"))),
        (b'1,"2"3,x\nI,1,2,x\n', "cdc", (False, True, ("id", "amount", "note"))),
        (b"", "full", (False, False, ("id", "amount", "note"))),
        (b'"open', "full", (False, False, ("id", "amount", "note"))),
    ],
)
def test_without_a_header_the_width_tells(head: bytes, kind: str, expected: Found) -> None:
    """Op shows as a first cell too many, always I, U or D; other cells too many or few are the last ones."""
    assert found(head, kind=kind) == expected


def test_an_op_column_of_the_catalog_is_data() -> None:
    """Where the catalog names a column Op, nothing is taken off."""
    table = table_of(Column(name="op", type="text", source_name="Op"), "id")
    assert found(b"Op,id\nI,1\n", table) == (True, False, ("Op", "id"))
    assert found(b"I,1\n", table) == (False, False, ("Op", "id"))


def test_missing_and_extra_columns_are_told() -> None:
    """Columns that only the catalog or only the file has are named."""
    dialect = decide_csv(b"id,note,added,more\n", ORDERS, "cdc")
    assert (dialect.missing, dialect.extra) == (("amount",), ("added", "more"))
    dialect = decide_csv(b"1,2\n", ORDERS, "cdc")
    assert (dialect.missing, dialect.extra) == (("note",), ())
    dialect = decide_csv(b"1,2,x,n\n", ORDERS, "cdc")
    assert (dialect.missing, dialect.extra) == ((), ("column_4",))


def test_names_that_repeat_are_told_apart() -> None:
    """A later cell of the same name gets a number, an empty name its place; none is taken twice."""
    table = table_of("id", "name")
    assert found(b"id,name,name,,name#2,name\n", table)[2] == (
        "id",
        "name",
        "name#2",
        "column_4",
        "name#2#2",
        "name#3",
    )


def test_a_position_binds_a_cell() -> None:
    """`position` counts the file's cells from 1, Op not counted, with and without a header."""
    second = Column(name="billing", type="text", position=3)
    table = table_of("id", "name", second)
    assert found(b"Op,id,name,name\n", table) == (True, True, ("id", "name", "billing"))
    sparse = table_of("id", Column(name="note", type="text", position=4))
    assert found(b"I,1,a,b,c\n", sparse) == (False, True, ("id", "column_2", "column_3", "note"))
    assert decide_csv(b"id,name\n", table, "cdc").missing == ("billing",)


def test_a_position_wins_over_a_name() -> None:
    """Where the header has the column's name elsewhere, the place counts."""
    table = table_of("id", Column(name="name", type="text", position=3))
    assert found(b"id,name,name\n", table)[2] == ("id", "name#2", "name")
    table = table_of("id", "name", Column(name="billing", type="text", position=2))
    assert found(b"id,name\n", table)[2] == ("id", "billing")
    assert decide_csv(b"id,name\n", table, "cdc").missing == ("name",)


def test_a_json_column_is_one_column_of_the_file() -> None:
    """Columns with a path share the cell that holds the document."""
    table = table_of(
        Column(name="id", type="text", source_name="oid__id"),
        Column(name="model", type="text", path=("_doc", "device", "model")),
        Column(name="seen", type="text", path=("_doc", "seen")),
    )
    assert found(b"oid__id,_doc\n", table) == (True, False, ("oid__id", "_doc"))
    assert found(b'I,1,"{}"\n', table) == (False, True, ("oid__id", "_doc"))


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b",id,amount,note\n1,2,x\n", "the header has 4 cells and the first record 3"),
        (b"id,amount,note\nI,1,2,x\n", "the header has 3 cells and the first record 4"),
    ],
)
def test_a_header_of_another_width_than_the_data_is_told(head: bytes, said: str) -> None:
    """DMS is known to shift headers; the header's columns stand, and the reasons say what is odd."""
    dialect = decide_csv(head, ORDERS, "cdc")
    assert dialect.header
    assert dialect.reasons["width"].startswith(said)


def test_a_record_that_the_head_cuts_tells_no_width() -> None:
    """The end of the head is not the end of a record."""
    assert "width" not in decide_csv(b"id,amount,note\n1,2", ORDERS, "cdc").reasons


def test_gzip_is_known_by_its_first_bytes() -> None:
    """`auto` looks at the bytes, a forced value does not."""
    packed = gzip.compress(b"Op,id,amount,note\nI,1,2,x\n" * 1000)
    assert decide_csv(packed[:50], ORDERS, "cdc").compression == "gzip"
    assert found(packed[:50]) == (True, True, ("id", "amount", "note"))
    assert decide_csv(packed, table_of("id", compression="none"), "cdc").compression == "none"
    assert decide_csv(packed[:50], table_of("id", compression="gzip"), "cdc").compression == "gzip"


def test_the_head_is_decoded() -> None:
    """Names are read in the encoding that the catalog declares."""
    table = table_of("größe", "id", encoding="utf-16")
    assert found("größe,id\n1,2\n".encode("utf-16"), table) == (True, False, ("größe", "id"))


def test_quoting_and_delimiter_are_the_catalogs() -> None:
    """They are obeyed, never guessed."""
    table = table_of("id", "note", quoting="none", delimiter=";", null="NULL", nul="strip")
    dialect = decide_csv(b'1;"a\n', table, "full")
    assert (dialect.quoting, dialect.delimiter, dialect.null, dialect.nul) == ("none", ";", "NULL", "strip")
    assert dialect.columns == ("id", "note")


def test_the_ledger_can_give_it_back() -> None:
    """What is stored as JSON makes the same dialect again."""
    dialect = decide_csv(b"Op,id,added\n", ORDERS, "cdc")
    assert Dialect.from_json(json.loads(json.dumps(dialect.as_json()))) == dialect
