"""Proves `sensor_session`: no sensor stands still while another is at work."""

import dagster as dg
import psycopg
import pytest

from lake_assets.orchestration import sensor_session
from lake_assets_tests.fix_monitor import Court
from lake_assets_tests.orchestration.ticks import tick


def test_a_sensor_skips_its_turn_while_the_ledger_is_held(
    court: Court, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever holds the ledger's tables, each sensor says so, and looks as ever when they are free again."""
    monkeypatch.setattr(sensor_session, "MOST_SECONDS", 0.02)
    names = ("load_shop", "overdue", "status", "alerts")
    with psycopg.connect(court.url) as other:
        other.execute("LOCK lake_assets.heartbeats, lake_assets.findings, lake_assets.table_hours")
        held = [tick(court, instance, name).skip_reason for name in names]
    free = [tick(court, instance, name).skip_reason for name in names]

    assert ["Another session holds" in str(reason) for reason in held] == [True] * 4
    assert not [reason for reason in free if "Another session holds" in str(reason)]
