"""Loading table-hours through Dagster from the command line, and what became of them.

Which runs is `monitor.run_plan`'s; what a run does belongs to `assets`; what is shown of it to the
commands.
"""

import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import datetime
from typing import Any
from uuid import uuid4

import dagster as dg

from lake_assets.catalog.models import Table
from lake_assets.monitor.run_plan import Run, step_of
from lake_assets.orchestration.assets import asset_key
from lake_assets.orchestration.dagster_internals import RunFailureReason, SerializableErrorInfo
from lake_assets.orchestration.sign_of_life import sign_of_life
from lake_assets.progress import Listener, Settled, listening

OURS = "lake_assets."
"""How the message of an error of ours begins: Dagster keeps errors as text, with the class in front."""

NAMED_ERRORS = (OURS, "psycopg.")
"""Errors whose own words say enough; of others the class is shown too."""

CUT_SHORT = "The run ended before it came to this hour. Load the hour again."

QUIET_LOGS = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Run config with which Dagster logs nothing to the terminal, where progress is shown."""


def load_through_dagster(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    runs: Iterable[Run],
    listener: Listener,
    *,
    followed_by: str | None = None,
) -> list[Settled]:
    """Run the runs one after the other, and return what became of each table-hour.

    A table whose step failed before it came to its hours has them all as `failed`, with the step's error.

    Args:
        definitions: what Dagster knows of the tables.
        instance: Dagster's instance.
        runs: what to run.
        listener: hears how far the loads are.
        followed_by: who has given the word that rows go with vanished files; None where nobody has.
    """
    job = definitions.resolve_implicit_global_asset_job_def()
    recorder = Recorder(listener)
    for run in runs:
        selection = [asset_key(table) for table in run.tables]
        with listening(recorder):
            config = config_of(run, followed_by)
            result = execute(job, instance, config, tags=run.tags, asset_selection=selection)
        errors = root_causes(result)
        error_of_run = errors.get(None, CUT_SHORT)
        for table, hours in run.parts:
            error = errors.get(step_of(table)) or error_of_run
            recorder.settle_rest(table, hours, error)
    return recorder.outcomes


def config_of(run: Run, followed_by: str | None) -> dict[str, Any]:
    """Return the config of a run, with the word of somebody for each of its tables."""
    if followed_by is None:
        return run.config
    ops = dict(run.config.get("ops", {}))
    for table in run.tables:
        step = step_of(table)
        of_table = ops.get(step, {}).get("config", {})
        ops[step] = {"config": {**of_table, "follow_vanished": followed_by}}
    return {"ops": ops}


def execute(
    job: dg.JobDefinition, instance: dg.DagsterInstance, config: dict[str, Any] | None = None, **options: Any
) -> dg.ExecuteInProcessResult:
    """Run a job in this process, quietly; its failures are in the result.

    Args:
        job: what to run.
        instance: Dagster's instance.
        config: the job's run config.
        options: for Dagster's `execute_in_process`.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM ended the run, which Dagster counts as a failure.
    """
    run_config = QUIET_LOGS | (config or {})
    run_id = str(uuid4())
    # Dagster takes an executor of its own for such a run, so its sign of life is given here. stdout is for
    # data, whatever a transform prints.
    with sign_of_life(run_id), redirect_stdout(sys.stderr), _sigterm_kept():
        result = job.execute_in_process(
            instance=instance, run_config=run_config, raise_on_error=False, run_id=run_id, **options
        )
    if _was_interrupted(result):
        raise KeyboardInterrupt
    return result


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.RUN_FAILURE:
            reason = event.job_failure_data.failure_reason
            if reason == RunFailureReason.UNEXPECTED_TERMINATION:
                return True
    return False


@contextmanager
def _sigterm_kept() -> Iterator[None]:
    """Keep SIGTERM from being ignored after a run.

    Dagster then handles it as SIGINT, which a script's `command &` ignores (dagster._utils.interrupts).
    """
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is signal.SIG_IGN:
            signal.signal(signal.SIGTERM, before)


def root_causes(result: dg.ExecuteInProcessResult) -> dict[str | None, str]:
    """Return the error at the root of each step that failed, and of the run itself under None.

    Dagster's own errors around it are left out, and so are causes below an error of ours, which names the
    remedy, and the class before its message.
    """
    causes: dict[str | None, str] = {}
    for event in result.all_events:
        if event.event_type == dg.DagsterEventType.STEP_FAILURE:
            error = event.step_failure_data.error
            causes[event.step_key] = _root_message(error) if error else CUT_SHORT
        elif event.event_type == dg.DagsterEventType.RUN_FAILURE and event.job_failure_data.error:
            causes[None] = _root_message(event.job_failure_data.error)
    return causes


def _root_message(error: SerializableErrorInfo) -> str:
    while error.cause is not None and not error.message.startswith(OURS):
        error = error.cause
    message = error.message.strip()
    class_name, colon, words = message.partition(": ")
    if not colon or not class_name.startswith(NAMED_ERRORS):
        return message
    first, *more = words.splitlines()
    return " ".join([first, *more[-1:]])  # between them stands the traceback of code of the user's


class Recorder:
    """A listener that keeps the last word on each table-hour and passes everything on."""

    def __init__(self, listener: Listener) -> None:
        self._settled: dict[tuple[str, datetime], Settled] = {}
        self._unmatched: set[str] = set()
        self._listener = listener
        self.read = listener.read

    @property
    def outcomes(self) -> list[Settled]:
        """Return what became of each table-hour, in the order they were first told."""
        return list(self._settled.values())

    def settled(self, outcome: Settled) -> None:
        """Keep an outcome, in the place of an earlier one of the same table-hour."""
        self._settled[outcome.table, outcome.hour] = outcome
        self._listener.settled(outcome)

    def unmatched(self, url: str, reason: str) -> None:
        """Pass on an object that was not loaded, once."""
        if url not in self._unmatched:
            self._unmatched.add(url)
            self._listener.unmatched(url, reason)

    def settle_rest(self, table: Table, hours: Sequence[datetime], error: str) -> None:
        """Count the hours of a table that nothing was told of as failed."""
        for hour in hours:
            if (table.qualified, hour) not in self._settled:
                self.settled(Settled(table.qualified, hour, "failed", note=error))
