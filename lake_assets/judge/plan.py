"""Which table-hours share a run: the plan that the command line and the sensors have in common.

How a run is started belongs to them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lake_assets.catalog.models import Table
from lake_assets.hours import ONE_HOUR, partition_key

HOURS_PER_RUN = 168  # a week: few runs for a long backfill, and what a stopped run lost is soon loaded again
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


@dataclass(frozen=True)
class Run:
    """Some tables of one source over one stretch of hours."""

    tables: tuple[Table, ...]
    hours: tuple[datetime, ...]

    @property
    def tags(self) -> dict[str, str]:
        """Dagster's tags for the partition range of this run."""
        return {RANGE_START: partition_key(self.hours[0]), RANGE_END: partition_key(self.hours[-1])}


def plan_runs(wanted: Mapping[Table, Sequence[datetime]], most_hours: int = HOURS_PER_RUN) -> Iterator[Run]:
    """Put table-hours into few runs, oldest first: the tables of a source that want the same hours share one.

    Args:
        wanted: the hours of each table, oldest first.
        most_hours: the longest stretch of a run.
    """
    together: dict[tuple[str, tuple[datetime, ...]], list[Table]] = defaultdict(list)
    for table, hours in wanted.items():
        for stretch in _stretches(hours, most_hours):
            together[table.source, stretch].append(table)
    for (_, stretch), tables in sorted(together.items(), key=lambda entry: entry[0][1][0]):
        yield Run(tuple(tables), stretch)


def _stretches(hours: Sequence[datetime], most_hours: int) -> Iterator[tuple[datetime, ...]]:
    stretch: list[datetime] = []
    for hour in hours:
        if stretch and (hour - stretch[-1] != ONE_HOUR or len(stretch) == most_hours):
            yield tuple(stretch)
            stretch = []
        stretch.append(hour)
    if stretch:
        yield tuple(stretch)
