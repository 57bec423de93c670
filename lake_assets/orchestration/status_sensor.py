"""The sensor `status`: the grid of states is drawn anew when the ledger has changed, and each hour.

What is drawn belongs to `status_asset`.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from lake_assets.catalog.current import CurrentCatalog
from lake_assets.monitor.grid_svg import newest_change
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.sensor_session import sensor_session, skips_its_turn
from lake_assets.orchestration.status_asset import draw_status

SECONDS_BETWEEN_LOOKS = 60

DRAWN_AGAIN_AFTER = timedelta(minutes=5)
"""Until a change of the ledger is drawn: in a long backfill it changes with each look."""

DRAWN_ANYWAY_AFTER = timedelta(hours=1)
"""Until the grid is drawn though nothing changed: the hours it shows go on."""


def build_status_sensor(current: CurrentCatalog) -> dg.SensorDefinition:
    """Return the sensor that draws the grid anew, on from the start.

    Args:
        current: the catalog as it is when it is asked.
    """

    @dg.sensor(
        name="status",
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Draws the grid of states anew when the ledger has changed, and each hour.",
    )
    @skips_its_turn
    def draw_when_changed(
        context: dg.SensorEvaluationContext, warehouse: dg.ResourceParam[PostgresIOManager]
    ) -> dg.SensorResult | dg.SkipReason:
        now = datetime.now(UTC)
        with sensor_session(warehouse) as connection:
            changed = str(newest_change(connection))
            if not is_out_of_date(context.cursor, changed, now):
                return dg.SkipReason("The grid is as the ledger is.")
            drawn = draw_status(connection, current.last_readable(), now)
        return dg.SensorResult(asset_events=[drawn], cursor=f"{now.isoformat()} {changed}")

    return draw_when_changed


def is_out_of_date(cursor: str | None, changed: str, now: datetime) -> bool:
    """Return whether the grid is to be drawn again.

    Args:
        cursor: when it was drawn, and what the ledger's newest change was then; None if it never was.
        changed: the ledger's newest change.
        now: the present moment.
    """
    if not cursor:
        return True
    drawn_at, _, changed_then = cursor.partition(" ")
    age = now - datetime.fromisoformat(drawn_at)
    if changed != changed_then:
        return age >= DRAWN_AGAIN_AFTER
    return age >= DRAWN_ANYWAY_AFTER
