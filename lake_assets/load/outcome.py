"""What becomes of a table-hour once its load has come to an end: the verdict, written down and reported.

What a load finds is gathered in `hour`; what follows from it is decided in `states.decide`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import LakeObject
from lake_assets.ledger.files import read_files
from lake_assets.ledger.schema_changes import SchemaChange, read_schema_changes
from lake_assets.ledger.table_hours import Entry, read_hour, write
from lake_assets.load.report import LoadedFile, LoadReport
from lake_assets.states.decide import Verdict, decide
from lake_assets.states.evidence import Evidence, LoadResult
from lake_assets.states.facts import Fact, Facts

MOST_CHANGES_NAMED = 10  # of a file's columns; the view has them all


def write_outcome(
    connection: psycopg.Connection,
    table: Table,
    hour: datetime,
    run_id: str,
    *,
    objects: Sequence[LakeObject],
    day_has_files: bool,
    files: Sequence[LoadedFile],
    gone: Sequence[tuple[str, int]],
    met: Sequence[Fact],
) -> LoadReport:
    """Write down what a load made of a table-hour, in the transaction that replaced it; return the report.

    Args:
        connection: the session of the load.
        table: the table.
        hour: the hour (UTC).
        run_id: the run whose work it is.
        objects: the hour's files, as they were listed.
        day_has_files: the lake has files for this hour's UTC day.
        files: the files that were loaded.
        gone: key and records of files that were loaded before and are not among the objects.
        met: what the load met and went on with.
    """
    changes = read_schema_changes(connection, table, hour) if files else ()
    result = LoadResult(met=(*met, *_schema_changed(changes)), removed=_removed(gone))
    evidence = Evidence(
        table=table,
        hour=hour,
        known=read_hour(connection, table, hour),
        files=read_files(connection, table, hour, hour + ONE_HOUR).get(hour, ()),
        listed=objects,
        day_has_files=day_has_files,
        load=result,
    )
    verdict = decide(evidence, datetime.now(UTC))
    _write(connection, table, verdict, run_id)
    return LoadReport(verdict=verdict, files=tuple(files), changes=changes)


def write_failure(
    connection: psycopg.Connection, table: Table, hour: datetime, run_id: str, failure: Fact
) -> LoadReport:
    """Write down that a load changed nothing, and why; return the report.

    Args:
        connection: a session of the warehouse.
        table: the table.
        hour: the hour (UTC).
        run_id: the run whose work it was.
        failure: why.
    """
    evidence = Evidence(
        table=table,
        hour=hour,
        files=read_files(connection, table, hour, hour + ONE_HOUR).get(hour, ()),
        load=LoadResult(failure=failure),
    )
    verdict = decide(evidence, datetime.now(UTC))
    _write(connection, table, verdict, run_id)
    return LoadReport(verdict=verdict)


def _write(connection: psycopg.Connection, table: Table, verdict: Verdict, run_id: str) -> None:
    write(connection, [Entry.of(table, verdict)], run_id=run_id, overwrite=True)


def _removed(gone: Sequence[tuple[str, int]]) -> Facts:
    """Return the files whose records went with them; one that held none is missed by nobody."""
    if not any(records for _, records in gone):
        return ()
    return tuple(Fact.of("file_removed", key=key, records=records) for key, records in gone)


def _schema_changed(changes: Sequence[SchemaChange]) -> Facts:
    if not changes:
        return ()
    named = [(change.change, change.column_name, change.detail) for change in changes[:MOST_CHANGES_NAMED]]
    return (Fact.of("schema_changed", changes=named, more=len(changes) - len(named)),)
