"""What is looked for beside the states of table-hours: the rules by which findings are made.

Pure functions of listings, catalog and witnesses. Keeping findings belongs to `findings`; odd numbers of
records have a module of their own, `volume`.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from lake_assets.catalog.models import Source, Table
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.lake.objects import Listing
from lake_assets.monitor.dms_api import DmsReport, dialect_faults
from lake_assets.monitor.findings import Finding
from lake_assets.monitor.testimony import Witnesses, suspended

MOST_UNMATCHED = 20  # objects of a table that are named one by one
MOST_NUMBERS_NAMED = 10

_LOAD = re.compile(r"(?P<series>.*/(?:SEGMENT\d+_)?)LOAD(?P<number>[0-9A-F]{8})\.", re.DOTALL)


def folder_findings(
    source: Source, folders: Sequence[str], newest: Collection[str], not_due: Collection[str] = ()
) -> Iterator[Finding]:
    """Yield where the lake's folders are not the catalog's tables.

    Args:
        source: the source.
        folders: the folders below the source's.
        newest: tables (by name) that ever had files.
        not_due: tables (by name) whose folders may be gone, or are told of otherwise.
    """
    known = {table.folder.split("/")[0]: table for table in source.tables}
    for folder in sorted(set(folders) - known.keys()):
        place = {"folder": f"{source.folder}/{folder}", "source": source.name}
        yield Finding(kind="unknown_table", details=place, subject=folder)
    for folder, table in sorted(known.items()):
        if folder in folders or table.name in not_due:
            continue
        details = {
            "table": table.qualified,
            "folder": f"{source.folder}/{folder}",
            "had_files": table.name in newest,
        }
        yield Finding(kind="no_folder", details=details, table_name=table.name)


def silence(witnesses: Witnesses, due: Sequence[datetime]) -> Iterator[Finding]:
    """Yield that a source brings nothing at all, and since when.

    Args:
        witnesses: what the lake has.
        due: the recent hours that are over, oldest first.
    """
    source = witnesses.source
    has_hourly = any(table.expect == "hourly" for table in source.tables)
    if not has_hourly or not due or witnesses.delivered.get(due[-1]):
        return
    last = next((hour for hour in reversed(due) if witnesses.delivered.get(hour)), None)
    since = last + ONE_HOUR if last else due[0]
    details = {
        "source": source.name,
        "tables": len(source.tables),
        "since": format_hour(since),
        "at_least": last is None,
    }
    yield Finding(kind="silent_source", details=details, subject=source.name)


def unmatched_findings(table: Table, listing: Listing) -> Iterator[Finding]:
    """Yield the objects in a table's folder that belong to no hour."""
    for item in listing.unmatched[:MOST_UNMATCHED]:
        details = {"key": item.key, "reason": item.reason}
        yield Finding(kind="stranger", details=details, table_name=table.name, subject=item.key)
    more = len(listing.unmatched) - MOST_UNMATCHED
    if more > 0:
        yield Finding(kind="stranger", details={"more": more}, table_name=table.name, subject="more")


def hole_findings(table: Table, listing: Listing) -> Iterator[Finding]:
    """Yield where the numbers of full-load files have a hole: DMS counts from 1, in hexadecimal digits."""
    series: dict[str, dict[int, datetime]] = defaultdict(dict)
    for item in listing.objects:
        found = _LOAD.match(item.key)
        if found:
            series[found["series"]][int(found["number"], 16)] = item.hour
    for name, numbers in sorted(series.items()):
        highest = max(numbers)
        absent = sorted(set(range(1, highest)) - numbers.keys())
        if absent:
            details = {
                "series": name,
                "absent": [_load_name(number) for number in absent[:MOST_NUMBERS_NAMED]],
                "more": max(0, len(absent) - MOST_NUMBERS_NAMED),
                "newest": _load_name(highest),
            }
            yield Finding(
                kind="load_hole",
                details=details,
                table_name=table.name,
                hour=max(numbers.values()),
                subject=name,
            )


def _load_name(number: int) -> str:
    return f"LOAD{number:08X}"


def dms_findings(witnesses: Witnesses) -> Iterator[Finding]:
    """Yield which tables DMS has suspended, which tasks do not run, where it writes other than is read."""
    for table in witnesses.source.tables:
        yield from _suspension(witnesses, table)
    for task in witnesses.control.stopped:
        yield Finding(kind="dms_task", details={"task": task}, subject=task)
    for trouble in witnesses.control.troubles:
        yield Finding(kind="dms_control", details={"trouble": trouble}, subject=trouble)
    if witnesses.dms is not None:
        yield from _answers(witnesses.dms, witnesses.source)


def _suspension(witnesses: Witnesses, table: Table) -> Iterator[Finding]:
    suspension = witnesses.suspension_of(table)
    if suspension:
        details = {"table": table.qualified, **suspended(suspension).details}
        yield Finding(kind="suspended_table", details=details, table_name=table.name)
    for count in witnesses.counts_of(table):
        if not count.in_order:
            details = {"table": table.qualified, "state": count.state}
            yield Finding(kind="suspended_table", details=details, table_name=table.name, subject=count.task)


def _answers(report: DmsReport, source: Source) -> Iterator[Finding]:
    for task in report.tasks:
        if not task.runs:
            details = {"task": task.name, "status": task.status, "because": task.why}
            yield Finding(kind="dms_task", details=details, subject=task.name)
    for name, settings in report.endpoints.items():
        for fault in dialect_faults(settings, source.files):
            details = {"endpoint": name, "fault": fault}
            yield Finding(kind="dms_endpoint", details=details, subject=f"{name}: {fault}")
    for trouble in report.troubles:
        what, _, _ = trouble.partition(":")
        yield Finding(kind="dms_task", details={"trouble": trouble}, subject=what)
