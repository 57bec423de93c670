"""What else is known when a message is written, besides the incidents that it tells.

What is written of it belongs to `messages`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

from lake_assets.alerts.explanation import without_values
from lake_assets.alerts.incident import Incident, Key
from lake_assets.alerts.kinds import family_of
from lake_assets.alerts.open_alert import Step
from lake_assets.catalog.models import Catalog
from lake_assets.postgres import statement

WITH_QUARANTINE = frozenset({"quarantined", "failed"})
"""The kinds whose records in quarantine have reasons: a load that is refused puts its records there, too."""

FEWEST_TABLES = 2
"""Of a source that is called by its name: one that has a single table is called by that."""

MOST_REASONS = 3
"""Reasons of quarantined records that are told; `lake-assets quarantine list` has them all."""


@dataclass(frozen=True)
class Background:
    """What else is known when a message is written.

    Attributes:
        ui_url: where the Dagster UI is; empty if no setting says so.
        whole: the cause is a whole source that delivers nothing.
        reasons: the first reasons of quarantined records, by key of the incident.
        states: the states the table-hours of a cause that is over are in now.
    """

    ui_url: str = ""
    whole: bool = False
    reasons: Mapping[Key, Sequence[str]] = field(default_factory=dict, hash=False)
    states: Mapping[str, int] = field(default_factory=dict, hash=False)


def read_background(
    connection: psycopg.Connection, step: Step, shown: Sequence[Incident], catalog: Catalog, *, ui_url: str
) -> Background:
    """Return what else is known of a cause.

    Args:
        connection: a session of the warehouse, the ledger installed.
        step: what becomes of the cause.
        shown: those of its incidents that are told with all that is known.
        catalog: the tables.
        ui_url: where the Dagster UI is.
    """
    if step.over:
        was_whole = step.alert is not None and step.alert.whole
        states = _states_now(connection, step.incidents)
        return Background(ui_url=ui_url, whole=was_whole, states=states)
    reasons = {}
    for incident in shown:
        if incident.kind in WITH_QUARANTINE:
            reasons[incident.key] = _first_reasons(connection, incident)
    return Background(ui_url=ui_url, whole=_is_whole(step, catalog), reasons=reasons)


def _states_now(connection: psycopg.Connection, incidents: Sequence[Incident]) -> dict[str, int]:
    """Return how many table-hours of some incidents are in which state now."""
    hourly = [incident for incident in incidents if incident.table and incident.first]
    values = {
        "sources": [incident.source for incident in hourly],
        "tables": [incident.table for incident in hourly],
        "firsts": [incident.first for incident in hourly],
        "lasts": [incident.last for incident in hourly],
    }
    return dict(connection.execute(statement(__package__, "count_states"), values).fetchall())


def _first_reasons(connection: psycopg.Connection, incident: Incident) -> list[str]:
    """Return why the first records of an incident's hours are in quarantine, without their values."""
    values = {
        "source": incident.source,
        "table_name": incident.table,
        "first": incident.first,
        "last": incident.last,
        "limit": MOST_REASONS,
    }
    reasons = []
    for column, reason in connection.execute(statement(__package__, "read_reasons"), values):
        where = f"{column}: " if column else ""
        reasons.append(where + without_values(reason))
    return list(dict.fromkeys(reasons))


def _is_whole(step: Step, catalog: Catalog) -> bool:
    """Return whether a cause is that a source delivers nothing at all."""
    if family_of(step.kind) != "missing":
        return False
    source = step.incidents[0].source
    tables = {incident.table for incident in step.incidents}
    if "" in tables:
        return True
    due = {table.name for table in catalog.tables if table.source == source and table.expect == "hourly"}
    return len(due) >= FEWEST_TABLES and due <= tables
