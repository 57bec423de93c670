"""One round of alerts: what is wrong becomes causes and messages, and what is due is delivered.

Run it as often as you like, from the daemon and the command line at once: the state is in the warehouse, and
nothing depends on who ran last. What is wrong is `gather`'s, what is told `causes`', the words are
`messages`'.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from lake_assets.alerts import outbox
from lake_assets.alerts.background import read_background
from lake_assets.alerts.causes import decide
from lake_assets.alerts.failed_runs import FailedRun
from lake_assets.alerts.gather import gather
from lake_assets.alerts.messages import shown_incidents, write
from lake_assets.alerts.open_alert import Step
from lake_assets.alerts.outbox import Delivered
from lake_assets.alerts.receivers import read_receivers, send
from lake_assets.catalog.models import Catalog
from lake_assets.ledger.install import lock
from lake_assets.settings import Settings

LOCK = "lake_assets alerts"
"""What a round holds while it writes: two at once would open one cause twice."""


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
    """Write down what is to be told, then deliver it; return how that went.

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
    return Told(opened=opened, open=open_now, delivered=delivered, faults=tuple(faults))


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
    incidents = gather(connection, catalog, now, quarantined=settings.alert_quarantined, runs=runs or ())
    alerts = outbox.read_open(connection)
    opened = []
    open_now = sum(alert.kind in unseen for alert in alerts)
    for step in decide(incidents, alerts, now, unseen=unseen):
        title = _keep(connection, step, catalog, settings, now)
        if step.event == "opened":
            opened.append(title)
        if step.told and not step.over:
            open_now += 1
    return tuple(opened), open_now


def _keep(
    connection: psycopg.Connection, step: Step, catalog: Catalog, settings: Settings, now: datetime
) -> str:
    """Write down what became of a cause, with the message that tells it; return its title."""
    background = read_background(connection, step, shown_incidents(step), catalog, ui_url=settings.ui_url)
    message = write(step, background)
    outbox.keep(connection, step, now, message, whole=background.whole)
    return message.title
