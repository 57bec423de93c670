"""The lake judged as a whole: folders without a source, DMS's own counts, then source after source.

How one source is judged belongs to `source`; who is told, and when this runs, to `orchestration.monitor_job`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import psycopg

from lake_assets.catalog.models import Catalog, Source
from lake_assets.exceptions import LakeAssetsError
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.heartbeats import beat, last_beat
from lake_assets.monitor.dms_api import DmsReport
from lake_assets.monitor.findings import Finding, Kind, settle_findings
from lake_assets.monitor.source import HEARTBEAT, Judgement, judge_source
from lake_assets.monitor.testimony import note_counts

NoteAlerts = Callable[[psycopg.Connection, datetime], None]
"""Writes down the alerts that are due at a moment."""

UNKNOWN_SOURCE: Kind = "unknown_source"


@dataclass(frozen=True)
class NotJudged:
    """A source that could not be judged, and why."""

    source: Source
    error: LakeAssetsError


def leave_alerts(connection: psycopg.Connection, now: datetime) -> None:
    """Leave alerts to others."""


def judge_sources(
    connection: psycopg.Connection,
    lake: Lake,
    catalog: Catalog,
    sources: Sequence[Source],
    now: datetime,
    dms: DmsReport | None,
    note: NoteAlerts = leave_alerts,
) -> Iterator[Judgement | NotJudged]:
    """Judge sources one after the other; one that cannot be judged is in no other's way.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        lake: the lake.
        catalog: all tables.
        sources: those to judge.
        now: the present moment.
        dms: what DMS's API says; None where it is not asked.
        note: writes down the alerts that are due.

    Raises:
        LakeAssetsError: the lake cannot be listed at all.
    """
    folders = lake.list_folders()
    _settle_unknown_sources(connection, catalog, folders, now)
    if dms:
        note_counts(connection, dms, now)
    for source in sources:
        tables_seen = folders.get(source.folder, ())
        try:
            yield judge_source(
                connection,
                lake,
                source,
                now,
                folders=tables_seen,
                dms=dms,
                tell=partial(note, connection, now),
            )
        except LakeAssetsError as error:
            yield NotJudged(source=source, error=error)
    _beat_for_all(connection, catalog)


def _settle_unknown_sources(
    connection: psycopg.Connection, catalog: Catalog, folders: Mapping[str, Sequence[str]], now: datetime
) -> None:
    """Find folders of the lake that hold tables, and are no source of the catalog."""
    known = {source.folder for source in catalog.sources}
    unknown = {folder: tables for folder, tables in folders.items() if tables and folder not in known}
    findings = [_unknown_source(folder, len(tables)) for folder, tables in unknown.items()]
    settle_findings(connection, "", findings, (UNKNOWN_SOURCE,), now)


def _unknown_source(folder: str, tables: int) -> Finding:
    return Finding(kind=UNKNOWN_SOURCE, details={"folder": folder, "tables": tables}, subject=folder)


def _beat_for_all(connection: psycopg.Connection, catalog: Catalog) -> None:
    """Keep the oldest heartbeat of all sources as that of the whole, once each has one."""
    beats = [last_beat(connection, f"{HEARTBEAT}:{source.name}") for source in catalog.sources]
    known = [moment for moment in beats if moment is not None]
    if known and len(known) == len(beats):
        beat(connection, HEARTBEAT, min(known))
