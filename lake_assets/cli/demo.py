"""`lake-assets demo`: three days of real flights on a stack of its own, then the Dagster UI."""

from datetime import UTC, datetime
from time import monotonic

from lake_assets.alerts.outbox import list_alerts
from lake_assets.alerts.receivers import checked_receivers
from lake_assets.cli import quarantine
from lake_assets.cli.alerts import tell_all
from lake_assets.cli.answer import ALL_WELL, write_json
from lake_assets.cli.context import Context, open_context
from lake_assets.cli.display import count_states, data, say, talk
from lake_assets.cli.load import load_what_needs_it
from lake_assets.cli.status import judge, show
from lake_assets.cli.ui import serve
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


def run(*, ui: bool, port: int, as_json: bool) -> int:
    """Write, load and show the demo; serve the UI until Ctrl-C, if asked to."""
    load_env_file()
    if not Settings.from_env().embedded:
        raise ConfigurationError(
            "The demo uses a stack of its own. Unset LAKE_ASSETS_LAKE and LAKE_ASSETS_WAREHOUSE."
        )
    started = monotonic()
    console = talk()
    console.print("Starting PostgreSQL and the S3 server under .lake_assets/ …")
    with open_context() as place:
        checked_receivers(place.settings.alerts)
        console.print("Writing three days of flights and weather into the lake, as AWS DMS would …")
        _write_lake(place)
        console.print("Loading every table-hour through Dagster …")
        outcomes = load_what_needs_it(place, place.catalog.tables)
        count_states(console, outcomes)
        console.print("Judging every hour, as the schedule does after each …")
        _judge(place)
        tell_all(place)
        _show(place, as_json=as_json)
        console.print(
            f"All of it took {monotonic() - started:.0f} s. Nothing writes into this lake any more:"
        )
        console.print("hours that end from now on turn missing, as they would if DMS stopped.")
        if ui:
            serve(place.settings.home, port)
    return ALL_WELL


def _write_lake(place: Context) -> None:
    demo = write_demo_lake(make_client(), place.lake_place.bucket, datetime.now(UTC))
    place.settings.catalog.mkdir(parents=True, exist_ok=True)
    catalog = place.settings.catalog / f"{SOURCE}.yaml"
    if not catalog.exists():
        catalog.write_text(demo_catalog(demo), encoding="utf-8")


def _judge(place: Context) -> None:
    """Run the job that the schedule runs: evidence for missing hours, and the grid in the UI."""
    with place.dagster() as instance:
        result = execute(place.definitions().resolve_job_def(JUDGE_JOB), instance)
    if not result.success:
        raise LakeAssetsError(f"The demo's hours cannot be judged: {'; '.join(root_causes(result).values())}")
    with place.connect() as connection:
        forget_sweeps(connection)  # people try things on old hours of this lake, with no judge running


def _show(place: Context, *, as_json: bool) -> None:
    outcomes = judge(place, [])
    hours = [outcome.hour for outcome in outcomes]
    with place.connect() as connection:
        bad = list_quarantine(connection, place.catalog.tables, min(hours), max(hours))
        alerts = list(list_alerts(connection, closed=False, limit=None))
    if as_json:
        write_json({"quarantine": bad})
        return
    console = data()
    console.print()
    show(outcomes, whole=False)
    console.print("\nRecords in quarantine:")
    quarantine.show(bad)
    for alert in [alert for alert in alerts if alert["kind"] == "missing"][:1]:
        console.print("\nWhat people are told of the hour for which no file came:")
        for line in (str(alert["title"]), *str(alert["body"]).splitlines()):
            say(console, line, indent=4 if line else 0)
    console.print()
