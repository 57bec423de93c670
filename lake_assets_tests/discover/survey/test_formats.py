"""Proves that `discover` describes Parquet files and JSON lines so that what it writes loads at once."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pyarrow as pa

from lake_assets_tests.discover.conftest import FULL, Unknown
from lake_assets_tests.load.formats import parquet_of

LOAD = "shop/orders/LOAD00000001.parquet"
CHANGE = "shop/orders/20180906-101530123.parquet"
LINES = "shop/orders/20180906-101530123.jsonl"


def test_parquet_has_the_types_of_its_schema(unknown: Unknown) -> None:
    """Numbers and times are what the schema says, texts what their cells are, as in CSV; lists are jsonb."""
    now = datetime(2018, 9, 6, 10, 0, 0, 1, UTC)
    table = pa.table(
        {
            "id": pa.array([2**63 - 1, 1], pa.int64()),
            "unsigned": pa.array([2**64 - 1, 1], pa.uint64()),
            "ratio": pa.array([1e20, float("nan")]),
            "price": pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)),
            "at": pa.array([now, None], pa.timestamp("us", "UTC")),
            "fine": pa.array([1, None]).cast(pa.timestamp("ns")),
            "digits": ["007", "12"],
            "numbers": ["1", "2"],
            "doc": ['{"a": 1}', "[]"],
            "tags": [["a"], None],
            "raw": [b"\0", None],
            "uuid": pa.array([UUID(int=1).bytes, None], pa.uuid()),
            "nothing": pa.array([None, None], pa.int32()),
            "yes": [True, None],
        }
    )
    types = unknown.describe(parquet_of(table, version="2.6"), LOAD)

    assert types == {
        "id": "bigint",
        "unsigned": "numeric(20,0)",
        "ratio": "double precision",
        "price": "numeric",
        "at": "timestamptz",
        "fine": "text",
        "digits": "text",
        "numbers": "bigint",
        "doc": "jsonb",
        "tags": "jsonb",
        "raw": "bytea",
        "uuid": "uuid",
        "nothing": "bigint",
        "yes": "boolean",
    }
    assert [report.state for report in unknown.load()] == ["loaded"]
    assert unknown.rows()[0][4:9] == (now, "1970-01-01 00:00:00.000000001", "007", 1, {"a": 1})
    assert "# as the Parquet file's schema has it" in unknown.text()
    assert "# header: JSON lines and Parquet name their columns" in unknown.text()


def test_dms_parquet_with_op_is_described(unknown: Unknown) -> None:
    """The Op column of changes is left out, and full load and changes make one table."""
    unknown.put(parquet_of(pa.table({"id": [1], "note": ["a"]})), LOAD)
    types = unknown.describe(parquet_of(pa.table({"Op": ["I"], "id": [2], "note": [None]})), CHANGE)

    assert types == {"id": "bigint", "note": "text"}
    assert {report.state for report in unknown.load()} == {"loaded"}
    assert sorted(unknown.rows()) == [(1, "a"), (2, None)]


def test_json_lines_are_described_by_all_of_their_lines(unknown: Unknown) -> None:
    """Keys of all lines are columns, exponents make numbers, objects are opened; bad lines decide nothing."""
    lines = [
        b'{"id":1,"n":1e5,"doc":{"a":1},"s":"007","b":true}',
        b'{"id":2,"n":0.5,"doc":null,"late":"x"}',
        b'{"id":"bad"',
    ]
    types = unknown.describe(b"\n".join(lines), LINES)

    assert types == {
        "id": "bigint", "n": "numeric", "doc": "jsonb", "s": "text", "b": "boolean", "late": "text",
        "doc_a": "bigint",
    }  # fmt: skip
    assert [report.state for report in unknown.load()] == ["quarantined"]
    assert unknown.rows() == [
        (1, Decimal(100_000), {"a": 1}, "007", True, None, 1),
        (2, Decimal("0.5"), None, None, None, "x", None),
    ]


def test_csv_and_parquet_of_one_table_share_its_columns(unknown: Unknown) -> None:
    """A CSV file without a header has its cells under the names that the Parquet files give by place."""
    unknown.put('1,"a"\n2,\n', f"shop/orders/{FULL}")
    unknown.put(parquet_of(pa.table({"id": [3], "note": ["c"]})), CHANGE)
    types = unknown.describe(b'{"note":"d","id":4}\n', LINES.replace("15", "16"))

    assert types == {"id": "bigint", "note": "text"}
    assert {report.state for report in unknown.load()} == {"loaded"}
    assert sorted(unknown.rows()) == [(1, "a"), (2, None), (3, "c"), (4, "d")]


def test_nulls_of_parquet_do_not_vote_for_the_text_of_null(unknown: Unknown) -> None:
    """Where CSV files of the source write NULL, those of Parquet say nothing against it."""
    unknown.put("1,NULL\n2,5\n", f"shop/other/{FULL}")
    unknown.describe(parquet_of(pa.table({"a": pa.array([1, None]), "b": ["NULL", None]})), LOAD)

    assert unknown.table().files.null == "NULL"
    assert unknown.types() == {"a": "bigint", "b": "text"}
    assert {report.state for report in unknown.load()} == {"loaded"}
    assert unknown.rows() == [(1, "NULL"), (None, None)]


def test_a_damaged_parquet_file_is_left_out(unknown: Unknown) -> None:
    """It is reported with the reason, and so are JSON lines without a record."""
    unknown.put("1,a\n")
    unknown.put(b"PAR1", CHANGE)
    unknown.put(b'"x"\n', LINES)
    (report,) = unknown.discover()

    said = "\n".join(report.left_out)
    assert "20180906-101530123.parquet: The Parquet file is damaged" in said
    assert "20180906-101530123.jsonl: No record of it can be read: no JSON object, but '\"x\"'" in said


def test_drift_of_json_lines_is_reported(unknown: Unknown) -> None:
    """A catalog that is there is held against the values of new files."""
    unknown.describe(b'{"id":1}\n', LINES)
    unknown.put(b'{"id":"A7","new":1.5}\n', LINES.replace("1015", "1115"))
    (report,) = unknown.discover()

    assert "+      id: text" in report.drift
    assert "+      new: numeric" in report.drift


def test_names_that_repeat_or_are_empty_load_into_what_was_named(unknown: Unknown) -> None:
    """Each column of a Parquet file, and each key of JSON lines, is in the column that was written for it."""
    columns = [pa.array([1, 2]), pa.array(["old", "o2"]), pa.array(["new", "n2"]), pa.array([7, 8])]
    joined = pa.Table.from_arrays(columns, names=["id", "value", "value", ""])
    changes = pa.Table.from_arrays([pa.array(["I", "I"]), *columns], names=["Op", "id", "value", "value", ""])
    unknown.put(parquet_of(joined), LOAD)
    unknown.put(parquet_of(changes), CHANGE)
    unknown.put(b'{"id":3,"":"x","b":1}\n{"b":2,"":"y"}\n', LINES.replace("orders", "lines"))
    unknown.discover()

    assert unknown.types() == {"id": "bigint", "value": "text", "value_2": "text", "column_4": "bigint"}
    assert {report.state for report in unknown.load()} == {"loaded"}
    assert unknown.rows() == [(1, "old", "new", 7), (2, "o2", "n2", 8)] * 2
    assert unknown.rows("shop.lines") == [(3, "x", 1), (None, "y", 2)]
