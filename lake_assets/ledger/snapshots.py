"""What the ledger says of snapshots that a newer one has superseded, or that are the table again.

Which snapshot is the table is decided where hours are loaded (`load.modes`).
"""

from datetime import datetime

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.ledger.files import supersede_files
from lake_assets.ledger.table_hours import Entry, read_hours, write
from lake_assets.states.facts import Fact
from lake_assets.states.records import LedgerHour
from lake_assets.states.state import WITH_ROWS


def supersede_older(connection: psycopg.Connection, table: Table, hour: datetime) -> None:
    """Count what snapshots older than `hour` had loaded as superseded. Why an hour is in need stays."""
    superseded = supersede_files(connection, table, hour)
    if not superseded:
        return
    known = read_hours(connection, table, superseded[0], superseded[-1] + ONE_HOUR)
    fact = Fact.of("superseded_by", hour=format_hour(hour))
    entries = [_superseded(table, known[older], fact) for older in superseded if older in known]
    write(connection, entries, overwrite=True)


def _superseded(table: Table, known: LedgerHour, fact: Fact) -> Entry:
    if known.state in WITH_ROWS:
        return Entry(table=table, hour=known.hour, state=known.state, facts=(fact,))
    reason = known.facts[0].code if known.facts else None
    return Entry(table=table, hour=known.hour, state=known.state, reason=reason, facts=known.facts)


def ask_for_it_back(connection: psycopg.Connection, table: Table, hour: datetime, gone: datetime) -> None:
    """Say that the snapshot of `hour` must be loaded again: that of `gone`, which stood for it, is gone."""
    fact = Fact.of("snapshot_gone", hour=format_hour(gone))
    entry = Entry(table=table, hour=hour, state="stale", reason=fact.code, facts=(fact,))
    write(connection, [entry], overwrite=True)
