"""Proves that formats, headers, documents, child tables, transforms and snapshots keep one law together."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake_assets.hours import ONE_HOUR
from lake_assets_tests.examples import examples
from lake_assets_tests.fix_bench import HOUR, Bench
from lake_assets_tests.load.formats import parquet_of

HOURS = [HOUR, HOUR + ONE_HOUR]
NAMES = ("id", "doc", "note")
Record = tuple[str, str, str]

GOOD: Record = ("1", '{"model": "m", "qty": 5, "parts": [{"n": 1}, {"n": null}]}', "a,b")
RECORDS: list[Record] = [
    GOOD,
    ("2", '{"parts": []}', ""),
    ("3", '{"f": nan, "parts": [{"n": 3}]}', "mended"),
    ("x", "{}", "no number"),
    ("5", '{"qty": "many"}', "a text where an integer is declared"),
    ("6", '{"parts": [{"n": 1}, {"n": "x"}]}', "the same in an element"),
    ("7", '{"parts": {"n": 1}}', "no array"),
    ("8", '{"model": "m', "cut off"),
]
COLUMNS = {
    "id": "bigint",
    "model": {"type": "text", "path": "doc.model"},
    "qty": {"type": "integer", "path": "doc.qty"},
    "note": "text",
}
CHILDREN = {"parts": {"path": "doc.parts", "columns": {"n": "integer"}}}


def csv_of(rows: Sequence[Sequence[str]]) -> bytes:
    """Write rows in RFC 4180."""
    lines = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def written(form: str, records: Sequence[Record]) -> tuple[str, bytes]:
    """Write a file in a form; give the ending of its name, and its bytes."""
    if form == "jsonl":
        lines = (json.dumps(dict(zip(NAMES, record, strict=True))) for record in records)
        return "jsonl", "".join(f"{line}\n" for line in lines).encode()
    if form == "parquet":
        columns = {
            name: pa.array(values) for name, values in zip(NAMES, zip(*records, strict=True), strict=True)
        }
        return "parquet", parquet_of(pa.table(columns))
    rows: list[Sequence[str]] = [NAMES, *records]
    if "Op" in form:
        rows = [("Op", *NAMES), *(("I", *record) for record in records)]
    body = csv_of(rows)
    return "csv", body.decode().encode("utf-16") if "UTF-16" in form else body


FORMS = ["jsonl", "parquet", "csv", "csv with Op", "csv in UTF-16"]
files = st.tuples(st.sampled_from(FORMS), st.lists(st.sampled_from(RECORDS), max_size=5))
hours = st.lists(files, min_size=1, max_size=2)


def story(bench: Bench) -> Mapping[str, Sequence[Any]]:
    """Return all that the warehouse says, but for numbers and times of its own."""
    counts = "records, loaded, quarantined, superseded, filtered, added"
    of_file = "_lake_hour, file.key, _lake_record"
    joined = "JOIN lake_assets.files AS file ON file.id = _lake_file ORDER BY"
    return {
        "main": bench.query(
            f"SELECT {of_file}, main.id, model, qty, note FROM shop.orders AS main {joined} 1, 2, 3, 4"
        ),
        "parts": bench.query(
            f"SELECT {of_file}, part.id, _lake_index, n FROM shop.orders__parts AS part {joined} 1, 2, 3, 5"
        ),
        "files": bench.query(f"SELECT hour, key, {counts} FROM lake_assets.files ORDER BY 1, 2"),
        "hours": bench.query(f"SELECT hour, state, {counts} FROM lake_assets.table_hours ORDER BY 1"),
        "quarantine": bench.query(
            "SELECT hour, key, record, column_name, refused FROM lake_assets.quarantine ORDER BY 1, 2, 3"
        ),
    }


@settings(
    max_examples=examples(4), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lake=st.tuples(hours, hours),
    order=st.lists(st.sampled_from(HOURS), max_size=3),
    load=st.sampled_from(["append", "snapshot"]),
    transform=st.sampled_from([None, "lake_assets_tests.load.frames.transforms:thin"]),
)
def test_any_mixture_is_loaded_alike_in_any_order(
    bench: Bench,
    bench16: Bench,
    lake: Sequence[Sequence[tuple[str, Sequence[Record]]]],
    order: Sequence[datetime],
    load: str,
    transform: str | None,
) -> None:
    """PostgreSQL 18 after loads in any order, and 16 after one of each, hold the same rows and figures."""
    described = {"columns": COLUMNS, "key": ["id"], "children": CHILDREN, "load": load}
    described |= {"transform": transform} if transform else {}
    tables = [each.with_catalog(described) for each in (bench, bench16)]
    for each in tables:
        each.query("DROP SCHEMA IF EXISTS shop CASCADE")
        each.query("DROP SCHEMA IF EXISTS lake_assets CASCADE")
    for hour, number, ending in product(HOURS, range(2), ["csv", "jsonl", "parquet"]):
        bench.bucket.delete(tables[0].key(hour, number).replace("csv", ending))
    for hour, forms in zip(HOURS, lake, strict=True):
        for number, (form, records) in enumerate(forms):
            ending, body = written(form, [GOOD, *records])
            bench.bucket.put(tables[0].key(hour, number).replace("csv", ending), body)

    for hour in [*order, *reversed(HOURS)]:
        assert tables[0].load(hour).error is None
    for hour in HOURS:
        assert tables[1].load(hour).error is None
    stories = [story(each) for each in tables]
    checked = [each.check(hour, deep=True).findings for each in tables for hour in HOURS]

    assert stories[0] == stories[1]
    assert checked == [()] * len(checked)
