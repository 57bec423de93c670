"""What commands do for alerts: before their work see that alerts can be told, behind it tell them.

What is told, and to whom, belongs to `lake_assets.alerts`; the commands `lake-assets alerts …` to `listing`
and `sending`.
"""

from datetime import UTC, datetime

import psycopg
from rich.text import Text

from lake_assets.alerts.gather import silence
from lake_assets.alerts.heartbeat import note_load, ping
from lake_assets.alerts.receivers import checked_receivers
from lake_assets.alerts.service import Told, tell
from lake_assets.cli.context import Context
from lake_assets.cli.output.console import print_line, stderr_console
from lake_assets.monitor.columns import settle_columns
from lake_assets.pluralize import pluralize


def prepare_alerts(context: Context) -> None:
    """Before work is begun: see that alerts can be told, and write on stderr if the judge is silent.

    Raises:
        ConfigurationError: a URL of LAKE_ASSETS_ALERTS is wrong.
    """
    checked_receivers(context.settings.alerts)
    tell_silence(context)


def tell_silence(context: Context) -> bool:
    """Write on stderr that the judge has not run for two hours, if so, and return whether."""
    with context.connect() as connection:
        incidents = silence(connection, context.catalog, datetime.now(UTC))
    for incident in incidents:
        whose = f" for {incident.source}" if incident.source else ""
        line = f"{incident.reason}{whose}: see that dagster-daemon runs."
        print_line(stderr_console(), Text(line, "bold red"))
    return bool(incidents)


def tell_alerts(context: Context, *, judged: bool = False) -> None:
    """After work is done: tell what is wrong and what is over, and write what could not be delivered.

    Args:
        context: what the command works with.
        judged: the command has looked at every table-hour, so that the judge is not missed.
    """
    with context.connect() as connection:
        for source in context.catalog.sources:
            settle_columns(connection, source, datetime.now(UTC))
        if judged:
            is_watched = bool(context.settings.heartbeat_url)
            note_load(connection, datetime.now(UTC), anew=is_watched)
        told = run_round(context, connection)
    tell_undelivered(told)


def run_round(context: Context, connection: psycopg.Connection) -> Told:
    """Tell what is to be told, call the heartbeat's URL if all was delivered, and return what came of it."""
    now = datetime.now(UTC)
    told = tell(connection, context.catalog, context.settings, now)
    if not told.delivered.waiting:
        error = ping(connection, context.settings.heartbeat_url, now)
        if error:
            print_line(stderr_console(), error)
    return told


def tell_undelivered(told: Told) -> None:
    """Write on stderr how many messages of a round are still to be delivered, and why."""
    if not told.delivered.waiting:
        return
    waiting = pluralize(told.delivered.waiting, "message")
    why = f" ({'; '.join(told.delivered.errors)})" if told.delivered.errors else ""
    print_line(stderr_console(), f"alerts: {waiting} not delivered yet{why}; the next round tries again.")
