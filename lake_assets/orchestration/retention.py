"""The job `retention`: Dagster's own storage stays bounded, and no hour is forgotten.

Deleting a run through Dagster takes its materializations along, and its hours would seem never to have been
loaded. So old events are deleted here by themselves: steps, logs, replaced evaluations, old grids. What says
that an hour was loaded, and the newest evaluation of each hour, stay. The truth is the ledger's either way.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
from psycopg import sql
from pydantic import Field

from lake_assets.exceptions import WarehouseError
from lake_assets.orchestration.living_executor import living_executor
from lake_assets.orchestration.status_asset import STATUS
from lake_assets.postgres import open_session, own_schemas, statement

KEEP_DAYS = 30
"""Days of events that are kept where the run's config names no others: a month to look back at."""

EVENTS_AT_ONCE = 20_000
"""Events in a statement: each is a transaction of its own, so that Dagster's own writes do not wait long."""

RUNS_AT_ONCE = 2_000
"""Runs that a night deletes at most: each takes a call of Dagster's; the rest follows the night after."""

CURSOR = "lake_assets/retention"
"""The key under which Dagster's daemon cursors hold the last event that was looked at."""

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


class RetentionConfig(dg.Config):
    """For how long Dagster's events are kept."""

    keep_days: int = Field(default=KEEP_DAYS, ge=1, description="Days for which all events are kept.")


def prune(instance: dg.DagsterInstance, until: datetime) -> int | None:
    """Delete from Dagster's storage what is older and says nothing of an hour.

    Args:
        instance: Dagster's instance.
        until: events before this moment may go.

    Returns:
        How many events were deleted; None where the storage is not PostgreSQL, which is left alone.
    """
    url: str | None = getattr(instance.event_log_storage, "postgres_url", None)
    if url is None:
        return None
    conninfo = url.replace("+psycopg2", "", 1)  # the dialect is SQLAlchemy's affair
    with open_session(conninfo, autocommit=True) as connection:
        deleted = _prune_events(connection, instance, until)
        deleted += _prune_checks(connection, until)
    _prune_runs(instance, until)
    return deleted


def _prune_events(connection: psycopg.Connection, instance: dg.DagsterInstance, until: datetime) -> int:
    """Go through the events that have become old since the last time, some at a time."""
    cursors = instance.daemon_cursor_storage
    after = int(cursors.get_cursor_values({CURSOR}).get(CURSOR, 0))
    end = _end_of_old_events(connection, after, until)
    prune_events = statement(__package__, "prune_events", event_logs=_table(connection, "event_logs"))
    deleted = 0
    while after < end:
        last = min(after + EVENTS_AT_ONCE, end)
        values = {"after": after, "last": last, "status": STATUS.to_string()}
        deleted += connection.execute(prune_events, values).rowcount
        cursors.set_cursor_values({CURSOR: str(last)})
        after = last
    return deleted


def _end_of_old_events(connection: psycopg.Connection, after: int, until: datetime) -> int:
    """Return the id of the last event that is old, or 0; Dagster writes its times in UTC, without a zone."""
    values = {"after": after, "until": until.astimezone(UTC).replace(tzinfo=None)}
    old_events_end = statement(__package__, "old_events_end", event_logs=_table(connection, "event_logs"))
    row = connection.execute(old_events_end, values).fetchone()
    return int(row[0]) if row else 0


def _prune_checks(connection: psycopg.Connection, until: datetime) -> int:
    prune_checks = statement(
        __package__,
        "prune_checks",
        event_logs=_table(connection, "event_logs"),
        executions=_table(connection, "asset_check_executions"),
    )
    return connection.execute(prune_checks, {"until": until}).rowcount


def _table(connection: psycopg.Connection, name: str) -> sql.Identifier:
    """Return a table of Dagster's with its schema, which Dagster leaves to the search path of its user.

    Raises:
        WarehouseError: there is none.
    """
    values = {"schemas": own_schemas(connection), "table_name": name}
    row = connection.execute(statement(__package__, "find_table"), values).fetchone()
    if row is None:
        raise WarehouseError(
            f"Dagster's storage has no table {name} that its user finds. See which schema the search_path of "
            "the user in LAKE_ASSETS_DAGSTER_URL leads to."
        )
    return sql.Identifier(row[0], name)


def _prune_runs(instance: dg.DagsterInstance, until: datetime) -> None:
    finished = dg.RunsFilter(statuses=FINISHED, created_before=until)
    for run_id in instance.get_run_ids(finished, limit=RUNS_AT_ONCE):
        instance.run_storage.delete_run(run_id)  # of the instance it would take the materializations along


def build_retention() -> tuple[dg.JobDefinition, dg.ScheduleDefinition]:
    """Return the job and the schedule that runs it each night."""

    @dg.op(name="prune_dagster", description="Deletes old events of Dagster's that say nothing of an hour.")
    def prune_dagster(context: dg.OpExecutionContext, config: RetentionConfig) -> None:
        deleted = prune(context.instance, datetime.now(UTC) - timedelta(days=config.keep_days))
        if deleted is None:
            context.log.info("Dagster's storage is not PostgreSQL: nothing is deleted from it.")
        else:
            context.log.info("%s events deleted.", deleted)

    @dg.job(
        name="retention",
        executor_def=living_executor,
        description="Keeps Dagster's own storage bounded; no hour is forgotten.",
    )
    def retention() -> None:
        prune_dagster()

    schedule = dg.ScheduleDefinition(
        name="retention",
        job=retention,
        cron_schedule="37 3 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return retention, schedule
