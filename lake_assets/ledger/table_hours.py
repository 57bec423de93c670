"""Reading and writing `lake_assets.table_hours`: what is known of each table-hour, and who may write it.

Every function works inside the caller's transaction. What state an hour is in belongs to `states.decide`,
when to commit to those who call.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from lake_assets.catalog.models import Table
from lake_assets.postgres import holdable, statement
from lake_assets.states.decide import Verdict
from lake_assets.states.facts import Fact, FactCode, Facts, bounded
from lake_assets.states.records import Counts, LedgerHour
from lake_assets.states.sentences import note_of
from lake_assets.states.state import State

Row = dict[str, Any]

TableHourName = tuple[str, str, datetime]
"""A source, a table's name and an hour."""

LONGEST_NOTE = 10_000
"""Characters; a transform's traceback is longer as a rule, and stands in the evidence whole."""


@dataclass(frozen=True)
class Entry:
    """What is to be written of one table-hour.

    Attributes:
        table: the table.
        hour: the hour (UTC).
        state: its state.
        reason: why, as a code; None for a state that needs none.
        facts: its evidence.
        seen: when the ledger's row was written that all this is about; None for an hour it did not know.
    """

    table: Table
    hour: datetime
    state: State
    reason: FactCode | None = None
    facts: Facts = ()
    seen: datetime | None = None

    @classmethod
    def of(cls, table: Table, verdict: Verdict, known: LedgerHour | None = None) -> "Entry":
        """Return what is to be written of a verdict on an hour that the ledger knew as `known`."""
        return cls(
            table=table,
            hour=verdict.hour,
            state=verdict.state,
            reason=verdict.reason,
            facts=verdict.facts,
            seen=known.updated_at if known else None,
        )

    def is_news(self, known: LedgerHour | None) -> bool:
        """Return whether the ledger has it otherwise."""
        if known is None:
            return True
        return (self.state, bounded(self.facts)) != (known.state, known.facts)


def write(
    connection: psycopg.Connection,
    entries: Sequence[Entry],
    *,
    run_id: str | None = None,
    overwrite: bool = False,
) -> set[TableHourName]:
    """Write table-hours down; their counts are summed from their files.

    Args:
        connection: the session.
        entries: what is to be written, a table-hour once.
        run_id: the run whose work this is; None leaves what is there.
        overwrite: write whatever the ledger has. Else an hour is written only if its row is still the one
            that was seen: whoever has loaded it since has the last word.

    Returns:
        The table-hours that were written.
    """
    if not entries:
        return set()
    values = {
        "sources": [entry.table.source for entry in entries],
        "tables": [entry.table.name for entry in entries],
        "hours": [entry.hour for entry in entries],
        "states": [entry.state for entry in entries],
        "reasons": [entry.reason for entry in entries],
        "evidences": [_evidence(entry.facts) for entry in entries],
        "notes": [_note(entry) for entry in entries],
        "seen": [entry.seen for entry in entries],
        "run_id": run_id,
        "overwrite": overwrite,
    }
    rows = connection.execute(statement(__package__, "write_table_hours"), values)
    return set(rows.fetchall())


def _evidence(facts: Facts) -> Jsonb:
    return Jsonb([_holdable(fact.as_json()) for fact in bounded(facts)])


def _holdable(value: Any) -> Any:
    """Return JSON whose texts `jsonb` can hold, which knows neither NUL nor half a character."""
    if isinstance(value, str):
        return holdable(value)
    if isinstance(value, Mapping):
        return {name: _holdable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_holdable(inner) for inner in value]
    return value


def _note(entry: Entry) -> str | None:
    note = note_of(entry.state, entry.facts)
    return None if note is None else holdable(note)


def hour_of(table: Table, hour: datetime) -> Row:
    """Return a table-hour's name as the ledger's statements want it."""
    return {"source": table.source, "table_name": table.name, "hour": hour}


def range_of(table: Table, first: datetime, end: datetime) -> Row:
    """Return the name of the table-hours of [first, end) as the ledger's statements want it."""
    return {"source": table.source, "table_name": table.name, "first": first, "end": end}


def as_hour(row: Row) -> LedgerHour:
    """Return a row of `lake_assets.table_hours` as a value."""
    counts = Counts(
        records=row["records"],
        loaded=row["loaded"],
        quarantined=row["quarantined"],
        superseded=row["superseded"],
        filtered=row["filtered"],
        added=row["added"],
    )
    return LedgerHour(
        hour=row["hour"],
        state=row["state"],
        files=row["files"],
        counts=counts,
        run_id=row["run_id"],
        updated_at=row["updated_at"],
        facts=tuple(Fact.from_json(kept) for kept in row["evidence"]),
        note=row["note"],
    )


def read_hours(
    connection: psycopg.Connection,
    table: Table,
    first: datetime,
    end: datetime,
    states: Iterable[State] | None = None,
) -> dict[datetime, LedgerHour]:
    """Return the known table-hours of [first, end), oldest first.

    Args:
        connection: the session.
        table: the table.
        first: the first hour (UTC).
        end: the hour to stop before (UTC).
        states: only hours in one of these states; None for all.
    """
    values = range_of(table, first, end) | {"states": None if states is None else sorted(states)}
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(statement(__package__, "read_hours"), values)
        return {row["hour"]: as_hour(row) for row in cursor}


def read_hour(connection: psycopg.Connection, table: Table, hour: datetime) -> LedgerHour | None:
    """Return one table-hour; None where the ledger does not know it."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(statement(__package__, "read_hour"), hour_of(table, hour)).fetchone()
    return None if row is None else as_hour(row)


def list_tables(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Return every table that the ledger has hours of, by source and name."""
    return connection.execute(statement(__package__, "list_tables")).fetchall()
