"""Proves that Parquet and JSON lines go the way of CSV: staging, quarantine, recount, ledger, states."""

import bz2
import codecs
import gzip
import json
import lzma
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lake_assets.hours import ONE_HOUR
from lake_assets.readers import rows as rows_module
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.rows import Rows
from lake_assets_tests.examples import examples
from lake_assets_tests.fix_bench import HOUR, Bench
from lake_assets_tests.load.formats import WHOLE, key, parquet_of
from lake_assets_tests.readers.test_jsonl import values

NUMBERS = count(1)


COUNTS = "records, loaded, quarantined, superseded, filtered"


ORDERS = pa.table({"id": [1, 2], "amount": [Decimal("10.50"), None], "note": ["first", ""]})


LINES = b'{"id":1,"amount":10.50,"placed_at":"2018-09-06T10:00:00Z","note":"first"}\n{"note":"","id":2}\n'


@pytest.mark.parametrize(
    ("ending", "body"),
    [
        ("jsonl", LINES),
        ("ndjson.gz", gzip.compress(LINES[:50], mtime=0) + gzip.compress(LINES[50:], mtime=0)),
        ("json", LINES.replace(b"\n", b"\r\n")),
        ("json", LINES.decode().encode("utf-16-le")),
        ("jsonl.gz", gzip.compress(LINES.decode().encode("utf-16"), mtime=0)),
        ("parquet", parquet_of(ORDERS)),
        ("jsonl.zst", zstandard.compress(LINES[:50]) + zstandard.compress(LINES[50:])),
        ("jsonl.bz2", bz2.compress(LINES[:50]) + bz2.compress(LINES[50:])),
        ("JSONL.XZ", lzma.compress(LINES)),
        ("parquet.zst", zstandard.compress(parquet_of(ORDERS))),
        ("csv", parquet_of(ORDERS)),
        ("parquet.gz", gzip.compress(parquet_of(ORDERS), mtime=0)),
        ("parquet", parquet_of(ORDERS, row_group_size=1, compression="zstd", version="1.0")),
    ],
)
def test_a_file_of_any_format_becomes_typed_rows(any_bench: Bench, ending: str, body: bytes) -> None:
    """The ledger has the recount's figure, rows their record's number, and an empty text is not NULL."""
    any_bench.bucket.put(key(ending), body)

    report = any_bench.load_twice()

    assert (report.error, report.state) == (None, "loaded")
    assert any_bench.rows("id, amount, note, _lake_record") == [
        (1, Decimal("10.50"), "first", 1),
        (2, None, "", 2),
    ]
    assert any_bench.query(f"SELECT {COUNTS} FROM lake_assets.files") == [(2, 2, 0, 0, 0)]
    ((dialect,),) = any_bench.query("SELECT dialect FROM lake_assets.files")
    assert dialect["format"] == ("jsonl" if "json" in ending.lower() else "parquet")
    assert any_bench.check(deep=True).passed


def test_hostile_lines_cost_themselves_alone(any_bench: Bench) -> None:
    """Lines that are no records, or whose values do not cast, are quarantined with their bytes."""
    bad = [b'{"id":3,', b"", b'{"id":"x","note":"a"}', b'{"id":1,"id":2}', b'{"id":4,"note":"\xff"}', b"[1]"]
    good = [b'{"id":%d,"note":"\\u2028"}' % number for number in range(len(bad))]
    any_bench.bucket.put(key("jsonl"), b"".join(b"%b\n%b\n" % pair for pair in zip(good, bad, strict=True)))

    report = any_bench.load_twice()

    assert (report.error, report.state) == (None, "quarantined")
    assert any_bench.rows("id, note") == [(number, "\u2028") for number in range(len(bad))]
    quarantine = any_bench.quarantine("record, raw, column_name, sqlstate")
    assert [row[:2] for row in quarantine] == [(2 * number, line) for number, line in enumerate(bad, 1)]
    assert quarantine[2][2:] == ("id", "22P02")
    assert any_bench.query(f"SELECT {COUNTS} FROM lake_assets.files") == [(12, 6, 6, 0, 0)]
    assert any_bench.check(deep=True).state == "quarantined"


@pytest.mark.parametrize("policy", ["add", "ignore", "fail"])
def test_no_key_is_lost_in_silence(bench: Bench, policy: str) -> None:
    """A key that only the last record has follows `new_columns`, and stands in the ledger's dialect."""
    chosen = bench.with_table(new_columns=policy)
    lines = b"".join(b'{"id":%d}\n' % number for number in range(5_000))
    chosen.bucket.put(key("jsonl"), lines + b'{"id":5000,"late":{"x":1.10}}\n')

    report = chosen.load()

    if policy == "fail":
        assert report.state == "failed"
        assert "columns the catalog does not name: late" in (report.error or "")
        return
    assert (report.error, report.state) == (None, "loaded")
    assert chosen.query("SELECT dialect->'extra' FROM lake_assets.files") == [(["late"],)]
    assert chosen.query("SELECT count(*) FROM shop.orders") == [(5_001,)]
    if policy == "add":
        assert chosen.query("SELECT late FROM shop.orders WHERE late IS NOT NULL") == [('{"x":1.10}',)]


def test_columns_are_matched_by_name(bench: Bench) -> None:
    """Letter case aside and by `from`; a `position`, which counts cells of CSV, means nothing here."""
    columns = {"id": "bigint", "note": "text"}
    table = bench.with_table(columns).table
    placed = table.model_copy(
        update={
            "columns": (
                table.columns[0].model_copy(update={"position": 1}),
                table.columns[1].model_copy(update={"source_name": "Some Note"}),
            )
        }
    )
    chosen = Bench(bench.url, bench.bucket, placed)
    chosen.bucket.put(key("jsonl"), b'{"some note":"a","ID":1}\n')
    chosen.bucket.put(key("parquet", 1), parquet_of(pa.table({"Some Note": ["b"], "id": [2]})))

    assert chosen.load_twice().state == "loaded"
    assert chosen.rows("id, note") == [(1, "a"), (2, "b")]


def test_csv_json_lines_and_parquet_make_one_hour(bench: Bench) -> None:
    """A table may have files of all three, each told for itself; a name that ends with .csv is CSV."""
    chosen = bench.with_table({"id": "bigint", "note": "text"})
    chosen.put('1,"a"\n')
    chosen.bucket.put(key("csv", 1), b'{"id":9},x\n')
    chosen.bucket.put(key("jsonl", 2), b'{"id":2,"note":"b"}\n')
    chosen.bucket.put(key("parquet", 3), parquet_of(pa.table({"id": [3], "note": ["c"]})))

    assert chosen.load_twice().state == "quarantined"
    assert chosen.rows("id, note") == [(1, "a"), (2, "b"), (3, "c")]
    formats = chosen.query("SELECT dialect->>'format', records FROM lake_assets.files ORDER BY key")
    assert formats == [("csv", 1), ("csv", 1), ("jsonl", 1), ("parquet", 1)]


def test_parquet_under_any_name_is_told_by_its_first_bytes(bench: Bench) -> None:
    """Where a template takes every name for data, the first bytes tell."""
    chosen = bench.with_table({"id": "bigint"}, files={"layout": "{table}/{yyyy}/{mm}/{dd}/{hh}/"})
    chosen.bucket.put(f"shop/orders/{HOUR:%Y/%m/%d/%H}/part-0", parquet_of(pa.table({"id": [7]})))

    assert chosen.load_twice().state == "loaded"
    assert chosen.rows("id") == [(7,)]


def test_nuls_may_be_quarantined(bench: Bench) -> None:
    """With `nul: quarantine` the record is kept as it was, in both formats."""
    chosen = bench.with_table({"note": "text"}, files={"nul": "quarantine"})
    chosen.bucket.put(key("parquet"), parquet_of(pa.table({"note": ["a\0", "b"]})))
    chosen.bucket.put(key("jsonl", 1), b'{"note":"a\\u0000"}\n')

    assert chosen.load_twice().state == "quarantined"
    assert chosen.rows("note") == [("b",)]
    assert chosen.quarantine("reason, raw") == [("a NUL byte", b'{"note":"a\\u0000"}')] * 2


def test_one_json_document_fails_its_hour(bench: Bench) -> None:
    """A file that is one array over several lines is no file of records, and the remedy is named."""
    bench.bucket.put(key("json"), b'[\n{"id":1},\n{"id":2}\n]\n')

    report = bench.load()

    assert report.state == "failed"
    assert "one JSON document and no JSON lines" in (report.error or "")


@pytest.mark.parametrize(
    ("ending", "body"), [("jsonl", b""), ("parquet", parquet_of(pa.table({"id": pa.array([], pa.int64())})))]
)
def test_a_file_without_records_is_loaded(bench: Bench, ending: str, body: bytes) -> None:
    """Zero lines, or a schema and no rows, are zero records."""
    bench.bucket.put(key(ending), body)

    assert bench.load_twice().state == "loaded"
    assert bench.check(deep=True).passed
    assert bench.state() == ("loaded", 0, 0, 0)


def test_a_file_of_other_columns_fails_its_hour(bench: Bench) -> None:
    """A file that names none of the catalog's columns is not loaded as rows of NULL."""
    bench.bucket.put(key("parquet"), parquet_of(pa.table({"x": [1]})))

    assert "its schema x names none of the columns id" in (bench.load().error or "")


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_reader_that_forgets_is_found_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """When the loader's reader drops records, the recount tells, and main never shows the hour."""
    whole = rows_module.blocks

    def forgetful(batches: Iterable[Rows], dialect: Dialect) -> Iterator[Any]:
        return whole((batch for number, batch in enumerate(batches) if number), dialect)

    monkeypatch.setattr("lake_assets.readers.records.blocks", forgetful)
    chosen = bench.with_table({"id": "bigint"})
    chosen.bucket.put(key(ending), WHOLE if ending == "parquet" else b'{"id":1}\n')

    report = chosen.load()

    assert report.state == "mismatch"
    assert "the loader read 0 records, the warehouse 0, the recount" in (report.error or "")
    assert chosen.rows() == []


def test_what_jsonb_does_not_take_costs_its_record(any_bench: Bench) -> None:
    """Half a surrogate pair in an object is kept in a text column, and refused by PostgreSQL in jsonb."""
    chosen = any_bench.with_table({"id": "bigint", "t": "text", "j": "jsonb"})
    lines = [rb'{"id":1,"t":["\ud800"],"j":{}}', rb'{"id":2,"j":["\ud800"]}', b'{"id":3,"j":"no JSON"}']
    chosen.bucket.put(key("jsonl"), b"\n".join(lines))

    assert chosen.load_twice().state == "quarantined"
    assert chosen.rows("id, t") == [(1, r'["\ud800"]')]
    assert chosen.quarantine("record, column_name, raw") == [(2, "j", lines[1]), (3, "j", lines[2])]


def test_an_hour_of_an_older_ledger_is_recounted(bench: Bench) -> None:
    """A dialect that was kept before there were formats is CSV's."""
    bench.put("1,1,2018-09-06,a\n")
    bench.load()
    bench.query("UPDATE lake_assets.files SET dialect = dialect - 'format' - 'keys'")

    assert bench.check(deep=True).passed


def exactly(document: str) -> Any:
    """Read JSON with every digit of its numbers."""
    return json.loads(document, parse_int=Decimal, parse_float=Decimal)


@settings(
    max_examples=examples(12),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(
        st.fixed_dictionaries({}, optional={"t": values, "j": st.dictionaries(st.text("ab"), values)}),
        min_size=1,
        max_size=12,
    ),
    st.booleans(),
)
def test_any_values_load_cell_by_cell(bench: Bench, objects: list[dict[str, Any]], packed: bool) -> None:
    """Texts, numbers, NULLs and nested values are, in text and in jsonb, what Python's json says they are."""
    chosen = bench.with_table({"n": "bigint", "t": "text", "j": "jsonb"})
    numbered = [{"n": number, **one} for number, one in enumerate(objects)]
    data = "".join(json.dumps(one, ensure_ascii=packed) + "\n" for one in numbered).encode()
    hour = HOUR + next(NUMBERS) * ONE_HOUR
    name = f"shop/orders/{hour:%Y%m%d-%H}0000000.jsonl"
    chosen.bucket.put(name, gzip.compress(data) if packed else data)

    report = chosen.load(hour)

    assert (report.error, report.state) == (None, "loaded")
    query = f"SELECT t, j::text FROM shop.orders WHERE _lake_hour = '{hour}' ORDER BY n"
    for (text, document), one in zip(chosen.query(query), objects, strict=True):
        told = one.get("t")
        if isinstance(told, str) or told is None:
            assert text == told
        else:
            assert json.loads(text) == told
        assert (document and exactly(document)) == (one.get("j") and exactly(json.dumps(one["j"])))


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF16_LE])
def test_lines_in_utf_16_are_quarantined_as_they_are(bench: Bench, mark: bytes) -> None:
    """What an export of bad lines needs is kept: the encoding, with a mark what stands before them."""
    bench.bucket.put(key("jsonl"), mark + '{"id":1}\n{"id":"ä"}\n'.encode("utf-16-le"))

    bench.load()

    assert bench.state() == ("quarantined", 2, 1, 1)
    assert bench.quarantine("record, raw") == [(2, '{"id":"ä"}'.encode())]
    kept = bench.query("SELECT encoding, beginning FROM lake_assets.quarantined_files")
    assert kept == [("utf-16-le", mark)]
    assert bench.check(deep=True).passed
