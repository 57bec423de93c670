"""What Dagster is told of a table and of each of its table-hours, under the names its UI knows.

Names with `dagster/` are those of Dagster's own metadata sets (docs: "Asset metadata"); loading and checking
happen elsewhere. What comes from the lake is told as text or as a table, which the UI shows as they are. In
Markdown a cell could be an image, and the image a request to Dagster.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg

from lake_assets.catalog.models import Table
from lake_assets.escapes import escape_unprintable
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.children import read_children
from lake_assets.ledger.schema_changes import SchemaChange
from lake_assets.load.main_tables import sample_hour
from lake_assets.load.report import LoadReport

SAMPLE_ROWS = 5
WIDEST_CELL = 40  # characters; as wide as the UI's dialog bears
SHORTEST = 1e-6  # seconds; a load of nothing takes some time too

RawMetadata = Mapping[str, Any]


def definition_metadata(table: Table) -> RawMetadata:
    """Return what a table is: its columns, its name in the warehouse, how it is loaded and when it is due."""
    columns = [dg.TableColumn(column.name, column.type) for column in table.columns]
    metadata: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/table_name": f"{table.schema_name}.{table.name}",
        "load": table.load,
        "expect": table.expect,
    }
    if table.children:
        names = [f"{table.schema_name}.{name}" for name, _, _ in table.all_children]
        metadata["children"] = dg.MetadataValue.json(names)
    return metadata


def hour_metadata(
    connection: psycopg.Connection, lake: Lake, table: Table, report: LoadReport
) -> RawMetadata:
    """Return what one load of a table-hour did."""
    files = [escape_unprintable(lake.url(loaded.file)) for loaded in report.files]
    metadata: dict[str, Any] = {
        "dagster/row_count": report.counts.rows,
        "records": report.counts.records,
        "loaded": report.counts.loaded,
        "quarantined": report.counts.quarantined,
        "superseded": report.counts.superseded,
        "bytes": report.bytes,
        "files": dg.MetadataValue.json(files),
        "seconds": round(report.seconds, 3),
        "rows_per_second": round(report.counts.rows / max(report.seconds, SHORTEST)),
        "state": report.state,
        "sample": _sample(connection, table, report.hour),
    }
    if files:
        metadata["dagster/uri"] = files[0].rsplit("/", 1)[0] + "/"
    if report.changes:
        metadata["schema_changes"] = _schema_changes(report.changes)
    if report.counts.filtered:
        metadata["filtered"] = report.counts.filtered
    if report.counts.added:
        metadata["added"] = report.counts.added
    if table.children:
        metadata["children"] = _children(connection, table, report.hour)
    if report.note:
        metadata["note"] = escape_unprintable(report.note)
    return metadata


def _schema_changes(changes: Sequence[SchemaChange]) -> dg.TableMetadataValue:
    """Return what the files have otherwise than those before them, as a table."""
    header = ["change", "column", "detail", "file"]
    rows = [
        (change.change, change.column_name, change.detail, change.key.rsplit("/", 1)[-1])
        for change in changes
    ]
    return table_metadata(header, rows)


def _children(connection: psycopg.Connection, table: Table, hour: datetime) -> dg.JsonMetadataValue:
    """Return how many rows each child table got."""
    files = read_children(connection, table, hour, hour + ONE_HOUR).get(hour, [])
    rows = {}
    for name, _, _ in table.all_children:
        rows[f"{table.schema_name}.{name}"] = sum(file.rows.get(name, 0) for file in files)
    return dg.MetadataValue.json(rows)


def _sample(connection: psycopg.Connection, table: Table, hour: datetime) -> dg.TableMetadataValue:
    rows = sample_hour(connection, table, hour, rows=SAMPLE_ROWS, longest=WIDEST_CELL + 1)
    return table_metadata([column.name for column in table.columns], rows, widest=WIDEST_CELL)


def table_metadata(
    header: Sequence[str], rows: Sequence[Sequence[str | None]], *, widest: int | None = None
) -> dg.TableMetadataValue:
    """Return rows as a table, which the UI shows as texts: nothing in a cell is markup.

    Args:
        header: the names of the columns.
        rows: their cells; None, as NULL, is shown as an empty cell.
        widest: how many characters of a cell are shown at most; all if None.
    """
    names = [escape_unprintable(name) for name in header]
    records = []
    for row in rows:
        cells = [_cell(value, widest) for value in row]
        records.append(dg.TableRecord(dict(zip(names, cells, strict=True))))
    schema = dg.TableSchema(columns=[dg.TableColumn(name) for name in names])
    return dg.MetadataValue.table(records=records, schema=schema)


def _cell(value: str | None, widest: int | None) -> str | None:
    if value is None:
        return None
    if widest is not None and len(value) > widest:
        value = value[: widest - 1] + "…"
    return escape_unprintable(value)
