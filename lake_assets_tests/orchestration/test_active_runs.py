"""Proves `active_runs`: which runs are in the way of others."""

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.test_utils import create_run_for_test

from lake_assets.orchestration.active_runs import active_runs, read_unfinished


def test_a_run_of_long_ago_is_in_nobodys_way(instance: dg.DagsterInstance) -> None:
    """A run that was started hours ago is taken for lost; one that waits is still to come."""
    started, waiting = (
        create_run_for_test(instance, status=status).run_id
        for status in (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED)
    )

    now, later = (
        {
            run.run_id
            for run in active_runs(read_unfinished(instance), {}, datetime.now(UTC) + timedelta(hours=hours))
        }
        for hours in (5, 7)
    )

    assert (now, later) == ({started, waiting}, {waiting})
