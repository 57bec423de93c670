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
from lake_assets.ledger.ledger import LedgerFile
from lake_assets.load.child_rows import child_tables
from lake_assets.load.main_tables import count_hours, list_records
from lake_assets.load.staging.json_mend import mend
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.records import read_records

Rows = Mapping[int, int]


def child_findings(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime
) -> dict[datetime, list[str]]:
    """Say where the child tables differ from what the ledger has of the hours in [first, end)."""
    findings: dict[datetime, list[str]] = {}
    if not table.children:
        return findings
    files = read_children(connection, table, first, end)
    for child in child_tables(table):
        counts = count_hours(connection, child, first, end)
        for hour in files.keys() | counts.keys():
            found = _differing(child.name, files.get(hour, []), counts.get(hour, {}))
            findings.setdefault(hour, []).extend(found)
    return findings


def _differing(child: str, files: Sequence[ChildFile], rows: Rows) -> Iterator[str]:
    for file in files:
        due, there = file.rows.get(child), rows.get(file.id, 0)
        if due is None:
            yield f"{file.key}: was loaded before the catalog named {child}; load the hour again"
        elif due != there:
            yield f"{file.key}: {there} rows in {child}, {due} loaded ({there - due:+d})"
    for file_id in sorted(rows.keys() - {file.id for file in files}):
        yield f"{rows[file_id]} rows in {child} of file id {file_id}, which the ledger does not know"


def recount_children(
    connection: psycopg.Connection, lake: Lake, table: Table, listed: LakeObject, file: LedgerFile
) -> Iterator[str]:
    """Count the elements in a file's documents once more, with Python's json, and say what differs.

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
        yield f"{file.key}: a document is nested too deep for Python, so nobody can count its elements again"
        return
    for name, elements in counted.items():
        due = loaded.get(name, 0)
        if due != elements:
            yield (
                f"{file.key}: {elements} elements for {name} by a new count, {due} loaded "
                f"({elements - due:+d})"
            )


def _count_file(
    lake: Lake, table: Table, listed: LakeObject, dialect: Dialect, numbers: Sequence[int]
) -> dict[str, int]:
    counted = {name: 0 for name, _, _ in table.all_children}
    places = {name: place for place, name in enumerate(dialect.columns, int(dialect.op))}
    for record in read_records(lake.open(listed), dialect, numbers):
        for child in table.children:
            place = places.get(child.path[0])
            cell = None if place is None else record.cells[place]
            if cell is not None:
                array = _walk(_read(cell, dialect.nul), child.path[1:])
                _count(f"{table.name}__{child.name}", child, [array], counted)
    return counted


def _read(cell: str, nul: str) -> Any:
    """Read a document; what its numbers are does not matter, and Python refuses to read very long ones."""
    return json.loads(mend(cell, nul).text, parse_int=str, parse_float=str)


def _walk(value: Any, path: Sequence[str]) -> Any:
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.removeprefix("-").isdecimal():
            value = value[int(key)] if -len(value) <= int(key) < len(value) else None
        else:
            return None
    return value


def _count(name: str, child: Child, arrays: Sequence[Any], counted: dict[str, int]) -> None:
    elements = [element for array in arrays if isinstance(array, list) for element in array]
    counted[name] += len(elements)
    for inner in child.children:
        _count(f"{name}__{inner.name}", inner, [_walk(element, inner.path) for element in elements], counted)
