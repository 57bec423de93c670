"""Proves `load_sensor`: what needs a load is asked for, after a stop of any length too."""

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from lake_assets.hours import format_hour, partition_key
from lake_assets.monitor import backlog as reloads
from lake_assets.orchestration.active_runs import SOURCE_TAG
from lake_assets.orchestration.assets import asset_key
from lake_assets.orchestration.load_sensor import RUNS_AT_ONCE
from lake_assets_tests.fix_monitor import Court, after, at, make_source
from lake_assets_tests.orchestration.ticks import requests, tick


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
