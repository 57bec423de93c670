"""Proves `overdue_sensor`: what a stop left undone is made up for."""

from datetime import datetime

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from lake_assets.ledger.heartbeats import beat
from lake_assets.load.loader import TableLoader
from lake_assets.orchestration.active_runs import SOURCE_TAG
from lake_assets.orchestration.assets import POOL, asset_key
from lake_assets.orchestration.overdue_sensor import is_overdue
from lake_assets_tests.fix_monitor import Court, at, make_source
from lake_assets_tests.orchestration.ticks import requests, tick


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


def test_a_source_that_has_not_begun_is_not_overdue(court: Court) -> None:
    """A source whose first hour lies ahead is judged once, and then when that hour is over."""
    beat(court.connection, "judge:shop", at(0))

    assert not is_overdue(court.connection, make_source(start=at(48), orders={}), at(5))
