"""Proves `status_sensor`: when the grid of states is drawn."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from lake_assets.orchestration.status_sensor import is_out_of_date
from lake_assets_tests.fix_monitor import Court
from lake_assets_tests.orchestration.ticks import tick

NOW = datetime(2018, 9, 9, 12, 0, tzinfo=UTC)


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
