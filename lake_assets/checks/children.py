"""The check of child tables: the ledger against their rows, and with `--deep` the documents' bytes again.

The parents' own records belong to `checks.row_count`, loading to `load.child_rows`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg

from lake_assets.catalog.models import Child, Table
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.children import ChildFile, read_children
from lake_assets.load.child_rows import child_tables
from lake_assets.load.main_tables import count_hours, list_records
from lake_assets.load.staging.json_mend import mend
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.records import read_records
from lake_assets.states.facts import Fact, Facts
from lake_assets.states.records import LedgerFile

Rows = Mapping[int, int]


def child_differences(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime
) -> dict[datetime, Facts]:
    """Return where the child tables differ from what the ledger has of the hours in [first, end), by hour."""
    if not table.children:
        return {}
    found: dict[datetime, list[Fact]] = {}
    files = read_children(connection, table, first, end)
    for child in child_tables(table):
        counts = count_hours(connection, child, first, end)
        for hour in files.keys() | counts.keys():
            differing = _differing(child.name, files.get(hour, []), counts.get(hour, {}))
            found.setdefault(hour, []).extend(differing)
    return {hour: tuple(facts) for hour, facts in found.items()}


def _differing(child: str, files: Sequence[ChildFile], rows: Rows) -> Iterator[Fact]:
    for file in files:
        due, there = file.rows.get(child), rows.get(file.id, 0)
        if due is None:
            yield Fact.of("child_not_loaded", key=file.key, child=child)
        elif due != there:
            yield Fact.of("child_rows_differ", key=file.key, child=child, in_main=there, loaded=due)
    known_ids = {file.id for file in files}
    for file_id in sorted(rows.keys() - known_ids):
        yield Fact.of("unknown_child_rows", rows=rows[file_id], child=child, file_id=file_id)


def recount_children(
    connection: psycopg.Connection, lake: Lake, table: Table, listed: LakeObject, file: LedgerFile
) -> Iterator[Fact]:
    """Yield what a second count of the elements in a file's documents, by Python's json, says otherwise.

    Args:
        connection: a session of the warehouse.
        lake: the lake.
        table: the parent.
        listed: the object as the lake lists it; it is the one that was loaded.
        file: the file as the ledger has it.
    """
    if not table.children:
        return
    known = read_children(connection, table, file.hour, file.hour + ONE_HOUR)
    loaded = next((each.rows for each in known.get(file.hour, []) if each.id == file.id), {})
    records = list_records(connection, table, file.hour, file.id)
    try:
        counted = _count_file(lake, table, listed, Dialect.from_json(file.dialect), records)
    except RecursionError:
        yield Fact.of("too_deep_to_count", key=file.key)
        return
    for name, elements in counted.items():
        due = loaded.get(name, 0)
        if due != elements:
            yield Fact.of("elements_differ", key=file.key, child=name, recounted=elements, loaded=due)


def _count_file(
    lake: Lake, table: Table, listed: LakeObject, dialect: Dialect, numbers: Sequence[int]
) -> dict[str, int]:
    """Return how many elements the records of a file have for each child table."""
    counted = {name: 0 for name, _, _ in table.all_children}
    places = {name: place for place, name in enumerate(dialect.columns, int(dialect.op))}
    for record in read_records(lake.open(listed), dialect, numbers):
        for child in table.children:
            place = places.get(child.path[0])
            cell = None if place is None else record.cells[place]
            if cell is None:
                continue
            array = _walk(_read(cell, dialect.nul), child.path[1:])
            _count(f"{table.name}__{child.name}", child, [array], counted)
    return counted


def _read(cell: str, nul: str) -> Any:
    """Return a document; what its numbers are does not matter, and Python refuses to read very long ones."""
    return json.loads(mend(cell, nul).text, parse_int=str, parse_float=str)


def _walk(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        value = _step(value, key)
    return value


def _step(value: Any, key: str) -> Any:
    """Return what lies under a key of an object, or at a place of an array; None where nothing does."""
    if isinstance(value, dict):
        return value.get(key)
    if not isinstance(value, list) or not key.removeprefix("-").isdecimal():
        return None
    place = int(key)
    return value[place] if -len(value) <= place < len(value) else None


def _count(name: str, child: Child, arrays: Sequence[Any], counted: dict[str, int]) -> None:
    elements: list[Any] = []
    for array in arrays:
        if isinstance(array, list):
            elements += array
    counted[name] += len(elements)
    for inner in child.children:
        inner_arrays = [_walk(element, inner.path) for element in elements]
        _count(f"{name}__{inner.name}", inner, inner_arrays, counted)
