"""The lake judged as a whole: folders without a source, DMS's own counts, then source after source.

How one source is judged belongs to `source`; who is told, and when this runs, to `orchestration.monitor_job`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import psycopg

from lake_assets.catalog.models import Catalog, Source
from lake_assets.exceptions import LakeAssetsError
from lake_assets.lake.levels import find_wrong_levels
from lake_assets.lake.loose_objects import LakeLook, find_loose, look_around
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.heartbeats import beat, last_beat
from lake_assets.monitor.dms_api import DmsReport
from lake_assets.monitor.findings import Kind, settle_findings
from lake_assets.monitor.folder_rules import (
    level_findings,
    loose_findings,
    unknown_sources,
)
from lake_assets.monitor.source import HEARTBEAT, Judgement, judge_source
from lake_assets.monitor.testimony import note_counts

NoteAlerts = Callable[[psycopg.Connection, datetime], None]
"""Writes down the alerts that are due at a moment."""

OF_WHOLE_LAKE: tuple[Kind, ...] = ("unknown_source", "loose_objects", "mixed_changes", "wrong_level")
"""The kinds that are about no one source of the catalog."""


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
    *,
    is_watched: bool = True,
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
        is_watched: the judge is missed from now on, if it does not look again; else only if it was before.

    Raises:
        LakeAssetsError: the lake cannot be listed at all; or, once all is judged, what lies beside its tables
            cannot be.
    """
    look = look_around(lake)
    incomplete: LakeAssetsError | None = None
    mixed: frozenset[str] = frozenset()
    try:
        mixed = _settle_whole_lake(connection, lake, look, catalog, now)
    except LakeAssetsError as error:
        # No source waits for what lies beside them all; the same fault is told once.
        incomplete = error
    if dms:
        note_counts(connection, dms, now)
    is_told = False
    for source in sources:
        if source.folder in look.failed:
            is_told = True
            yield NotJudged(source=source, error=look.failed[source.folder])
            continue
        seen = look.tables.get(source.folder, ())
        tables_seen = [folder for folder in seen if f"{source.folder}/{folder}" not in mixed]
        try:
            yield judge_source(
                connection,
                lake,
                source,
                now,
                folders=tables_seen,
                dms=dms,
                tell=partial(note, connection, now),
                is_watched=is_watched,
            )
        except LakeAssetsError as error:
            is_told = True
            yield NotJudged(source=source, error=error)
    _beat_for_all(connection, catalog)
    if incomplete is not None and not is_told:
        raise incomplete


def _settle_whole_lake(
    connection: psycopg.Connection, lake: Lake, look: LakeLook, catalog: Catalog, now: datetime
) -> frozenset[str]:
    """Settle what is found of the lake beside its sources; return the folders of mixed changes."""
    known = catalog.first_folders
    wrong = find_wrong_levels(lake, look, catalog.deep_folders)
    tables = {each.place for each in wrong if each.way == "low"}
    loose = [each for each in find_loose(lake, look, known) if each.place not in tables]
    mixed = frozenset(each.place for each in loose if each.kind == "mixed")
    findings = [
        *unknown_sources(look.tables, known, mixed),
        *loose_findings(lake, loose),
        *level_findings(wrong),
    ]
    # Where a folder could not be listed, what is known of the lake stays open.
    looked_for = () if look.failed else OF_WHOLE_LAKE
    settle_findings(connection, "", findings, looked_for, now)
    return mixed


def _beat_for_all(connection: psycopg.Connection, catalog: Catalog) -> None:
    """Keep the oldest heartbeat of all sources as that of the whole, once each has one."""
    beats = [last_beat(connection, f"{HEARTBEAT}:{source.name}") for source in catalog.sources]
    known = [moment for moment in beats if moment is not None]
    if known and len(known) == len(beats):
        beat(connection, HEARTBEAT, min(known))
