"""The sign of life for an outside monitor: a URL that is called once for each run of the judge.

A judge that does not run is found by `gather.silence`; this tells those who watch from outside that it did,
and that its alerts were delivered, so that a machine that is gone altogether is missed somewhere.
"""

import http.client
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any

import psycopg

from lake_assets.alerts.gather import LOAD, SILENCE
from lake_assets.ledger.heartbeats import beat
from lake_assets.postgres import statement

PINGED = "pinged"
TIMEOUT = 10  # seconds


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: nothing but the address of the setting is called."""

    def redirect_request(self, *_: Any) -> None:
        """Say that there is nothing to follow."""


def note_load(connection: psycopg.Connection, now: datetime, *, anew: bool) -> None:
    """Write down that a load has looked at every table-hour of the catalog, as the judge does.

    Args:
        connection: a session of the warehouse, each statement committed by itself.
        now: the present moment.
        anew: do so even where no judge has ever run, so that one is missed from now on.
    """
    row = connection.execute(statement(__package__, "read_ping")).fetchone()
    if anew or (row and row[0]):
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
    row = connection.execute(statement(__package__, "read_ping")).fetchone()
    judged, pinged = row or (None, None)
    if not url or judged is None or now - judged > SILENCE or (pinged and pinged >= judged):
        return None
    error = _call(url)
    if error is None:
        beat(connection, PINGED, judged)
    return error


def _call(url: str) -> str | None:
    try:
        # The settings take http and https only.
        with urllib.request.build_opener(NoRedirect).open(url, timeout=TIMEOUT):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        return f"the heartbeat URL answered with HTTP status {error.code}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"the heartbeat URL could not be called ({type(error).__name__})"
