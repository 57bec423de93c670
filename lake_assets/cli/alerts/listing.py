"""`lake-assets alerts list`: the alerts that are open, or were, and how far each was told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.text import Text

from lake_assets.alerts.outbox import list_alerts
from lake_assets.cli.context import open_context
from lake_assets.cli.exit_status import exit_status
from lake_assets.cli.output.console import print_line, stderr_console, stdout_console
from lake_assets.cli.output.json_document import write_json
from lake_assets.escapes import escape_unprintable
from lake_assets.pluralize import pluralize

MOST_CLOSED = 100
"""Alerts that are listed with those that are over, which grow for ever."""

Alert = Mapping[str, Any]
"""An alert as the warehouse has it, with how far its messages have come."""


def run(*, closed: bool, as_json: bool) -> int:
    """List the alerts that are open, or all, and return exit status 1 if one is open."""
    limit = MOST_CLOSED if closed else None
    with open_context() as context, context.connect() as connection:
        alerts = list(list_alerts(connection, closed=closed, limit=limit))
    if as_json:
        write_json({"alerts": alerts})
    elif alerts:
        for alert in alerts:
            print_line(stdout_console(), _line(alert))
    else:
        print_line(stderr_console(), "No alert is open.")
    return exit_status(needs_attention=any(alert["closed_at"] is None for alert in alerts))


def _line(alert: Alert) -> Text:
    title = escape_unprintable(str(alert["title"]))
    progress = escape_unprintable(_progress(alert))
    return Text.assemble(f"{_when(alert)}  ", (title, _style(alert)), progress)


def _when(alert: Alert) -> str:
    opened = _minute(alert["opened_at"])
    if alert["closed_at"] is None:
        return opened
    return f"{opened} to {_minute(alert['closed_at'])}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}Z"


def _style(alert: Alert) -> str:
    if alert["closed_at"] is not None:
        return "dim"
    if alert["severity"] == "failure":
        return "bold red"
    return "yellow"


def _progress(alert: Alert) -> str:
    """Return how far an alert was told, in brackets; nothing where every receiver has it."""
    if alert["told_at"] is None:
        return " (held back: it may mend by itself)"
    if alert["undelivered"]:
        undelivered = pluralize(alert["undelivered"], "message")
        return f" ({undelivered} not delivered yet: {alert['last_error'] or 'not tried'})"
    if not alert["delivered"]:
        return " (nobody was told: there was no receiver)"
    return ""
