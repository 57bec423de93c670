"""What Dagster is told of a table and of each of its table-hours, under the names its UI knows.

Names with `dagster/` are those of Dagster's own metadata sets (docs: "Asset metadata"); loading and checking
happen elsewhere.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg

from lake_assets.catalog.models import Table
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.children import read_children
from lake_assets.load.main_tables import sample_hour
from lake_assets.load.report import LoadReport

SAMPLE_ROWS = 5
WIDEST_CELL = 40  # characters; as wide as the UI's dialog bears
SHORTEST = 1e-6  # seconds; a load of nothing takes some time too

RawMetadata = Mapping[str, Any]


def definition_metadata(table: Table) -> RawMetadata:
    """Say what a table is: its columns, its name in the warehouse, how it is loaded and when it is due."""
    columns = [dg.TableColumn(column.name, column.type) for column in table.columns]
    return {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/table_name": f"{table.schema_name}.{table.name}",
        "load": table.load,
        "expect": table.expect,
        **_child_names(table),
    }


def _child_names(table: Table) -> dict[str, Any]:
    names = [f"{table.schema_name}.{name}" for name, _, _ in table.all_children]
    return {"children": dg.MetadataValue.json(names)} if names else {}


def hour_metadata(
    connection: psycopg.Connection, lake: Lake, table: Table, report: LoadReport
) -> RawMetadata:
    """Say what one load of a table-hour did."""
    seconds = max(report.seconds, SHORTEST)
    files = [lake.url(loaded.file) for loaded in report.files]
    metadata: dict[str, Any] = {
        "dagster/row_count": report.counts.rows,
        "records": report.counts.records,
        "loaded": report.counts.loaded,
        "quarantined": report.counts.quarantined,
        "superseded": report.counts.superseded,
        "bytes": report.bytes,
        "files": dg.MetadataValue.json(files),
        "seconds": round(report.seconds, 3),
        "rows_per_second": round(report.counts.rows / seconds),
        "state": report.state,
        "sample": _sample(connection, table, report.hour),
    }
    if files:
        metadata["dagster/uri"] = files[0].rsplit("/", 1)[0] + "/"
    if report.changes:
        lines = [
            (change.change, change.column_name, change.detail, change.key.rsplit("/", 1)[-1])
            for change in report.changes
        ]
        table_of_changes = markdown_table(["change", "column", "detail", "file"], lines)
        metadata["schema_changes"] = dg.MetadataValue.md(table_of_changes)
    counts = {"filtered": report.counts.filtered, "added": report.counts.added}
    metadata |= {name: count for name, count in counts.items() if count}
    metadata |= _children(connection, table, report.hour)
    if report.note:
        metadata["note"] = report.note
    return metadata


def _children(connection: psycopg.Connection, table: Table, hour: datetime) -> dict[str, Any]:
    """Say how many rows each child table got."""
    if not table.children:
        return {}
    files = read_children(connection, table, hour, hour + ONE_HOUR).get(hour, [])
    rows = {
        f"{table.schema_name}.{name}": sum(file.rows.get(name, 0) for file in files)
        for name, _, _ in table.all_children
    }
    return {"children": dg.MetadataValue.json(rows)}


def _sample(connection: psycopg.Connection, table: Table, hour: datetime) -> dg.MarkdownMetadataValue:
    rows = sample_hour(connection, table, hour, rows=SAMPLE_ROWS, longest=WIDEST_CELL + 1)
    return dg.MetadataValue.md(markdown_table([column.name for column in table.columns], rows))


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Lay rows out as a Markdown table; long cells are shortened, NULL is shown as an empty cell."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    short = text if len(text) <= WIDEST_CELL else text[: WIDEST_CELL - 1] + "…"
    return short.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("\r", " ")
