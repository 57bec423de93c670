"""Proves that documents of any shape are opened into columns and child tables that hold all their values."""

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.types.json import set_json_loads

from lake_assets.catalog.models import Child, Column, Table
from lake_assets_tests.discover.conftest import CHANGES, FULL, Unknown
from lake_assets_tests.discover.documents import collections, reach, read, rows_of, says
from lake_assets_tests.discover.drawn_cells import write_csv
from lake_assets_tests.examples import examples
from lake_assets_tests.fix_lake import LakeBucket

NUMBERS = count(1)
ORDER = ("_lake_hour", "_lake_file", "_lake_record")


@settings(
    max_examples=examples(3),
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(collections(), min_size=6, max_size=9))
def test_every_value_of_any_document_is_loaded(
    warehouse_url: str, lake_bucket: LakeBucket, tmp_path: Path, drawn: list[list[str]]
) -> None:
    """Collections of any shape load as described, nothing in quarantine, each value at its path and row."""
    source = f"d{next(NUMBERS)}"
    unknown = Unknown(warehouse_url, lake_bucket, tmp_path / source)
    for number, documents in enumerate(drawn):
        records = [[f"{place:024x}", text] for place, text in enumerate(documents)]
        for file, part in ((FULL, records[::2]), (CHANGES, records[1::2])):
            unknown.put(write_csv([["oid__id", "_doc"], *part]), f"{source}/t{number}/{file}")
    (report,) = unknown.discover(source)
    loads = unknown.load()

    assert not report.left_out
    assert {load.state for load in loads} == {"loaded"}, [(load.error, load.note) for load in loads]
    with psycopg.connect(unknown.url, options="-c timezone=UTC") as connection:
        set_json_loads(lambda text: json.loads(text, parse_float=Decimal, parse_int=Decimal), connection)
        for number, documents in enumerate(drawn):
            hold(connection, unknown.table(f"{source}.t{number}"), documents)


def hold(connection: psycopg.Connection, table: Table, documents: Sequence[str]) -> None:
    """Hold a table and its children against the documents they were made of."""
    roots = [read(text) for text in documents]
    rows = fetch(connection, table.schema_name, table.name, table.columns, ORDER)
    places = [int(row[0], 16) % 2**16 for row in rows]
    assert sorted(places) == list(range(len(roots)))
    for row, place in zip(rows, places, strict=True):
        root, text = roots[place], documents[place]
        for column, value in zip(table.columns, row, strict=True):
            if column.path:
                assert says(reach(root, column.path[1:]), column.type, value), (column, root, value)
            elif column.name == "_doc":
                assert value == (root if column.type == "jsonb" else text)
    for child in table.children:
        elements = [item for place in places for item in rows_of(roots[place], child.path[1:])]
        hold_child(connection, table.schema_name, f"{table.name}__{child.name}", child, elements, 1)


def hold_child(
    connection: psycopg.Connection, schema: str, name: str, child: Child, elements: Sequence[Any], depth: int
) -> None:
    """Hold a child table, and those of its own, against the elements they were made of."""
    places = [*(f"_lake_index_{level}" for level in range(1, depth)), "_lake_index"]
    rows = fetch(connection, schema, name, child.columns, (*ORDER, *places))
    assert len(rows) == len(elements)
    for element, row in zip(elements, rows, strict=True):
        for column, value in zip(child.columns, row, strict=True):
            path = (column.source_name,) if column.path is None else column.path
            assert says(reach(element, path), column.type, value), (column, element, value)
    for inner in child.children:
        below = [item for element in elements for item in rows_of(element, inner.path)]
        hold_child(connection, schema, f"{name}__{inner.name}", inner, below, depth + 1)


def fetch(
    connection: psycopg.Connection, schema: str, name: str, columns: Iterable[Column], order: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Give the rows of a table: jsonb with exact numbers, all else as PostgreSQL's own text."""
    query = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(
        sql.SQL(", ").join(
            sql.SQL("{}" if column.type == "jsonb" else "{}::text").format(sql.Identifier(column.name))
            for column in columns
        ),
        sql.Identifier(schema, name),
        sql.SQL(", ").join(map(sql.Identifier, order)),
    )
    return connection.execute(query).fetchall()
