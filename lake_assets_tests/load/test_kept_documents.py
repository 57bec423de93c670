"""Proves what becomes of JSON that `jsonb` refuses, and of documents that are kept beside their columns."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake_assets_tests.fix_bench import Bench

VALUE = {"type": "double precision", "path": "_doc.v"}
NAME = {"type": "text", "path": "_doc.name"}
ODD = [
    '{ "v" : nan, "name" : "bare" }',
    '{ "v" : 1.5, "name" : "nul \\u0000 here" }',
    '{ "v" : -inf, "name" : "\\u0000" }',
    '{ "v" : 2.5, "name" : "good" }',
]


def keeping(bench: Bench, kept: str, **changes: Any) -> Bench:
    """Return a bench whose table keeps the document as some type."""
    return bench.with_catalog({"columns": {"v": VALUE, "name": NAME, "_doc": kept}, **changes})


@pytest.mark.parametrize("kept", ["jsonb", "json", "text"])
def test_documents_that_jsonb_refuses_are_opened_all_the_same(any_bench: Bench, kept: str) -> None:
    """Bare numbers and NULs cost no record, records keep their numbers, the note counts both."""
    table = keeping(any_bench, kept)
    table.put_records([[document] for document in ODD])

    report = table.load()

    assert report.error is None
    assert [repr(row) for row in table.rows("v, name, _lake_record")] == [
        "(nan, 'bare', 1)",
        "(1.5, 'nul \ufffd here', 2)",
        "(-inf, '\ufffd', 3)",
        "(2.5, 'good', 4)",
    ]
    assert "2 NULs in JSON (`nul: replace`)" in (report.note or "")
    assert "2 bare NaN or Infinity in JSON" in (report.note or "")
    assert table.check(deep=True).passed


def test_a_document_kept_as_text_is_kept_to_the_byte(any_bench: Bench) -> None:
    """Spaces, order and doubles of keys, NULs and bare numbers stay; its columns are opened from it."""
    table = keeping(any_bench, "text")
    documents = [*ODD, '{"v": 1, "v":  2.50, "name": "\\u00e9"}']
    table.put_records([[document] for document in documents])

    table.load()

    assert table.rows("_doc") == [(document,) for document in documents]
    assert table.rows("v, name")[-1] == (2.5, "é")


def test_a_document_kept_as_json_holds_nuls(any_bench: Bench) -> None:
    """`json` keeps the text as it came where PostgreSQL takes it, and mended where it does not."""
    table = keeping(any_bench, "json")
    table.put_records([[document] for document in ODD])

    table.load()

    kept = [text for (text,) in table.rows("_doc::text")]
    assert kept[1] == ODD[1]
    assert kept[3] == ODD[3]
    assert json.loads(kept[0])["v"] == {"$numberDouble": "NaN"}


def test_nul_quarantine_holds_for_documents(any_bench: Bench) -> None:
    """With `nul: quarantine` an escaped NUL costs its record; with `strip` it is left out."""
    strict = keeping(any_bench, "jsonb", files={"nul": "quarantine"})
    strict.put_records([[document] for document in ODD])
    strict.load()
    assert [row[0] for row in strict.quarantine("record, reason")] == [2, 3]

    stripping = keeping(any_bench, "jsonb", files={"nul": "strip"})
    stripping.load()
    assert stripping.rows("name") == [("bare",), ("nul  here",), ("",), ("good",)]


def test_broken_documents_between_good_ones_cost_themselves_alone(any_bench: Bench) -> None:
    """Each is in quarantine with a reason; one that was cut off says so, and at which limit."""
    table = keeping(any_bench, "jsonb")
    good = '{"v": 1}'
    long = '{"name": "' + 40_000 * "x" + '"}'
    broken = {
        long[:32_768]: "32768 bytes (32 KiB exactly), inside a text",
        '{"v": 1, "name": "cut': "the document was cut off: its JSON ends after 21 bytes, inside a text",
        '{"v": [1, 2': "inside an array",
        '{"v": 1,}': "invalid input syntax for type json",
        '{"v": nano}': "invalid input syntax for type json",
        '{"name": "\\ud800"}': "invalid input syntax for type json",
        "": "invalid input syntax for type json",
        '{"v": 1} {"v": 2}': "invalid input syntax for type json",
        '{"v": 1e999999}': "value overflows numeric format",
        '{"v": 5000}': None,
    }
    records = [[cell] for document in broken for cell in (document, good)]
    table.put_records(records)

    report = table.load_twice()

    faulty = [reason for reason in broken.values() if reason]
    assert (report.counts.quarantined, report.counts.loaded) == (len(faulty), len(records) - len(faulty))
    reasons = table.quarantine("reason, raw, column_name")
    for (reason, raw, column), (document, expected) in zip(reasons, broken.items(), strict=False):
        assert expected in reason
        assert raw == b'"' + document.replace('"', '""').encode() + b'"'
        assert column == "_doc"
    assert table.check(deep=True).passed


def test_documents_may_be_very_deep(any_bench: Bench) -> None:
    """Hundreds of levels load; a hundred thousand, which would end COPY, cost their record alone."""
    table = any_bench.with_catalog({"columns": {"id": "bigint", "v": {"type": "jsonb", "path": "_doc.v"}}})
    deep, hostile = ('{"v": ' + depth * "[" + depth * "]" + "}" for depth in (500, 100_000))
    table.put_records([["1", deep], ["2", hostile], ["3", '{"v": [1]}'], ["4", 100_000 * "["]])

    report = table.load_twice()

    assert report.error is None
    assert [row[0] for row in table.rows("id")] == [1, 3]
    assert table.quarantine("record, column_name, reason, left(value, 7)") == [
        (2, "_doc", "stack depth limit exceeded", '{"v": ['),
        (4, "_doc", "stack depth limit exceeded", 7 * "["),
    ]


KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
SCALARS = (
    st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, min_size=1) | st.dictionaries(KEYS, inner, min_size=1)
    ),
    min_size=1,
    max_size=4,
)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Return every place of a document that holds a single value."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for place, inner in enumerate(value) for leaf in leaves(inner, (*path, place))]
    return [(path, value)]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tree=TREES.filter(
        lambda tree: not any(str(key).startswith("$") for path, _ in leaves(tree) for key in path)
    )
)
def test_every_leaf_of_any_document_comes_out_as_it_is(bench: Bench, tree: dict[str, Any]) -> None:
    """Whatever Python's json writes, the path of each leaf gives the value that Python's json reads."""
    found = leaves(tree)[:40]
    types = {bool: "boolean", int: "numeric", float: "double precision", str: "text"}
    columns = {
        f"c{number}": {"type": types[type(value)], "path": ["_doc", *path]}
        for number, (path, value) in enumerate(found)
    }
    table = bench.with_catalog({"columns": columns})
    bench.query("DROP SCHEMA IF EXISTS shop CASCADE")
    table.put_records([[json.dumps(tree)]])

    report = table.load()

    assert report.error is None
    assert report.counts.quarantined == 0, table.quarantine("column_name, value, reason")
    (row,) = table.rows(", ".join(columns))
    assert [value if not isinstance(value, float) else repr(value + 0) for value in row] == [
        value if not isinstance(value, float) else repr(value + 0) for _, value in found
    ]


def test_a_mended_document_that_is_refused_all_the_same_costs_its_record_alone(any_bench: Bench) -> None:
    """JSON with a bare NaN that is nested too deep besides is quarantined; what else was mended is loaded."""
    table = any_bench.with_table({"id": "bigint", "doc": "jsonb"})
    depth = 200_000
    table.put_records([["1", "[nan]"], ["2", f"[nan, {depth * '['}{depth * ']'}]"], ["3", '["\\u0000"]']])

    report = table.load_twice()

    assert report.error is None
    assert table.state() == ("quarantined", 3, 2, 1)
    assert table.rows("id") == [(1,), (3,)]
    assert table.quarantine("record, column_name, sqlstate") == [(2, "doc", "54001")]


def test_only_documents_are_called_cut_off(any_bench: Bench) -> None:
    """A value that merely looks like the beginning of a document has the server's reason."""
    table = any_bench.with_table({"id": "bigint", "doc": "jsonb"})
    table.put_records([["1", "{}"], ['{"a": ', "{}"]])
    table.load()

    assert table.quarantine("column_name, reason") == [
        ("id", 'invalid input syntax for type bigint: "{"a": "')
    ]
