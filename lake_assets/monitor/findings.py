"""Findings: what is odd and is no state of a table-hour. They open when seen and close when seen no more.

`lake_assets.findings` holds them. Who is told of them belongs to the alerts.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg
from psycopg.rows import class_row

from lake_assets.catalog.models import Source, Table
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.lake.objects import Listing
from lake_assets.monitor.dms_api import DmsReport, dialect_faults
from lake_assets.monitor.evidence import Witnesses, describe_suspension
from lake_assets.postgres import statement

Kind = Literal[
    "unknown_source", "unknown_table", "no_folder", "silent_source", "suspended_table", "load_hole",
    "volume", "stranger", "changing_file", "dms_task", "dms_endpoint", "dms_control",
]  # fmt: skip

OF_WHOLE_LISTING: tuple[Kind, ...] = ("stranger", "load_hole")
"""The kinds that only a listing of all of a table's folder can close."""

MOST_UNMATCHED = 20
MOST_NUMBERS_NAMED = 10

_LOAD = re.compile(r"(?P<series>.*/(?:SEGMENT\d+_)?)LOAD(?P<number>[0-9A-F]{8})\.", re.DOTALL)


@dataclass(frozen=True)
class Finding:
    """One thing that is odd.

    Attributes:
        kind: what it is.
        note: a sentence with the figures, and what to do.
        table_name: the table; empty where it is about the source.
        hour: the hour, where it is about one.
        subject: what tells it from others of its kind, such as a folder.
    """

    kind: Kind
    note: str
    table_name: str = ""
    hour: datetime | None = None
    subject: str = ""


@dataclass(frozen=True)
class OpenFinding:
    """A finding as `lake_assets.findings` has it."""

    kind: str
    source: str
    table_name: str
    hour: datetime | None
    subject: str
    note: str
    found_at: datetime


def settle_findings(
    connection: psycopg.Connection,
    source: str,
    seen: Iterable[Finding],
    looked_for: Collection[Kind],
    now: datetime,
    in_part: Collection[str] = (),
) -> None:
    """Open what is new, and close what was looked for and is there no more.

    Args:
        connection: a session of the warehouse.
        source: the source's name; empty for the lake as a whole.
        seen: all that was found.
        looked_for: the kinds that `seen` is complete in.
        now: the present moment.
        in_part: tables that were not listed whole; their unmatched and holes stay open.
    """
    found = list({(one.kind, one.table_name, one.hour, one.subject): one for one in seen}.values())
    values = {
        "source": source,
        "now": now,
        "looked_for": list(looked_for),
        "of_whole": list(OF_WHOLE_LISTING),
        "in_part": list(in_part),
        "kinds": [one.kind for one in found],
        "tables": [one.table_name for one in found],
        "hours": [one.hour for one in found],
        "subjects": [one.subject for one in found],
        "notes": [one.note for one in found],
    }
    with connection.transaction():
        connection.execute(statement(__package__, "close_findings"), values)
        connection.execute(statement(__package__, "open_findings"), values)


def read_findings(connection: psycopg.Connection) -> list[OpenFinding]:
    """Read the open findings, oldest first."""
    with connection.cursor(row_factory=class_row(OpenFinding)) as cursor:
        return cursor.execute(statement(__package__, "read_findings")).fetchall()


def folder_findings(source: Source, folders: Sequence[str], newest: Collection[str]) -> Iterator[Finding]:
    """Compare the lake's folders with the catalog's tables.

    Args:
        source: the source.
        folders: the folders below the source's.
        newest: tables (by name) that ever had files.
    """
    known = {table.folder.split("/")[0]: table for table in source.tables}
    for folder in sorted(set(folders) - known.keys()):
        yield Finding(
            "unknown_table",
            f"The lake has the folder {source.folder}/{folder}, and the catalog no table for it: "
            f"`lake-assets discover {source.name}` adds it.",
            subject=folder,
        )
    for folder, table in sorted(known.items()):
        if folder not in folders:
            went = "is gone" if table.name in newest else "never came: DMS makes none for an empty table"
            yield Finding(
                "no_folder",
                f"{table.qualified} is in the catalog, and its folder {source.folder}/{folder} {went}. "
                "See whether the DMS task maps it, or take it out of the catalog.",
                table.name,
            )


def silence(witnesses: Witnesses, due: Sequence[datetime]) -> Iterator[Finding]:
    """Say that a source brings nothing at all, and since when.

    Args:
        witnesses: what the lake has.
        due: the recent hours that are over, oldest first.
    """
    source = witnesses.source
    hourly = [table for table in source.tables if table.expect == "hourly"]
    if not hourly or not due or witnesses.delivered.get(due[-1]):
        return
    since = next((hour for hour in reversed(due) if witnesses.delivered.get(hour)), None)
    began = since + ONE_HOUR if since else due[0]
    yield Finding(
        "silent_source",
        f"No file of any of the {len(source.tables)} tables of {source.name} from {format_hour(began)} on"
        f"{'' if since else ' at least'}. See whether the DMS task runs.",
        subject=source.name,
    )


def unmatched_findings(table: Table, listing: Listing) -> Iterator[Finding]:
    """Name the files in a table's folder that belong to no hour."""
    for item in listing.unmatched[:MOST_UNMATCHED]:
        yield Finding("stranger", f"{item.key} is not loaded: {item.reason}", table.name, subject=item.key)
    if (more := len(listing.unmatched) - MOST_UNMATCHED) > 0:
        yield Finding("stranger", f"{more} more files are not loaded.", table.name, subject="more")


def hole_findings(table: Table, listing: Listing) -> Iterator[Finding]:
    """Say where the numbers of full-load files have a hole: DMS counts them from 1, in hexadecimal digits."""
    series: dict[str, dict[int, datetime]] = defaultdict(dict)
    for item in listing.objects:
        if found := _LOAD.match(item.key):
            series[found["series"]][int(found["number"], 16)] = item.hour
    for name, numbers in sorted(series.items()):
        absent = sorted(set(range(1, max(numbers))) - numbers.keys())
        if absent:
            shown = ", ".join(f"LOAD{number:08X}" for number in absent[:MOST_NUMBERS_NAMED])
            more = f" and {len(absent) - MOST_NUMBERS_NAMED} more" if len(absent) > MOST_NUMBERS_NAMED else ""
            yield Finding(
                "load_hole",
                f"{name}: {shown}{more} of the full load is not there, and LOAD{max(numbers):08X} is. "
                "Records are missing that no other file holds: reload the table in DMS.",
                table.name,
                max(numbers.values()),
                name,
            )


def dms_findings(witnesses: Witnesses) -> Iterator[Finding]:
    """Say which tables DMS has suspended, which tasks do not run, and where it writes other than is read."""
    for table in witnesses.source.tables:
        yield from _suspension(witnesses, table)
    for task in witnesses.control.stopped:
        yield Finding("dms_task", f"The DMS task {task} does not run (awsdms_status).", subject=task)
    for trouble in witnesses.control.troubles:
        yield Finding("dms_control", f"A control table cannot be read: {trouble}", subject=trouble)
    if witnesses.dms is not None:
        yield from _answers(witnesses.dms, witnesses.source)


def _suspension(witnesses: Witnesses, table: Table) -> Iterator[Finding]:
    if suspended := witnesses.suspension_of(table):
        note = (
            f"{table.qualified} is {describe_suspension(suspended)}. "
            "Mend the cause and reload the table in DMS."
        )
        yield Finding("suspended_table", note, table.name)
    for count in witnesses.counts_of(table):
        if not count.in_order:
            note = f"DMS has {table.qualified} as {count.state!r}."
            yield Finding("suspended_table", note, table.name, subject=count.task)


def _answers(report: DmsReport, source: Source) -> Iterator[Finding]:
    for state in report.tasks:
        if not state.runs:
            because = f": {state.why}" if state.why else ""
            note = f"The DMS task {state.name} is {state.status}{because}."
            yield Finding("dms_task", note, subject=state.name)
    for name, settings in report.endpoints.items():
        for fault in dialect_faults(settings, source.files):
            yield Finding("dms_endpoint", f"The DMS endpoint {name}: {fault}.", subject=f"{name}: {fault}")
    for trouble in report.troubles:
        yield Finding("dms_task", f"DMS does not answer: {trouble}", subject=trouble.partition(":")[0])
