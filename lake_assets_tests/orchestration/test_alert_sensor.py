"""Proves the sensor `alerts`: a round each minute, with what only Dagster knows."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from lake_assets.catalog.current import CurrentCatalog
from lake_assets.exceptions import ConfigurationError
from lake_assets.monitor import run_plan as plan
from lake_assets.orchestration.active_runs import SOURCE_TAG
from lake_assets.orchestration.alert_sensor import build_alert_sensor, failed_runs
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets_tests.fix_alerts import TOKEN, Desk, Inbox, at

HOURS = dg.HourlyPartitionsDefinition(start_date="2018-09-01-00:00")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """Give Dagster's own storage, in memory."""
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def tick(
    desk: Desk, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str | None]:
    """Give what runs a tick of the sensor, under settings of its own, and gives what it says."""
    sensor = build_alert_sensor(CurrentCatalog(desk.catalog))

    def run(**environ: str) -> str | None:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        warehouse = PostgresIOManager(url=desk.url)
        with dg.build_sensor_context(instance=instance, resources={"warehouse": warehouse}) as context:
            said = sensor(context)
        assert isinstance(said, dg.SkipReason)
        return said.skip_message

    return run


def load(instance: dg.DagsterInstance, *, fails: bool) -> dg.ExecuteInProcessResult:
    """Materialize an hour of shop.orders."""

    @dg.asset(key=["shop", "orders"], partitions_def=HOURS)
    def orders() -> None:
        if fails:
            raise RuntimeError("postgresql://loader:secret@host/db: out of memory")

    key = "2018-09-06-10:00"
    return dg.materialize([orders], instance=instance, partition_key=key, raise_on_error=False)


def run_job(
    instance: dg.DagsterInstance, name: str, *, fails: bool, tags: dict[str, str] | None = None
) -> str:
    """Run a job without assets to its good or bad end; give the run's id."""

    @dg.op
    def look() -> None:
        if fails:
            raise RuntimeError("no lake")

    @dg.job(name=name, executor_def=dg.in_process_executor)
    def job() -> None:
        look()

    return job.execute_in_process(instance=instance, tags=tags, raise_on_error=False).run_id


def test_a_tick_tells_and_says_what_it_did(desk: Desk, inbox: Inbox, tick: Callable[..., str | None]) -> None:
    """The sensor is on by default, tells the receivers of the settings, and calls the heartbeat URL."""
    desk.state("orders", 0, "missing")
    desk.beat((datetime.now(UTC) - datetime(2018, 9, 6, 10, tzinfo=UTC)).total_seconds() / 3600)
    heartbeat = f"http://127.0.0.1:{inbox.port}/alive"

    said = tick(LAKE_ASSETS_ALERTS=inbox.url, LAKE_ASSETS_HEARTBEAT_URL=heartbeat)

    assert said == "1 open, 1 new; 1 messages delivered"
    assert inbox.told == ["failure: missing: shop.orders, 2018-09-06T10"]
    assert inbox.paths == ["/alive"]
    assert build_alert_sensor(CurrentCatalog(desk.catalog)).default_status == dg.DefaultSensorStatus.RUNNING


def test_no_sign_of_life_while_alerts_wait(desk: Desk, inbox: Inbox, tick: Callable[..., str | None]) -> None:
    """Where an alert could not be delivered, the outside monitor is to find out."""
    inbox.answer = 500
    desk.state("orders", 0, "missing")
    desk.beat((datetime.now(UTC) - datetime(2018, 9, 6, 10, tzinfo=UTC)).total_seconds() / 3600)
    heartbeat = f"http://127.0.0.1:{inbox.port}/alive"

    said = tick(LAKE_ASSETS_ALERTS=inbox.url, LAKE_ASSETS_HEARTBEAT_URL=heartbeat)

    assert said == "1 open, 1 new; 0 messages delivered, 1 waiting"
    assert inbox.paths == []


def test_a_bad_url_fails_the_tick_after_the_others_were_told(
    desk: Desk, inbox: Inbox, tick: Callable[..., str | None]
) -> None:
    """One malformed URL keeps no other receiver from its alerts, and shows as the tick's error, unquoted."""
    desk.state("orders", 0, "missing")

    with pytest.raises(ConfigurationError) as caught:
        tick(LAKE_ASSETS_ALERTS=f"{inbox.url} slack://{TOKEN}")

    assert TOKEN not in str(caught.value)
    assert len(inbox.received) == 1


def test_a_run_that_fails_before_its_hours_is_told(
    desk: Desk, inbox: Inbox, instance: dg.DagsterInstance, tick: Callable[..., str | None]
) -> None:
    """A run of which the ledger knows nothing is told with its error, and its end when one succeeds."""
    run_id = load(instance, fails=True).run_id
    environ = {"LAKE_ASSETS_ALERTS": inbox.url, "LAKE_ASSETS_UI_URL": "http://127.0.0.1:3000/"}
    for _ in range(2):
        tick(**environ)
    load(instance, fails=False)
    tick(**environ)

    title = "run failed: shop.orders, 2018-09-06T10"
    assert inbox.told == [f"failure: {title}", f"success: over: {title}"]
    body = inbox.received[0]["message"]
    assert "out of memory" in body
    assert "secret" not in body
    assert f"  see: http://127.0.0.1:3000/runs/{run_id}\n" in body
    assert "  lake-assets load shop.orders --from 2018-09-06T10 --to 2018-09-06T11" in body
    assert desk.query("SELECT count(*) FROM lake_assets.alerts WHERE closed_at IS NULL") == [(0,)]


def test_a_run_whose_hours_the_ledger_knows_is_not_told(
    desk: Desk, inbox: Inbox, instance: dg.DagsterInstance, tick: Callable[..., str | None]
) -> None:
    """What became of a run's table-hours is told by their states, not a second time by the run."""
    run_id = load(instance, fails=True).run_id
    desk.state("orders", 0, "failed", "the disk is full")
    desk.connection.execute("UPDATE lake_assets.table_hours SET run_id = %s", [run_id])

    tick(LAKE_ASSETS_ALERTS=inbox.url)

    assert inbox.told == ["failure: failed: shop.orders, 2018-09-06T10"]


def test_a_job_that_fails_is_told_until_it_succeeds(desk: Desk, instance: dg.DagsterInstance) -> None:
    """Runs of jobs without assets count too; of several that failed, the newest is told."""
    run_job(instance, "check", fails=True)
    newest = run_job(instance, "check", fails=True)

    (failed,) = failed_runs(instance, desk.catalog, datetime.now(UTC))
    assert (failed.run_id, failed.job, failed.tables, failed.first) == (newest, "check", (), None)
    assert "no lake" in failed.error
    run_job(instance, "check", fails=False)
    assert list(failed_runs(instance, desk.catalog, datetime.now(UTC))) == []


def test_a_failed_run_of_scattered_hours_is_told_by_its_ends(
    desk: Desk, instance: dg.DagsterInstance
) -> None:
    """A run whose hours are no range of partitions has its first and last hour in tags of its own."""
    run = plan.Run(((desk.catalog.tables[0], (at(0), at(50))),))

    run_job(instance, "load", fails=True, tags=run.tags)

    (failed,) = failed_runs(instance, desk.catalog, datetime.now(UTC))
    assert (failed.first, failed.last) == (at(0), at(50))


def test_a_source_that_is_judged_says_nothing_of_another(
    inbox: Inbox, instance: dg.DagsterInstance, tick: Callable[..., str | None]
) -> None:
    """Where the judge fails for two sources and works for a third, those two are told, in one alert."""
    for source in ("crm", "erp"):
        run_job(instance, "judge", fails=True, tags={SOURCE_TAG: source})
    run_job(instance, "judge", fails=False, tags={SOURCE_TAG: "shop"})
    tick(LAKE_ASSETS_ALERTS=inbox.url)
    for source in ("crm", "erp"):
        run_job(instance, "judge", fails=False, tags={SOURCE_TAG: source})
    tick(LAKE_ASSETS_ALERTS=inbox.url)

    title = "run failed: 2 runs"
    assert inbox.told == [f"failure: {title}", f"success: over: {title}"]
    body = inbox.received[0]["message"]
    assert ("judge of crm" in body, "judge of erp" in body, "judge of shop" in body) == (True, True, False)
    assert "lake-assets status" in body


def test_only_a_later_success_of_the_same_ends_a_failure(desk: Desk, instance: dg.DagsterInstance) -> None:
    """A run that failed is told until one of its job succeeds after it, with all of its tables."""

    def run(status: dg.DagsterRunStatus, job: str, *tables: str) -> None:
        chosen = frozenset(dg.AssetKey(["shop", table]) for table in tables)
        create_run_for_test(instance, job_name=job, status=status, asset_selection=chosen)

    run(dg.DagsterRunStatus.SUCCESS, "load", "orders")
    run(dg.DagsterRunStatus.FAILURE, "load", "orders")
    run(dg.DagsterRunStatus.SUCCESS, "load", "customers")
    run(dg.DagsterRunStatus.SUCCESS, "other", "orders")
    (failed,) = failed_runs(instance, desk.catalog, datetime.now(UTC))
    assert failed.tables == ("shop.orders",)

    run(dg.DagsterRunStatus.SUCCESS, "load", "orders", "customers")

    assert not list(failed_runs(instance, desk.catalog, datetime.now(UTC)))


def test_a_failed_run_is_told_with_its_tables_and_hours(desk: Desk, instance: dg.DagsterInstance) -> None:
    """Assets of others are left out, a range has both its ends, and what failed days ago is past."""
    tags = {
        "dagster/asset_partition_range_start": "2018-09-06-10:00",
        "dagster/asset_partition_range_end": "2018-09-06-12:00",
    }
    chosen = frozenset([dg.AssetKey(["shop", "orders"]), dg.AssetKey("report")])
    create_run_for_test(instance, status=dg.DagsterRunStatus.FAILURE, asset_selection=chosen, tags=tags)
    now = datetime.now(UTC)

    (failed,) = failed_runs(instance, desk.catalog, now)

    assert (failed.tables, failed.first, failed.last) == (("shop.orders",), at(0), at(2))
    assert not list(failed_runs(instance, desk.catalog, now + timedelta(days=2)))
