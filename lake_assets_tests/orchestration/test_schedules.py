"""Proves `schedules`: what Dagster starts by itself, after a stop of any length too."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from lake_assets.catalog.models import Catalog, Source
from lake_assets.hours import format_hour, partition_key
from lake_assets.ledger.heartbeats import beat
from lake_assets.load.loader import TableLoader
from lake_assets.monitor import backlog as reloads
from lake_assets.orchestration.assets import POOL, asset_key
from lake_assets.orchestration.build import build_definitions
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.schedules import (
    RUNS_AT_ONCE,
    SOURCE_TAG,
    is_out_of_date,
    is_overdue,
    runs_under_way,
)
from lake_assets.settings import LakePlace
from lake_assets_tests.fix_monitor import Court, after, at, make_source

NOW = datetime(2018, 9, 9, 12, 0, tzinfo=UTC)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """Give a Dagster instance that forgets."""
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def definitions(source: Source) -> dg.Definitions:
    """Assemble what Dagster is to know of a source."""
    return build_definitions(Catalog(sources=(source,)), LakePlace("bucket"))


def tick(court: Court, instance: dg.DagsterInstance, name: str, cursor: str | None = None) -> dg.SensorResult:
    """Let a sensor look once."""
    sensor = definitions(court.source).resolve_sensor_def(name)
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    result = sensor(context, warehouse=PostgresIOManager(url=court.url))
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result if isinstance(result, dg.SensorResult) else dg.SensorResult(skip_reason=result)


def requests(result: dg.SensorResult) -> Sequence[dg.RunRequest]:
    """Give the runs a sensor asks for."""
    return result.run_requests or []


@pytest.mark.parametrize(("grace", "cron"), [(10, "10 * * * *"), (90, "30 * * * *")])
def test_a_source_is_judged_each_hour_after_its_grace(grace: int, cron: str) -> None:
    """The schedule of a source runs when the grace of the last hour is over, and is on by default."""
    source = make_source(orders={}).model_copy(update={"grace": timedelta(minutes=grace)})

    schedule = definitions(source).resolve_schedule_def("judge_shop")

    assert schedule.cron_schedule == cron
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    (request,) = (
        schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=NOW)).run_requests or []
    )
    assert request.run_config == {"ops": {"judge_table_hours": {"config": {"sources": ["shop"]}}}}


def test_every_sensor_is_on_by_default() -> None:
    """A deployment needs no click for its hours to be loaded."""
    sensors = definitions(make_source(orders={})).get_repository_def().sensor_defs

    assert {sensor.name for sensor in sensors} == {"alerts", "load_shop", "overdue", "status"}
    assert {sensor.default_status for sensor in sensors} == {dg.DefaultSensorStatus.RUNNING}


def test_what_needs_a_load_is_asked_for(court: Court, instance: dg.DagsterInstance) -> None:
    """A run names its tables and its range of hours, and has a key of its own; asked again there is none."""
    court.put(0)
    court.put(1)
    court.now = after(2)
    court.judge()

    (request,) = requests(tick(court, instance, "load_shop"))

    assert request.asset_selection == [asset_key(court.source.tables[0])]
    assert request.tags["dagster/asset_partition_range_start"] == partition_key(at(0))
    assert request.tags["dagster/asset_partition_range_end"] == partition_key(at(1))
    assert request.run_key
    assert not requests(tick(court, instance, "load_shop"))


@pytest.mark.parametrize("tag", ["dagster/partition", "dagster/asset_partition_range"])
def test_what_a_run_is_about_to_load_is_left_to_it(
    court: Court, instance: dg.DagsterInstance, tag: str
) -> None:
    """Hours of a run that somebody has begun are not asked for a second time."""
    for number in range(2):
        court.put(number)
    court.now = after(2)
    court.judge()
    ends = [tag] if tag.endswith("partition") else [f"{tag}_start", f"{tag}_end"]
    create_run_for_test(
        instance,
        status=dg.DagsterRunStatus.NOT_STARTED,
        tags=dict.fromkeys(ends, partition_key(at(0))),
        asset_selection=frozenset([asset_key(court.source.tables[0])]),
    )

    (request,) = requests(tick(court, instance, "load_shop"))

    assert request.tags["dagster/asset_partition_range_start"] == partition_key(at(1))


def test_scattered_hours_are_one_run(court: Court, instance: dg.DagsterInstance) -> None:
    """Hours apart are named in one run's config, are not asked for while it waits, and those between are."""
    for number in (0, 30, 200):
        court.put(number)
    court.source = make_source(orders={"expect": "sparse"})
    court.now = after(202)
    court.judge()

    (request,) = requests(tick(court, instance, "load_shop"))

    hours = [format_hour(at(number)) for number in (0, 30, 200)]
    assert request.run_config == {"ops": {"shop__orders": {"config": {"hours": hours}}}}
    assert request.tags["lake_assets/first_hour"] == hours[0]
    assert request.tags["lake_assets/last_hour"] == hours[2]
    assert not [tag for tag in request.tags if tag.startswith("dagster/asset_partition")]
    create_run_for_test(
        instance,
        status=dg.DagsterRunStatus.NOT_STARTED,
        tags=dict(request.tags),
        run_config=request.run_config,
        asset_selection=frozenset(request.asset_selection or ()),
    )
    for number in (30, 100):
        court.put(number, minute=20)
    court.judge()
    (late,) = requests(tick(court, instance, "load_shop"))
    assert late.tags["dagster/asset_partition_range_start"] == partition_key(at(100))


def test_no_herd_of_runs(court: Court, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the stop, a source has only so many runs under way at once."""
    monkeypatch.setattr(reloads, "HOURS_PER_RUN", 1)
    court.source = make_source(orders={"expect": "sparse"})
    for number in range(0, 40, 4):
        court.put(number)
    court.now = after(40)
    court.judge()
    judges = {"job_name": "judge", "tags": {SOURCE_TAG: "shop"}}
    others = {"asset_selection": frozenset([dg.AssetKey(["crm", "a"])]), "tags": {SOURCE_TAG: "crm"}}
    for options in (judges, others):
        create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED, **options)

    first = requests(tick(court, instance, "load_shop"))
    for request in first[1:]:
        create_run_for_test(
            instance,
            status=dg.DagsterRunStatus.STARTED,
            tags=dict(request.tags) | {SOURCE_TAG: "shop"},
            asset_selection=frozenset(request.asset_selection or ()),
        )
    then = requests(tick(court, instance, "load_shop"))

    starts = [request.tags["dagster/asset_partition_range_start"] for request in [*first, *then]]
    assert len(first) == RUNS_AT_ONCE
    assert starts == [partition_key(at(number)) for number in range(0, 20, 4)]


def test_a_missed_judgement_is_made_up_for(court: Court, instance: dg.DagsterInstance) -> None:
    """A source that nobody judged is judged now, once, whatever of it is loaded meanwhile."""
    create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED, tags={SOURCE_TAG: "shop"})
    (request,) = requests(tick(court, instance, "overdue"))
    assert request.run_config["ops"]["judge_table_hours"]["config"]["sources"] == ["shop"]

    create_run_for_test(
        instance, job_name="judge", status=dg.DagsterRunStatus.NOT_STARTED, tags={SOURCE_TAG: "shop"}
    )

    assert not requests(tick(court, instance, "overdue"))


def test_a_run_whose_process_is_gone_is_ended(
    court: Court, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A started run without a session is ended at the second look, if it is not waiting or busy elsewhere."""
    key = asset_key(court.source.tables[0])
    dead, alive, waiting = (
        create_run_for_test(
            instance, status=dg.DagsterRunStatus.STARTED, asset_selection=frozenset([key])
        ).run_id
        for _ in range(3)
    )
    foreign, mixed = (
        create_run_for_test(instance, status=dg.DagsterRunStatus.STARTED, asset_selection=selection).run_id
        for selection in (None, frozenset([key, dg.AssetKey("report")]))
    )
    judging, queued = (
        create_run_for_test(instance, status=status, job_name="judge").run_id
        for status in (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED)
    )
    pool = instance.event_log_storage
    # The storage in memory has pools as PostgreSQL's has, and says that it has none.
    monkeypatch.setattr(type(pool), "supports_global_concurrency_limits", True)
    pool.set_concurrency_slots(POOL, 1)
    assert pool.claim_concurrency_slot(POOL, dead, "shop__orders").is_claimed
    assert not pool.claim_concurrency_slot(POOL, waiting, "shop__orders").is_claimed

    with TableLoader(court.url, court.lake, court.source.tables[0], alive):
        first = tick(court, instance, "overdue")
        assert not instance.get_run_by_id(dead).is_finished  # type: ignore[union-attr]
        tick(court, instance, "overdue", first.cursor)

    finished = {run.run_id: run.is_finished for run in instance.get_runs()}
    others = dict.fromkeys((alive, waiting, foreign, mixed, queued), False)
    assert finished == {dead: True, judging: True} | others


@pytest.mark.parametrize(
    ("judged", "now", "overdue"),
    [
        ("11:11", "11:59", False),
        ("11:11", "12:14", False),
        ("11:11", "12:16", True),
        ("12:10", "12:59", False),
    ],
)
def test_when_a_source_is_overdue(court: Court, judged: str, now: str, *, overdue: bool) -> None:
    """A source is overdue some minutes after the hour's grace is over, if its last judgement is older."""

    def moment(text: str) -> datetime:
        return datetime.fromisoformat(f"2018-09-06T{text}:00+00:00")

    beat(court.connection, "judge:shop", moment(judged))

    assert is_overdue(court.connection, court.source, moment(now)) is overdue


def test_a_run_of_long_ago_is_in_nobodys_way(instance: dg.DagsterInstance) -> None:
    """A run that was started hours ago is taken for lost; one that waits is still to come."""
    started, waiting = (
        create_run_for_test(instance, status=status).run_id
        for status in (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED)
    )

    now, later = (
        {run.run_id for run in runs_under_way(instance, datetime.now(UTC) + timedelta(hours=hours))}
        for hours in (5, 7)
    )

    assert (now, later) == ({started, waiting}, {waiting})


def test_a_source_that_has_not_begun_is_not_overdue(court: Court) -> None:
    """A source whose first hour lies ahead is judged once, and then when that hour is over."""
    beat(court.connection, "judge:shop", at(0))

    assert not is_overdue(court.connection, make_source(start=at(48), orders={}), at(5))


def test_the_grid_is_drawn_anew_when_the_ledger_changes(court: Court, instance: dg.DagsterInstance) -> None:
    """The first look draws the grid, the next does not as long as nothing changed."""
    court.judge()

    drawn = tick(court, instance, "status")
    again = tick(court, instance, "status", drawn.cursor)

    (event,) = drawn.asset_events
    assert event.asset_key == dg.AssetKey(["lake_assets", "status"])
    assert again.skip_reason


@pytest.mark.parametrize(
    ("minutes", "changed", "due"),
    [(4, "b", False), (5, "b", True), (59, "a", False), (60, "a", True)],
)
def test_when_the_grid_is_out_of_date(minutes: int, changed: str, *, due: bool) -> None:
    """A change is drawn after some minutes at most, and the grid each hour anyway."""
    assert is_out_of_date(f"{NOW.isoformat()} a", changed, NOW + timedelta(minutes=minutes)) is due
