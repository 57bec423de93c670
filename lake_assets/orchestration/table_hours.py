"""Load hours of a table as the lake has them now: the one way, for the catalog's assets and the IO manager.

The lake is listed, the hours are loaded one after the other, and whoever listens is told. What a load does
belongs to `load.loader`; what Dagster is told of it to whoever asked for the load.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from lake_assets.checks.evidence import stretches, whole_days
from lake_assets.escapes import escape_unprintable
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import Listing
from lake_assets.load.loader import TableLoader
from lake_assets.load.moved import MovedFiles, find_moved
from lake_assets.load.report import LoadReport
from lake_assets.orchestration.metadata import RawMetadata, hour_metadata
from lake_assets.progress import Settled, listener


@dataclass(frozen=True)
class LoadedHour:
    """What became of one hour.

    Attributes:
        report: what the load has to tell.
        metadata: what Dagster is told of the hour; None where the hour does not stand.
    """

    report: LoadReport
    metadata: RawMetadata | None


def load_hours(loader: TableLoader, hours: Sequence[datetime], log: logging.Logger) -> Iterator[LoadedHour]:
    """Load hours of a table, each in a transaction of its own.

    Args:
        loader: of the table; entered.
        hours: the hours (UTC), oldest first.
        log: hears of objects that belong to no hour, each once.

    Yields:
        Each hour, once it is loaded.

    Raises:
        LakeError: the lake cannot be listed.
    """
    told: set[str] = set()
    for stretch in stretches(hours):
        # Whole days, for `expect: daily` looks at the hours beside each.
        first, end = whole_days(stretch[0], stretch[-1] + ONE_HOUR)
        listing = loader.lake.list_table(loader.table.source_folder, loader.table, first, end)
        _warn(loader, listing, told, log)
        moved = _find_moved(loader, stretch, listing)
        yield from _load_listed(loader, stretch, listing, moved)


def _find_moved(loader: TableLoader, hours: Sequence[datetime], listing: Listing) -> MovedFiles:
    wanted = set(hours)
    objects = [item for item in listing.objects if item.hour in wanted]
    return find_moved(loader.connection, loader.lake, loader.table, objects)


def _load_listed(
    loader: TableLoader, hours: Sequence[datetime], listing: Listing, moved: MovedFiles
) -> Iterator[LoadedHour]:
    heard = listener()
    loader.progress = heard.read
    by_hour = listing.by_hour()
    days = {hour.date() for hour in by_hour}
    for hour in hours:
        report = loader.load(
            hour,
            by_hour.get(hour, ()),
            day_has_files=hour.date() in days,
            moved=moved.get(hour, ()),
        )
        outcome = Settled(
            table=loader.table.qualified,
            hour=hour,
            state=report.state,
            counts=report.counts,
            note=report.error or report.note,
        )
        heard.settled(outcome)
        metadata = None
        if report.stands:
            metadata = hour_metadata(loader.connection, loader.lake, loader.table, report)
        yield LoadedHour(report=report, metadata=metadata)


def _warn(loader: TableLoader, listing: Listing, told: set[str], log: logging.Logger) -> None:
    """Tell of objects that belong to no hour, but for those in `told`."""
    for item in listing.unmatched:
        if item.key not in told:
            told.add(item.key)
            url = loader.lake.url(item.key)
            log.warning("Not loaded: %s: %s", escape_unprintable(url), escape_unprintable(item.reason))
            listener().unmatched(url, item.reason)
