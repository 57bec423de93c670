"""Proves `readers.detect`: a file's format by its name and its first bytes, and what is found in each."""

import gzip

import pytest

from lake_assets.catalog.models import FileOptions
from lake_assets.readers.detect import decide_by_names, format_of
from lake_assets.readers.dialect import Dialect
from lake_assets_tests.fix_bench import make_table
from lake_assets_tests.readers.rule import dialect_of

AUTO = FileOptions()
PLAIN = b"id,note\n"
PARQUET = b"PAR1\x15\x00"
LINES = b'{"Id":1,"note":"x","more":null}\n'


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("LOAD00000001.csv", PLAIN, "csv"),
        ("LOAD00000001.csv.gz", gzip.compress(PLAIN, mtime=0), "csv"),
        ("LOAD00000001.csv", PARQUET, "parquet"),
        ("LOAD00000001.csv", b"PAR1,note\n", "csv"),
        ("x.csv", LINES, "csv"),
        ("x.CSV", PARQUET, "parquet"),
        ("x.csv.zst", PARQUET, "parquet"),
        ("part-0", PLAIN, "csv"),
        ("part-0", LINES, "csv"),
        ("part-0", b"", "csv"),
        ("part-0", PARQUET, "parquet"),
        ("part-0.gz", gzip.compress(PARQUET, mtime=0), "parquet"),
        ("part-0", b"PARE\x15\x00", "parquet"),
        ("x.json", PARQUET, "parquet"),
        ("x.parquet", PLAIN, "parquet"),
        ("x.parquet", b"", "parquet"),
        ("x.Parquet.GZ", gzip.compress(PARQUET, mtime=0), "parquet"),
        ("x.jsonl", LINES, "jsonl"),
        ("x.ndjson", LINES, "jsonl"),
        ("x.json", LINES, "jsonl"),
        ("x.json.gz", gzip.compress(LINES, mtime=0), "jsonl"),
        ("x.parquet/part-0", PLAIN, "csv"),
    ],
)
def test_name_and_first_bytes_tell_the_format(name: str, head: bytes, expected: str) -> None:
    """A file that begins as Parquet does is Parquet under any name; otherwise its name tells."""
    assert format_of(f"shop/orders/{name}", head, AUTO)[0] == expected


def test_the_format_is_told_where_the_catalog_says_gzip() -> None:
    """A source whose CSV is declared to be packed may have Parquet, which is not."""
    table = make_table({"id": "bigint"}, files={"compression": "gzip"})
    assert format_of("a/x.parquet", PARQUET, table.files)[0] == "parquet"


def test_what_is_found_in_json_lines_is_said_with_its_reason() -> None:
    """Columns by name, letter case aside; keys as the file spells them; extra and missing ones; why."""
    dialect, named = decide_by_names(
        LINES, iter(()), make_table({"id": "bigint", "gone": "text"}), "jsonl", "why"
    )

    assert (dialect.format, dialect.header, dialect.op) == ("jsonl", True, False)
    assert named.names == dialect.keys == ("Id", "note", "more")
    assert dialect.columns == ("id", "note", "more")
    assert (dialect.extra, dialect.missing) == (("note", "more"), ("gone",))
    assert dict(dialect.reasons) == {
        "format": "why",
        "compression": "its first bytes are those of no packing",
        "encoding": "the catalog says utf-8",
        "header": "JSON lines name their columns",
        "op": "the header does not begin with Op",
        "columns": "as the header names them (Id is id)",
    }


def test_a_source_written_otherwise_does_not_change_json_lines() -> None:
    """Delimiter, quoting, NULL and header of the catalog are CSV's; the encoding is of both."""
    files = {"delimiter": ";", "quoting": "none", "null": "NULL", "header": False, "encoding": "cp1252"}
    dialect, _ = decide_by_names(LINES, iter(()), make_table({"id": "bigint"}, files=files), "jsonl", "")

    assert (dialect.delimiter, dialect.quoting, dialect.null, dialect.encoding) == (
        ",",
        "rfc4180",
        "",
        "cp1252",
    )


def test_a_leading_op_is_no_column() -> None:
    """A first key named Op is DMS's, unless the catalog names such a column."""
    data = b'{"Op":"I","id":1}\n'
    dialect, _ = decide_by_names(data, iter(()), make_table({"id": "bigint"}), "jsonl", "")
    declared, _ = decide_by_names(data, iter(()), make_table({"op": "text", "id": "bigint"}), "jsonl", "")

    assert (dialect.op, dialect.columns, dialect.keys) == (True, ("id",), ("Op", "id"))
    assert (declared.op, declared.columns) == (False, ("op", "id"))


def test_a_dialect_of_an_older_ledger_is_csv() -> None:
    """What was kept before there were formats is read back, and what is kept now comes back whole."""
    dialect = dialect_of("a", format="jsonl", keys=("A",))
    assert Dialect.from_json(dialect.as_json()) == dialect
    older = {name: value for name, value in dialect.as_json().items() if name not in {"format", "keys"}}
    assert Dialect.from_json(older) == dialect_of("a")
