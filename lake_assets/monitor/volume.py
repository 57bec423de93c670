"""Volumes: hours whose number of records is far from that of the same hour of past weeks.

A guess and no proof, so it is a warning and never a state.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from lake_assets.catalog.models import Source
from lake_assets.hours import format_hour
from lake_assets.monitor.findings import Finding
from lake_assets.postgres import statement
from lake_assets.states.state import WITH_ROWS

WEEKS = 8
FEWEST_WEEKS = 4

LEAST = 10
"""Records of difference below which nobody cares."""

DEVIATIONS = 7.5
"""Median absolute deviations from the median; about five standard deviations where values are normal."""

SHARE = 0.5
"""Of the median, for tables that bring the same number each week."""


@dataclass(frozen=True)
class OddVolume:
    """An hour far from its past."""

    table_name: str
    hour: datetime
    records: int
    weeks: int
    median: float


def odd_volumes(
    connection: psycopg.Connection, source: Source, first: datetime, end: datetime
) -> list[OddVolume]:
    """Return the loaded hours of [first, end) that are far from the same hour of the eight weeks before."""
    values = {
        "source": source.name,
        "first": first,
        "end": end,
        "weeks": WEEKS,
        "fewest": FEWEST_WEEKS,
        "least": LEAST,
        "deviations": DEVIATIONS,
        "share": SHARE,
        "with_rows": sorted(WITH_ROWS),
    }
    with connection.cursor(row_factory=class_row(OddVolume)) as cursor:
        return cursor.execute(statement(__package__, "odd_volumes"), values).fetchall()


def volume_findings(source: Source, odd: Sequence[OddVolume]) -> Iterator[Finding]:
    """Yield a finding for each hour far from its past."""
    for one in odd:
        details = {
            "table": f"{source.name}.{one.table_name}",
            "hour": format_hour(one.hour),
            "records": one.records,
            "weeks": one.weeks,
            "median": float(one.median),
        }
        yield Finding(kind="volume", details=details, table_name=one.table_name, hour=one.hour)
