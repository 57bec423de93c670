"""The sign of life for an outside monitor: a URL that is called once for each run of the judge.

A judge that does not run is found by `gather.silence`; this tells those who watch from outside that it did,
and that its alerts were delivered, so that a machine that is gone altogether is missed somewhere.
"""

from datetime import datetime
from http import HTTPStatus

import psycopg

from lake_assets.alerts.gather import LOAD, SILENCE
from lake_assets.alerts.quiet_logs import keep_addresses_out_of_logs
from lake_assets.ledger.heartbeats import beat
from lake_assets.postgres import statement

PINGED = "pinged"
"""The heartbeat that says of which run the outside monitor was last told."""

TIMEOUT = 10
"""Seconds; a monitor that does not answer is called again in the next round."""


def note_load(connection: psycopg.Connection, now: datetime, *, anew: bool) -> None:
    """Write down that a load has looked at every table-hour of the catalog, as the judge does.

    Args:
        connection: a session of the warehouse, each statement committed by itself.
        now: the present moment.
        anew: do so even where no judge has ever run, so that one is missed from now on.
    """
    judged, _ = _read_beats(connection)
    if anew or judged is not None:
        beat(connection, LOAD, now)


def ping(connection: psycopg.Connection, url: str, now: datetime) -> str | None:
    """Call the heartbeat URL, unless it was called for the judge's last run, or that was long ago.

    Args:
        connection: a session of the warehouse, each statement committed by itself.
        url: the address; a secret.
        now: the present moment.

    Returns:
        What went wrong, without the address; None if nothing did, or there was nothing to do.
    """
    judged, pinged = _read_beats(connection)
    if not url or judged is None or now - judged > SILENCE:
        return None
    if pinged is not None and pinged >= judged:
        return None
    error = _call(url)
    if error is None:
        beat(connection, PINGED, judged)
    return error


def _read_beats(connection: psycopg.Connection) -> tuple[datetime | None, datetime | None]:
    """Return when the judge last ran, and of which of its runs the monitor was last told."""
    row = connection.execute(statement(__package__, "read_ping")).fetchone()
    return row or (None, None)


def _call(url: str) -> str | None:
    # Imported where there is an address to call: every command that may tell an alert comes by here.
    import requests  # noqa: PLC0415 - see above

    keep_addresses_out_of_logs()
    try:
        # No redirect is followed: nothing but the address of the setting is called. The body is left unread.
        with requests.get(url, timeout=TIMEOUT, allow_redirects=False, stream=True) as response:
            status = response.status_code
    except (OSError, ValueError) as error:
        # Its own words name the address.
        return f"the heartbeat URL could not be called ({type(error).__name__})"
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return f"the heartbeat URL answered with HTTP status {status}"
    return None
