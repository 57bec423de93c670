"""Volumes: hours whose number of records is far from that of the same hour of past weeks.

A guess and no proof, so it is a warning and never a state.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg

from lake_assets.catalog.models import Source
from lake_assets.hours import format_hour
from lake_assets.monitor.findings import Finding
from lake_assets.postgres import statement

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
    """Find the loaded hours of [first, end) that are far from the same hour of the eight weeks before."""
    values = {
        "source": source.name,
        "first": first,
        "end": end,
        "weeks": WEEKS,
        "fewest": FEWEST_WEEKS,
        "least": LEAST,
        "deviations": DEVIATIONS,
        "share": SHARE,
    }
    return [OddVolume(*row) for row in connection.execute(statement(__package__, "odd_volumes"), values)]


def volume_findings(source: Source, odd: list[OddVolume]) -> Iterator[Finding]:
    """Say the figures of each."""
    for one in odd:
        yield Finding(
            "volume",
            f"{source.name}.{one.table_name} {format_hour(one.hour)} has {one.records:,} records; the same "
            f"hour of the last {one.weeks} weeks had {one.median:,.0f} (median).",
            one.table_name,
            one.hour,
        )
