"""`lake-assets alerts`, and what other commands do for alerts. What is told is `lake_assets.alerts`'."""

from datetime import UTC, datetime

import psycopg
from rich.text import Text

from lake_assets.alerts.gather import silence
from lake_assets.alerts.heartbeat import note_load, ping
from lake_assets.alerts.messages import Message
from lake_assets.alerts.outbox import list_alerts
from lake_assets.alerts.receivers import checked_receivers, send
from lake_assets.alerts.service import Told, tell
from lake_assets.cli.answer import ALL_WELL, NEEDS_ATTENTION, write_json
from lake_assets.cli.context import Context, open_context
from lake_assets.cli.display import data, one_line, say, talk
from lake_assets.exceptions import ConfigurationError
from lake_assets.pluralize import pluralize
from lake_assets.settings import ALERTS

MOST_LISTED = 100

TEST = Message(
    "a test of lake_assets",
    "This is a test: alerts of lake_assets arrive here.\n\nNothing is wrong, and there is nothing to do.",
)


def run_list(*, closed: bool, as_json: bool) -> int:
    """List the alerts that are open, or all; give exit status 1 if one is open."""
    with open_context() as place, place.connect() as connection:
        alerts = list(list_alerts(connection, closed=closed, limit=MOST_LISTED if closed else None))
    if as_json:
        write_json({"alerts": alerts})
    else:
        for alert in alerts:
            say(data(), _line(alert))
        if not alerts:
            say(talk(), "No alert is open.")
    return NEEDS_ATTENTION if any(alert["closed_at"] is None for alert in alerts) else ALL_WELL


def _line(alert: dict[str, object]) -> Text:
    opened, closed = alert["opened_at"], alert["closed_at"]
    when = f"{opened:%Y-%m-%dT%H:%M}Z" + (f" to {closed:%Y-%m-%dT%H:%M}Z" if closed else "")
    style = "dim" if closed else "bold red" if alert["severity"] == "failure" else "yellow"
    if alert["told_at"] is None:
        how = " (held back: it may mend by itself)"
    elif alert["undelivered"]:
        number = pluralize(int(str(alert["undelivered"])), "message")
        how = f" ({number} not delivered yet: {alert['last_error'] or 'not tried'})"
    else:
        how = "" if alert["delivered"] else " (nobody was told: there was no receiver)"
    return Text.assemble(f"{when}  ", (one_line(str(alert["title"])), style), one_line(how))


def run_send(*, as_json: bool) -> int:
    """Run a round; give exit status 1 if a message is still to be delivered."""
    with open_context() as place:
        checked_receivers(place.settings.alerts)
        with place.connect() as connection:
            told = _round(place, connection)
    delivered = told.delivered
    if as_json:
        counts = {"open": told.open, "delivered": delivered.messages, "waiting": delivered.waiting}
        write_json(counts | {"opened": told.opened, "errors": delivered.errors})
    else:
        say(
            talk(),
            f"{pluralize(told.open, 'alert')} open; {pluralize(delivered.messages, 'message')} delivered.",
        )
        _complain(told)
    return NEEDS_ATTENTION if delivered.waiting else ALL_WELL


def run_test(*, as_json: bool) -> int:
    """Send a test message to each receiver; give exit status 1 if one did not take it.

    Raises:
        ConfigurationError: there is no receiver, or a URL is wrong.
    """
    with open_context() as place:
        receivers = checked_receivers(place.settings.alerts)
    if not receivers:
        raise ConfigurationError(f"{ALERTS} is not set: there is nobody to tell. Set it to Apprise URLs.")
    results = [{"service": receiver.service, "error": send(receiver, TEST, "info")} for receiver in receivers]
    if as_json:
        write_json({"receivers": results})
    else:
        for result in results:
            mark = ("BAD ", "bold red") if result["error"] else ("OK  ", "green")
            say(
                data(),
                Text.assemble(mark, f"{result['service']}: {result['error'] or 'it took the message'}"),
            )
    return NEEDS_ATTENTION if any(result["error"] for result in results) else ALL_WELL


def look_after(place: Context) -> None:
    """Before work is begun: see that alerts can be told, and say if the judge is silent.

    Raises:
        ConfigurationError: a URL of LAKE_ASSETS_ALERTS is wrong.
    """
    checked_receivers(place.settings.alerts)
    say_silence(place)


def say_silence(place: Context) -> bool:
    """Say on stderr that the judge has not run for two hours, if so, and tell whether."""
    with place.connect() as connection:
        troubles = silence(connection, place.catalog, datetime.now(UTC))
    for trouble in troubles:
        whose = f" for {trouble.source}" if trouble.source else ""
        say(talk(), Text(f"{trouble.reason}{whose}: see that dagster-daemon runs.", "bold red"))
    return bool(troubles)


def tell_all(place: Context, *, judged: bool = False) -> None:
    """After work is done: tell what is wrong and what is over, and say what could not be delivered.

    Args:
        place: the command's workplace.
        judged: the command has looked at every table-hour, so that the judge is not missed.
    """
    with place.connect() as connection:
        if judged:
            watched = bool(place.settings.heartbeat_url)
            note_load(connection, datetime.now(UTC), anew=watched)
        _complain(_round(place, connection))


def _round(place: Context, connection: psycopg.Connection) -> Told:
    now = datetime.now(UTC)
    told = tell(connection, place.catalog, place.settings, now)
    if not told.delivered.waiting and (error := ping(connection, place.settings.heartbeat_url, now)):
        say(talk(), error)
    return told


def _complain(told: Told) -> None:
    if told.delivered.waiting:
        why = f" ({'; '.join(told.delivered.errors)})" if told.delivered.errors else ""
        waiting = pluralize(told.delivered.waiting, "message")
        say(talk(), f"alerts: {waiting} not delivered yet{why}; the next round tries again.")


def describe_receivers(place: Context) -> str:
    """Say who is told, for the doctor.

    Raises:
        ConfigurationError: a URL of LAKE_ASSETS_ALERTS is wrong.
    """
    receivers = checked_receivers(place.settings.alerts)
    if not receivers:
        return f"no receiver, for {ALERTS} is not set: `lake-assets alerts list` shows what nobody is told of"
    return (
        f"{pluralize(len(receivers), 'receiver')} ({', '.join(receiver.service for receiver in receivers)})"
    )
