"""The asset `lake_assets/status`: the grid of states as a picture, and the check `volume` beside it.

Nothing computes the asset: the job `judge` and the sensor `status` report it. How the grid is drawn belongs
to `monitor.grid_svg`, which volumes are odd to `monitor.volume`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg

from lake_assets.catalog.models import Catalog
from lake_assets.hours import ONE_HOUR, floor_hour
from lake_assets.ledger.heartbeats import last_beat
from lake_assets.ledger.install import install
from lake_assets.monitor.findings import OpenFinding, read_findings
from lake_assets.monitor.grid_svg import as_markdown, count_attention, draw, read_grid
from lake_assets.monitor.source import HEARTBEAT
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.metadata import table_metadata
from lake_assets.states.state import State

STATUS = dg.AssetKey(["lake_assets", "status"])

VOLUME = "volume"
"""The name of the check, and the kind of the findings it tells of."""

MOST_FINDINGS_SHOWN = 50
"""Findings that the UI lists; all of them stand in lake_assets.findings."""


def status_spec() -> dg.AssetSpec:
    """Describe the asset that holds the grid of states; nothing computes it, the judge draws it."""
    return dg.AssetSpec(
        STATUS,
        group_name="lake_assets",
        kinds={"postgres"},
        description=(
            "The state of every table-hour of the last three days, as a picture, with the open findings. "
            "Newest first: see the latest materialization."
        ),
    )


def draw_status(connection: psycopg.Connection, catalog: Catalog, now: datetime) -> dg.AssetMaterialization:
    """Return the grid as it is now, as a materialization of the asset `lake_assets/status`.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        catalog: the tables.
        now: the present moment.
    """
    grid = read_grid(connection, catalog, floor_hour(now) + ONE_HOUR)
    attention = count_attention(connection, catalog)
    findings = read_findings(connection)
    judged_at = last_beat(connection, HEARTBEAT)
    return dg.AssetMaterialization(
        STATUS,
        metadata={
            "grid": dg.MetadataValue.md(as_markdown(draw(grid))),
            "need_attention": sum(attention.values()),
            "states": _list_states(attention),
            "findings": _list_findings(findings),
            "judged_at": judged_at.isoformat() if judged_at else "never",
        },
    )


def _list_states(attention: Mapping[State, int]) -> str:
    if not attention:
        return "all is well"
    return ", ".join(f"{count} {state}" for state, count in sorted(attention.items()))


def _list_findings(findings: Sequence[OpenFinding]) -> str | dg.TableMetadataValue:
    """Return findings as a table; their words quote folders and keys, so they are no Markdown."""
    if not findings:
        return "none"
    rows = [
        (finding.kind, finding.note, f"{finding.found_at:%Y-%m-%dT%H:%M}")
        for finding in findings[:MOST_FINDINGS_SHOWN]
    ]
    more = len(findings) - len(rows)
    if more:
        rows.append(("", f"and {more} more, in lake_assets.findings", ""))
    return table_metadata(["kind", "finding", "since"], rows)


def build_volume_check() -> dg.AssetChecksDefinition:
    """Return the check that warns of hours whose records are far from the same hour of past weeks."""

    @dg.asset_check(
        asset=STATUS,
        name=VOLUME,
        description="Warns of hours whose records are far from those of the same hour of past weeks.",
    )
    def volume(warehouse: dg.ResourceParam[PostgresIOManager]) -> dg.AssetCheckResult:
        with warehouse.connect() as connection:
            install(connection)
            return dg.AssetCheckResult(**_volume_verdict(connection))

    return volume


def evaluate_volume(connection: psycopg.Connection) -> dg.AssetCheckEvaluation:
    """Return what the check `volume` says now, for a run that does not carry the check itself.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
    """
    return dg.AssetCheckEvaluation(
        asset_key=STATUS, check_name=VOLUME, blocking=False, **_volume_verdict(connection)
    )


def _volume_verdict(connection: psycopg.Connection) -> dict[str, Any]:
    """Return what result and evaluation of the check have in common."""
    odd = [finding for finding in read_findings(connection) if finding.kind == VOLUME]
    description = f"{len(odd)} hours are far from past weeks." if odd else "No hour is far from past weeks."
    return {
        "passed": not odd,
        "severity": dg.AssetCheckSeverity.WARN,
        "description": description,
        "metadata": {"hours": len(odd), "figures": _list_findings(odd)},
    }
