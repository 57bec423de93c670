"""One round of alerts: what is wrong becomes causes and messages, and what is due is delivered.

Run it as often as you like, from the daemon and the command line at once: the state is in the warehouse, and
nothing depends on who ran last. What is wrong is `gather`'s, what is told `causes`', the words are `words`'.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from lake_assets.alerts import outbox
from lake_assets.alerts.causes import FAMILY, Step, decide
from lake_assets.alerts.gather import FailedRun, first_reasons, gather, states_now
from lake_assets.alerts.messages import MOST_SHOWN, Background, write
from lake_assets.alerts.outbox import Delivered
from lake_assets.alerts.receivers import read_receivers, send
from lake_assets.catalog.models import Catalog
from lake_assets.ledger.install import lock
from lake_assets.settings import Settings

LOCK = "lake_assets alerts"
FEWEST_TABLES = 2


@dataclass(frozen=True)
class Told:
    """How a round went.

    Attributes:
        opened: titles of the causes that are new.
        open: how many causes last.
        delivered: how the deliveries went.
        faults: what is wrong with the receivers' URLs, without their secrets.
    """

    opened: tuple[str, ...]
    open: int
    delivered: Delivered
    faults: tuple[str, ...] = field(default=())


def tell(
    connection: psycopg.Connection,
    catalog: Catalog,
    settings: Settings,
    now: datetime,
    *,
    runs: Iterable[FailedRun] | None = None,
) -> Told:
    """Write down what is to be told, then deliver it.

    Causes and messages are committed together, before anything is sent; what could not be sent is sent by a
    later round, whoever runs it. Without receivers all is written all the same.

    Args:
        connection: a session of the warehouse, the ledger installed, each statement committed by itself.
        catalog: the tables.
        settings: receivers and limits.
        now: the present moment.
        runs: failed runs of Dagster, where they were looked for; else their alerts stay as they are.
    """
    receivers, faults = read_receivers(settings.alerts)
    with connection.transaction():
        opened, open_now = note(connection, catalog, settings, now, runs=runs)
        outbox.address(connection, receivers, now)
    delivered = outbox.deliver(connection, receivers, now, send)
    return Told(opened, open_now, delivered, tuple(faults))


def note(
    connection: psycopg.Connection,
    catalog: Catalog,
    settings: Settings,
    now: datetime,
    *,
    runs: Iterable[FailedRun] | None = None,
) -> tuple[tuple[str, ...], int]:
    """Write down what is to be told, for the next round to deliver.

    Args:
        connection: a session of the warehouse in a transaction, the ledger installed.
        catalog: the tables.
        settings: limits.
        now: the present moment.
        runs: failed runs of Dagster, where they were looked for; else their alerts stay as they are.

    Returns:
        The titles of the causes that are new, and how many causes last.
    """
    lock(connection, LOCK)
    unseen = frozenset({"run_failed"} if runs is None else ())
    troubles = gather(connection, catalog, now, quarantined=settings.alert_quarantined, runs=runs or ())
    alerts = outbox.read_open(connection)
    steps = decide(troubles, alerts, now, unseen=unseen)
    opened = [_keep(connection, step, catalog, settings, now) for step in steps]
    open_now = sum(not step.over and step.told != frozenset() for step in steps)
    open_now += sum(alert.kind in unseen for alert in alerts)
    return tuple(title for title in opened if title), open_now


def _keep(
    connection: psycopg.Connection, step: Step, catalog: Catalog, settings: Settings, now: datetime
) -> str | None:
    whole = step.alert.whole if step.over and step.alert else _is_whole(step, catalog)
    background = Background(
        ui_url=settings.ui_url,
        whole=whole,
        reasons={
            trouble.key: first_reasons(connection, trouble)
            for trouble in step.troubles[:MOST_SHOWN]
            if not step.over and trouble.kind in {"quarantined", "failed"}
        },
        states=states_now(connection, step.troubles) if step.over else None,
    )
    message = write(step, background)
    outbox.keep(connection, step, now, message, whole=whole)
    return message.title if step.event == "opened" else None


def _is_whole(step: Step, catalog: Catalog) -> bool:
    """Tell whether a cause is that a source delivers nothing at all."""
    if FAMILY.get(step.kind, step.kind) != "missing":
        return False
    troubles = step.troubles
    source = troubles[0].source
    if any(trouble.source == source and not trouble.table for trouble in troubles):
        return True
    due = {table.name for table in catalog.tables if table.source == source and table.expect == "hourly"}
    return len(due) >= FEWEST_TABLES and due <= {trouble.table for trouble in troubles}
