"""Loading table-hours through Dagster from the command line: which runs, and what became of them.

What a run does belongs to `assets`; what is shown of it to `load` and `demo`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import dagster as dg

from lake_assets.assets import HOURS_PER_RUN, asset_key
from lake_assets.catalog.models import Table
from lake_assets.cli.workplace import Workplace
from lake_assets.hours import ONE_HOUR, partition_key
from lake_assets.progress import Listener, Settled, listening

QUIET_LOGS = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class Run:
    """Some tables of one source over one stretch of hours."""

    tables: tuple[Table, ...]
    hours: tuple[datetime, ...]

    @property
    def tags(self) -> dict[str, str]:
        """Dagster's tags for the partition range of this run."""
        return {
            "dagster/asset_partition_range_start": partition_key(self.hours[0]),
            "dagster/asset_partition_range_end": partition_key(self.hours[-1]),
        }


def plan_runs(wanted: Mapping[Table, Sequence[datetime]]) -> Iterator[Run]:
    """Put table-hours into few runs: the tables of a source that want the same hours share one.

    Args:
        wanted: the hours of each table, oldest first.
    """
    together: dict[tuple[str, tuple[datetime, ...]], list[Table]] = defaultdict(list)
    for table, hours in wanted.items():
        for stretch in _stretches(hours):
            together[table.source, stretch].append(table)
    for (_, stretch), tables in sorted(together.items(), key=lambda entry: entry[0][1][0]):
        yield Run(tuple(tables), stretch)


def _stretches(hours: Sequence[datetime]) -> Iterator[tuple[datetime, ...]]:
    stretch: list[datetime] = []
    for hour in hours:
        if stretch and (hour - stretch[-1] != ONE_HOUR or len(stretch) == HOURS_PER_RUN):
            yield tuple(stretch)
            stretch = []
        stretch.append(hour)
    if stretch:
        yield tuple(stretch)


def load_through_dagster(
    place: Workplace, instance: dg.DagsterInstance, runs: Iterable[Run], listener: Listener
) -> list[Settled]:
    """Run the runs one after the other, and say what became of each table-hour.

    A table whose step failed before it came to its hours has them all as `failed`, with the step's error.

    Args:
        place: the command's workplace.
        instance: Dagster's instance.
        runs: what to run.
        listener: hears how far the loads are.
    """
    definitions = place.definitions()
    outcomes: list[Settled] = []
    for run in runs:
        heard = Recorder(listener)
        with listening(heard):
            result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
                instance=instance,
                tags=run.tags,
                asset_selection=[asset_key(table) for table in run.tables],
                run_config=QUIET_LOGS,
                raise_on_error=False,
            )
        outcomes.extend(heard.outcomes)
        for outcome in _never_settled(run, heard.outcomes, result):
            listener.settled(outcome)
            outcomes.append(outcome)
    return outcomes


def _never_settled(
    run: Run, outcomes: Sequence[Settled], result: dg.ExecuteInProcessResult
) -> Iterator[Settled]:
    settled = {(outcome.table, outcome.hour) for outcome in outcomes}
    errors = root_causes(result)
    for table in run.tables:
        error = errors.get(f"{table.source}__{table.name}", "the run ended before it came to this hour")
        for hour in run.hours:
            if (table.qualified, hour) not in settled:
                yield Settled(table.qualified, hour, "failed", note=error)


def root_causes(result: dg.ExecuteInProcessResult) -> dict[str | None, str]:
    """Give the error at the root of each step that failed, without Dagster's own around it."""
    causes: dict[str | None, str] = {}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.STEP_FAILURE:
            error = event.step_failure_data.error
            while error is not None and error.cause is not None:
                error = error.cause
            causes[event.step_key] = error.message.strip() if error else "the step failed"
    return causes


class Recorder:
    """A listener that keeps the outcomes and passes everything on."""

    def __init__(self, listener: Listener) -> None:
        self.outcomes: list[Settled] = []
        self.read = listener.read
        self.stranger = listener.stranger
        self._pass_on = listener.settled

    def settled(self, outcome: Settled) -> None:
        """Keep an outcome."""
        self.outcomes.append(outcome)
        self._pass_on(outcome)
