"""Which table-hours share a run: the plan that the command line and the sensors have in common.

Hours that follow each other are a range of Dagster's partitions. Hours that do not are named in the run's
config, each table's own: a range over them would have Dagster plan, and show as skipped or failed, every hour
between them. How a run is started belongs to the command line and the sensors.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lake_assets.catalog.models import Table
from lake_assets.hours import ONE_HOUR, format_hour, from_partition_key, parse_hour, partition_key

HOURS_PER_RUN = 168  # a week: few runs for a long backfill, and what a stopped run lost is soon loaded again
TABLE_HOURS_PER_RUN = 2_000  # at some 40 ms each, a run takes little more than a minute of Dagster's own time
MOST_PLANNED = 400
"""Events that Dagster writes for the runs it makes at once, before it goes on: each takes 10 to 25 ms."""

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
SINGLE = "dagster/partition"
FIRST_HOUR = "lake_assets/first_hour"
LAST_HOUR = "lake_assets/last_hour"

Hours = tuple[datetime, ...]
TablePart = tuple[Table, Hours]
"""A table and some of its hours, oldest first."""


@dataclass(frozen=True)
class Run:
    """Some tables of one source, each with its hours, oldest first.

    Attributes:
        parts: the tables with their hours.
        is_named: its hours are named in its config though they follow each other.
    """

    parts: tuple[TablePart, ...]
    is_named: bool = False

    @property
    def tables(self) -> tuple[Table, ...]:
        """Its tables."""
        return tuple(table for table, _ in self.parts)

    @property
    def table_hours(self) -> tuple[tuple[Table, datetime], ...]:
        """Its table-hours, table by table."""
        named: list[tuple[Table, datetime]] = []
        for table, hours in self.parts:
            named += [(table, hour) for hour in hours]
        return tuple(named)

    @property
    def first(self) -> datetime:
        """The oldest hour of any of its tables."""
        return min(hours[0] for _, hours in self.parts)

    @property
    def last(self) -> datetime:
        """The newest hour of any of its tables."""
        return max(hours[-1] for _, hours in self.parts)

    @property
    def is_range(self) -> bool:
        """Whether it is a range of partitions: its tables want the same hours, which follow each other."""
        _, hours = self.parts[0]
        return not self.is_named and _follow(hours) and all(other == hours for _, other in self.parts)

    @property
    def planned(self) -> int:
        """How many events Dagster writes when it makes the run: of each check, and each hour or table."""
        tables = len(self.parts)
        return tables + (len(self.table_hours) if self.is_range else tables)

    @property
    def tags(self) -> dict[str, str]:
        """The run's tags: Dagster's for a partition range; else first and last hour, for people to see."""
        if self.is_range:
            return {RANGE_START: partition_key(self.first), RANGE_END: partition_key(self.last)}
        return {FIRST_HOUR: format_hour(self.first), LAST_HOUR: format_hour(self.last)}

    @property
    def config(self) -> dict[str, Any]:
        """The run's config: the hours of each table, unless its tags say them."""
        if self.is_range:
            return {}
        ops: dict[str, Any] = {}
        for table, hours in self.parts:
            ops[step_of(table)] = {"config": {"hours": [format_hour(hour) for hour in hours]}}
        return {"ops": ops}


def step_of(table: Table) -> str:
    """Return the name that Dagster's steps and ops have for a table."""
    return f"{table.source}__{table.name}"


def partition_range(tags: Mapping[str, str]) -> tuple[datetime, datetime] | None:
    """Return the first and the last hour that a run's tags say; None where they name no partition."""
    first = tags.get(RANGE_START) or tags.get(SINGLE)
    last = tags.get(RANGE_END) or tags.get(SINGLE)
    if not first or not last:
        return None
    return from_partition_key(first), from_partition_key(last)


def configured_hours(config: Mapping[str, Any], table: Table) -> list[datetime]:
    """Return the hours of a table that a run's config says; none where the run is of partitions."""
    step = config.get("ops", {}).get(step_of(table)) or {}
    of_step = step.get("config") or {}
    return [parse_hour(hour) for hour in of_step.get("hours", ())]


def plan_runs(wanted: Mapping[Table, Sequence[datetime]], most_hours: int = HOURS_PER_RUN) -> list[Run]:
    """Return few runs that have all table-hours, oldest first.

    Tables of a source that want the same stretch of hours share a run, and so do those of scattered hours.

    Args:
        wanted: the hours of each table, oldest first.
        most_hours: the most hours of a table in a run.
    """
    together: dict[tuple[str, Hours], list[TablePart]] = defaultdict(list)
    scattered: dict[str, list[TablePart]] = defaultdict(list)
    for table, hours in wanted.items():
        for part in _cut(hours, most_hours):
            group = together[table.source, part] if _follow(part) else scattered[table.source]
            group.append((table, part))
    runs = [Run(parts=tuple(parts)) for parts in together.values()]
    for parts in scattered.values():
        runs += _gather(parts)
    return sorted(runs, key=lambda run: run.first)


def runs_at_once(runs: Iterable[Run]) -> list[Run]:
    """Return the first of some runs, cut so that Dagster makes them without standing still for long.

    Where a range of partitions would be too much to write down, its hours are named in the run's config.
    """
    taken: list[Run] = []
    planned = 0
    for run in runs:
        for part in _affordable(run):
            planned += part.planned
            if taken and planned > MOST_PLANNED:
                return taken
            taken.append(part)
    return taken


def _affordable(run: Run) -> Iterator[Run]:
    """Yield a run as it is, or in runs of fewer tables whose hours are named."""
    if run.planned <= MOST_PLANNED:
        yield run
        return
    most_tables = MOST_PLANNED // 2
    for place in range(0, len(run.parts), most_tables):
        yield Run(parts=run.parts[place : place + most_tables], is_named=True)


def _cut(hours: Sequence[datetime], most: int) -> Iterator[Hours]:
    for place in range(0, len(hours), most):
        yield tuple(hours[place : place + most])


def _gather(parts: Sequence[TablePart]) -> Iterator[Run]:
    """Yield runs of scattered hours of a source's tables, a table once in each."""
    run: dict[Table, Hours] = {}
    for table, hours in sorted(parts, key=lambda part: part[1][0]):
        size = sum(len(held) for held in run.values())
        is_full = size + len(hours) > TABLE_HOURS_PER_RUN
        if run and (table in run or is_full):
            yield Run(parts=tuple(run.items()))
            run = {}
        run[table] = hours
    if run:
        yield Run(parts=tuple(run.items()))


def _follow(hours: Hours) -> bool:
    """Return whether hours follow each other without a hole."""
    return hours[-1] - hours[0] == (len(hours) - 1) * ONE_HOUR
