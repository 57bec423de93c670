"""Which table-hours share a run: the plan that the command line and the sensors have in common.

Hours that follow each other are a range of Dagster's partitions. Hours that do not are named in the run's
config, each table's own: a range over them would have Dagster plan, and show as skipped or failed, every hour
between them. How a run is started belongs to the command line and the sensors.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lake_assets.catalog.models import Table
from lake_assets.hours import ONE_HOUR, format_hour, from_partition_key, parse_hour, partition_key

HOURS_PER_RUN = 168  # a week: few runs for a long backfill, and what a stopped run lost is soon loaded again
TABLE_HOURS_PER_RUN = 2_000  # at some 40 ms each, a run takes little more than a minute of Dagster's own time
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
SINGLE = "dagster/partition"
FIRST_HOUR = "lake_assets/first_hour"
LAST_HOUR = "lake_assets/last_hour"

Part = tuple[datetime, ...]


@dataclass(frozen=True)
class Run:
    """Some tables of one source, each with its hours, oldest first."""

    parts: tuple[tuple[Table, Part], ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        """Its tables."""
        return tuple(table for table, _ in self.parts)

    @property
    def table_hours(self) -> tuple[tuple[Table, datetime], ...]:
        """Its table-hours, table by table."""
        return tuple((table, hour) for table, hours in self.parts for hour in hours)

    @property
    def is_range(self) -> bool:
        """Tell whether its tables want the same hours, and these follow each other."""
        ((_, hours), *others) = self.parts
        return _follow(hours) and all(part == hours for _, part in others)

    @property
    def tags(self) -> dict[str, str]:
        """The run's tags: Dagster's for a partition range; else first and last hour, for people to see."""
        first, last = min(hours[0] for _, hours in self.parts), max(hours[-1] for _, hours in self.parts)
        if self.is_range:
            return {RANGE_START: partition_key(first), RANGE_END: partition_key(last)}
        return {FIRST_HOUR: format_hour(first), LAST_HOUR: format_hour(last)}

    @property
    def config(self) -> dict[str, Any]:
        """The run's config: the hours of each table, unless its tags say them."""
        if self.is_range:
            return {}
        return {
            "ops": {
                step_of(table): {"config": {"hours": [format_hour(hour) for hour in hours]}}
                for table, hours in self.parts
            }
        }


def step_of(table: Table) -> str:
    """Give the name that Dagster's steps and ops have for a table."""
    return f"{table.source}__{table.name}"


def partition_range(tags: Mapping[str, str]) -> tuple[datetime, datetime] | None:
    """Read the first and the last hour back from a run's tags; None where they name no partition."""
    first = tags.get(RANGE_START) or tags.get(SINGLE)
    last = tags.get(RANGE_END) or tags.get(SINGLE)
    return (from_partition_key(first), from_partition_key(last)) if first and last else None


def configured_hours(config: Mapping[str, Any], table: Table) -> list[datetime]:
    """Read the hours of a table back from a run's config; none where the run is of partitions."""
    step = config.get("ops", {}).get(step_of(table)) or {}
    return [parse_hour(hour) for hour in (step.get("config") or {}).get("hours", ())]


def plan_runs(wanted: Mapping[Table, Sequence[datetime]], most_hours: int = HOURS_PER_RUN) -> Iterator[Run]:
    """Put table-hours into few runs, oldest first.

    Tables of a source that want the same stretch of hours share a run, and so do those of scattered hours.

    Args:
        wanted: the hours of each table, oldest first.
        most_hours: the most hours of a table in a run.
    """
    together: dict[tuple[str, Part], list[tuple[Table, Part]]] = defaultdict(list)
    scattered: dict[str, list[tuple[Table, Part]]] = defaultdict(list)
    for table, hours in wanted.items():
        for place in range(0, len(hours), most_hours):
            part = tuple(hours[place : place + most_hours])
            into = together[table.source, part] if _follow(part) else scattered[table.source]
            into.append((table, part))
    runs = [Run(tuple(parts)) for parts in together.values()]
    runs += [run for parts in scattered.values() for run in _gathered(parts)]
    yield from sorted(runs, key=lambda run: min(hours[0] for _, hours in run.parts))


def _gathered(parts: Sequence[tuple[Table, Part]]) -> Iterator[Run]:
    """Put scattered hours of a source's tables into runs, a table once in each."""
    run: dict[Table, Part] = {}
    for table, hours in sorted(parts, key=lambda part: part[1][0]):
        if run and (table in run or sum(map(len, run.values())) + len(hours) > TABLE_HOURS_PER_RUN):
            yield Run(tuple(run.items()))
            run = {}
        run[table] = hours
    if run:
        yield Run(tuple(run.items()))


def _follow(hours: Part) -> bool:
    return hours[-1] - hours[0] == (len(hours) - 1) * ONE_HOUR
