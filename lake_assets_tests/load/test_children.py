"""Proves child tables: elements of arrays become rows, replaced and counted with their parents."""

import json
from dataclasses import replace
from typing import Any

import pytest

from lake_assets.exceptions import WarehouseError
from lake_assets.hours import ONE_HOUR
from lake_assets_tests.fix_bench import HOUR, Bench

DEVICES: dict[str, Any] = {
    "key": ["id"],
    "columns": {"id": {"type": "text", "from": "oid__id"}, "model": {"type": "text", "path": "_doc.model"}},
    "children": {
        "parts": {
            "path": "_doc.parts",
            "columns": {
                "sku": "text",
                "qty": "integer",
                "maker": {"type": "text", "path": "maker.name"},
                "part_id": {"type": "text", "from": "id"},
            },
            "children": {
                "tests": {
                    "path": "log.tests",
                    "columns": {"at": "timestamptz", "ok": "boolean"},
                    "children": {
                        "notes": {"path": "notes", "columns": {"note": {"type": "text", "path": []}}}
                    },
                }
            },
        },
        "tags": {"path": ["_doc", "tags"], "columns": {"tag": {"type": "text", "path": []}}},
    },
}
ONE = {
    "model": "M1",
    "tags": ["a", {"$symbol": "b"}, None],
    "parts": [
        {
            "sku": "s1",
            "qty": 2,
            "maker": {"name": "m"},
            "id": "p1",
            "log": {
                "tests": [{"at": {"$date": 0}, "ok": True, "notes": ["x", "y"]}, {"ok": False, "notes": None}]
            },
        },
        {"sku": "s2", "qty": {"$numberInt": "3"}, "log": {"tests": []}},
    ],
}
TWO: dict[str, Any] = {"model": "M2", "parts": None, "tags": []}
THREE = {"parts": [{"sku": "s3", "log": {"tests": [{"notes": ["z"]}]}}], "tags": ["c"]}


def records(*documents: Any) -> list[list[str]]:
    """Return records of a collection, named 1, 2 and so on."""
    return [[str(number), json.dumps(document)] for number, document in enumerate(documents, 1)]


def children(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every child table, without the lake's own columns."""
    tables = {
        "parts": "id, _lake_index, sku, qty, maker, part_id",
        "parts__tests": "id, _lake_index_1, _lake_index, extract(epoch FROM at)::int, ok",
        "parts__tests__notes": "id, _lake_index_1, _lake_index_2, _lake_index, note",
        "tags": "id, _lake_index, tag",
    }
    return {
        name: bench.query(
            f"SELECT {columns} FROM shop.orders__{name} "
            f"ORDER BY _lake_hour, _lake_file, _lake_record, {columns}"
        )
        for name, columns in tables.items()
    }


def test_elements_become_rows_at_any_depth(any_bench: Bench) -> None:
    """Each element is a row with the parent's key, the index of each level from 0, and its own columns."""
    table = any_bench.with_catalog(DEVICES)
    table.put_records(records(ONE, TWO, THREE))

    report = table.load_twice()

    assert report.state == "loaded"
    assert children(table) == {
        "parts": [
            ("1", 0, "s1", 2, "m", "p1"),
            ("1", 1, "s2", 3, None, None),
            ("3", 0, "s3", None, None, None),
        ],
        "parts__tests": [("1", 0, 0, 0, True), ("1", 0, 1, None, False), ("3", 0, 0, None, None)],
        "parts__tests__notes": [("1", 0, 0, 0, "x"), ("1", 0, 0, 1, "y"), ("3", 0, 0, 0, "z")],
        "tags": [("1", 0, "a"), ("1", 1, "b"), ("1", 2, None), ("3", 0, "c")],
    }
    assert table.check(deep=True).passed


def test_children_are_replaced_with_their_parents(any_bench: Bench) -> None:
    """A table-hour that is loaded again takes its children along; those of other hours stay."""
    table = any_bench.with_catalog(DEVICES)
    table.put_records(records(ONE, TWO))
    table.put_records(records(THREE), HOUR + ONE_HOUR)
    table.load()
    table.load(HOUR + ONE_HOUR)
    table.put_records(records({"tags": ["new"]}))

    table.load_twice()

    assert children(table)["tags"] == [("1", 0, "new"), ("1", 0, "c")]
    assert [row[2] for row in children(table)["parts"]] == ["s3"]
    table.bucket.delete(table.key())
    table.load()
    assert children(table)["tags"] == [("1", 0, "new"), ("1", 0, "c")]
    table.load(followed_by="me")
    assert children(table)["tags"] == [("1", 0, "c")]
    assert table.check(HOUR + ONE_HOUR, deep=True).passed


def test_superseded_snapshots_take_their_children_along(bench: Bench) -> None:
    """Of a snapshot table only the newest hour has children, in whichever order hours are loaded."""
    table = bench.with_catalog(DEVICES | {"load": "snapshot"})
    table.put_records(records(ONE, {"parts": [{"qty": "many"}]}))
    table.put_records(records(THREE), HOUR + ONE_HOUR)
    ledgers = []
    for order in ([HOUR, HOUR + ONE_HOUR, HOUR], [HOUR + ONE_HOUR, HOUR]):
        for hour in order:
            assert table.load(hour).error is None

        assert children(table)["tags"] == [("1", 0, "c")]
        assert all(table.check(hour, deep=True).passed for hour in order)
        counts = "records, loaded, quarantined, superseded"
        ledgers.append(table.query(f"SELECT {counts} FROM lake_assets.files ORDER BY hour"))
        ledgers.append(
            table.query("SELECT child, sum(rows) FROM lake_assets.child_files GROUP BY child ORDER BY child")
        )
        table.query("DROP SCHEMA shop, lake_assets CASCADE")
    assert ledgers[:2] == ledgers[2:]
    assert ledgers[0] == [(2, 0, 1, 1), (1, 1, 0, 0)]


# document, the column and the beginning of the reason it is refused for
MISFITS: list[tuple[Any, str, str]] = [
    ({"parts": {"sku": "s"}}, "parts", "_doc.parts is an object, where an array is declared"),
    ({"parts": ["text"]}, "sku", "_doc.parts.0.sku lies below a value that is no object"),
    (
        {"parts": [{}, {"qty": "x"}]},
        "qty",
        'invalid input syntax for type integer: "x", at _doc.parts.1.qty',
    ),
    (
        {"parts": [{"log": {"tests": 5}}]},
        "tests",
        "_doc.parts.0.log.tests is a number, where an array is declared",
    ),
    (
        {"parts": [{}, {"log": {"tests": [{}, {"ok": [1]}]}}]},
        "ok",
        "_doc.parts.1.log.tests.1.ok is an array, where boolean is declared",
    ),
    ({"tags": ["a", {"b": 1}]}, "tag", "_doc.tags.1 is an object, where text is declared"),
]


def test_an_element_that_does_not_fit_costs_its_parent(any_bench: Bench) -> None:
    """The record goes to quarantine whole, with the place of the element, and gives no row anywhere."""
    table = any_bench.with_catalog(DEVICES)
    table.put_records(records(TWO, *(document for document, _, _ in MISFITS), THREE))

    table.load_twice()

    assert table.rows("_lake_record") == [(1,), (len(MISFITS) + 2,)]
    assert [row[1:] for row in children(table)["tags"]] == [(0, "c")]
    found = table.quarantine("record, column_name, reason")
    for number, (row, (_, column, reason)) in enumerate(zip(found, MISFITS, strict=True), 2):
        assert row[:2] == (number, column)
        assert row[2].startswith(reason)
    assert table.check(deep=True).passed


def test_a_json_column_of_its_own_may_be_the_array(any_bench: Bench) -> None:
    """Table mode: `a.b.c`, `oid_…` and `array_…` columns load with `from:` and `path:`, with a header too."""
    table = any_bench.with_catalog(
        {
            "key": ["id"],
            "columns": {
                "id": {"type": "text", "from": "oid__id"},
                "wins": {"type": "integer", "from": "awards.wins"},
                "first": {"type": "text", "path": ["array_cast", "0", "name"]},
            },
            "children": {"cast": {"path": ["array_cast"], "columns": {"name": "text"}}},
        }
    )
    cast = '[ { "name" : "A" }, { "name" : "B" } ]'
    table.put_records(
        [["oid__id", "awards.wins", "array_cast"], ["56e1fc72e0c917e9c4714161", "3", cast], ["x", None, None]]
    )

    table.load_twice()

    assert table.rows("id, wins, first") == [("56e1fc72e0c917e9c4714161", 3, "A"), ("x", None, None)]
    assert [row[:3] for row in table.query("SELECT id, _lake_index, name FROM shop.orders__cast")] == [
        ("56e1fc72e0c917e9c4714161", 0, "A"),
        ("56e1fc72e0c917e9c4714161", 1, "B"),
    ]
    assert table.check(deep=True).passed


def test_the_check_counts_children(bench: Bench) -> None:
    """A row that is gone from a child table, or one too many, is a mismatch that names table and file."""
    table = bench.with_catalog(DEVICES)
    key = table.put_records(records(ONE))
    table.load()

    table.query("DELETE FROM shop.orders__tags WHERE tag = 'a'")
    table.query("INSERT INTO shop.orders__parts SELECT * FROM shop.orders__parts LIMIT 1")

    checked = table.check()
    assert checked.state == "mismatch"
    assert f"{key}: 2 rows in orders__tags, 3 loaded (-1)" in checked.findings
    assert f"{key}: 3 rows in orders__parts, 2 loaded (+1)" in checked.findings


def test_a_deep_check_counts_the_documents_again(bench: Bench) -> None:
    """Where ledger and child table agree on a wrong number, the documents' own bytes tell."""
    table = bench.with_catalog(DEVICES)
    table.put_records(records(ONE))
    table.load()
    table.query("DELETE FROM shop.orders__tags WHERE tag = 'a'")
    table.query("UPDATE lake_assets.child_files SET rows = 2 WHERE child = 'orders__tags'")

    assert table.check().passed
    assert "3 elements for orders__tags by a new count, 2 loaded (+1)" in table.check(deep=True).findings[0]


def test_a_child_that_is_new_in_the_catalog_asks_for_a_load(bench: Bench) -> None:
    """Hours loaded before a child was named are told apart, until they are loaded again."""
    before = bench.with_catalog({**DEVICES, "children": {}})
    before.put_records(records(ONE))
    before.load()
    table = bench.with_catalog(DEVICES)

    assert "was loaded before the catalog named orders__parts" in (table.check().why or "")

    table.load()
    assert table.check(deep=True).passed


def test_a_record_a_child_table_refuses_is_quarantined(any_bench: Bench) -> None:
    """An element that its table itself does not take costs its record, and no other one."""
    table = any_bench.with_catalog(DEVICES)
    table.put_records(records(ONE, TWO, THREE))
    table.load()
    table.query("ALTER TABLE shop.orders__parts ADD CONSTRAINT no_three CHECK (qty <> 3) NOT VALID")

    report = table.load_twice()

    assert report.error is None
    assert table.state() == ("quarantined", 3, 2, 1)
    assert table.quarantine("record, sqlstate") == [(1, "23514")]
    assert {name: len(rows) for name, rows in children(table).items()} == {
        "parts": 1,
        "parts__tests": 1,
        "parts__tests__notes": 1,
        "tags": 1,
    }
    assert table.check(deep=True).passed


def test_elements_that_a_child_table_drops_without_a_word_are_found_out(bench: Bench) -> None:
    """A trigger that somebody gave a child table leaves rows out: the counts differ, nothing is changed."""
    table = bench.with_catalog(DEVICES)
    table.put_records(records(ONE))
    table.load()
    before = children(table)
    table.query("CREATE FUNCTION shop.no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    table.query("CREATE TRIGGER t BEFORE INSERT ON shop.orders__tags FOR EACH ROW EXECUTE FUNCTION shop.no()")

    report = table.load()

    assert report.state == "mismatch"
    assert "0 rows reached it, and the arrays have 3 elements" in (report.error or "")
    assert children(table) == before


def test_children_of_other_tables_stand_apart(bench: Bench) -> None:
    """What the ledger knows of one table's elements is neither superseded nor counted with another's."""
    table = bench.with_catalog({**DEVICES, "load": "snapshot"})
    other = replace(table, table=table.table.model_copy(update={"name": "returns"}))
    for each in (table, other):
        each.put_records(records(ONE))
        each.load()
    table.put_records(records(THREE), HOUR + ONE_HOUR)

    table.load(HOUR + ONE_HOUR)

    assert (other.check().findings, other.check().passed) == ((), True)
    assert table.check(HOUR + ONE_HOUR).passed


def test_keys_of_documents_may_have_any_name(any_bench: Bench) -> None:
    """Keys full of quotes, backslashes, places and digits are names and never code."""
    odd = """a'b"c\\d %s {x} %(y)s; --"""
    table = any_bench.with_catalog(
        {
            "key": ["id"],
            "columns": {"id": "bigint", "v": {"type": "text", "path": ["doc", odd, "7"]}},
            "children": {
                "parts": {"path": ["doc", odd + odd], "columns": {"n": {"type": "integer", "path": [odd]}}}
            },
        }
    )
    document = {odd: {"7": "seven"}, odd + odd: [{odd: 1}, {odd: "x"}]}
    good = document | {odd + odd: [{odd: 1}]}
    table.put_records([["id", "doc"], ["1", json.dumps(good)], ["2", json.dumps(document)]])

    report = table.load_twice()

    assert report.error is None
    assert table.rows("id, v") == [(1, "seven")]
    assert table.query("SELECT id, n FROM shop.orders__parts") == [(1, 1)]
    assert table.quarantine("record, column_name, value") == [(2, "n", "x")]
    assert table.check(deep=True).passed


def test_a_child_of_another_type_is_told_and_made_anew(bench: Bench) -> None:
    """A type that changes in the catalog is refused until the child table is dropped and loaded again."""
    old = bench.with_catalog({"columns": {"id": "bigint"}, "children": {"parts": parts_of("integer")}})
    old.put_records([["1", '[{"qty": 1}, {"qty": 2}]']])
    old.load()
    table = bench.with_catalog({"columns": {"id": "bigint"}, "children": {"parts": parts_of("text")}})

    with pytest.raises(WarehouseError, match=r"shop.orders__parts: qty is integer in the warehouse and text"):
        table.load()
    assert bench.query("SELECT qty FROM shop.orders__parts") == [(1,), (2,)]

    table.query("DROP TABLE shop.orders__parts")
    assert "0 rows in orders__parts, 2 loaded (-2)" in (table.check().why or "")
    table.load_twice()
    assert table.query("SELECT qty FROM shop.orders__parts") == [("1",), ("2",)]
    assert table.check(deep=True).passed


def parts_of(declared: str) -> dict[str, Any]:
    """Return a child of the file's column `parts`."""
    return {"path": ["parts"], "columns": {"qty": declared}}


def test_a_deep_check_reads_what_python_would_rather_not(bench: Bench) -> None:
    """Numbers of any length are read; of a nesting that Python cannot read the check says so."""
    table = bench.with_catalog({"columns": {"id": "bigint"}, "children": {"parts": parts_of("text")}})
    table.put_records([["1", f'[{{"qty": {"9" * 5000}}}]']])
    table.load()

    assert table.check(deep=True).passed

    key = table.put_records([["1", f'[{{"qty": "x", "deep": {"[" * 5000}{"]" * 5000}}}]']])
    table.load()
    assert table.check().passed
    said = f"{key}: a document is nested too deep for Python, so nobody can count its elements again"
    assert table.check(deep=True).findings == (said,)
    assert table.check().passed
