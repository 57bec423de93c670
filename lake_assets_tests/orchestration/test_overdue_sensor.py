"""Proves `overdue_sensor`: what a stop left undone is made up for."""

from datetime import datetime

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from lake_assets.ledger.heartbeats import beat
from lake_assets.orchestration.active_runs import SOURCE_TAG
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
