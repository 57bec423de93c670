"""The sign of life of a run: a thread that says every few seconds that the run's process is there.

It beats from the run's start to its end, whatever the run is busy with: between steps, in a retry's pause, in
a long transform, while it waits for a place in the pool. What a sign is and who is dead belongs to
`ledger.signs_of_life`; which runs have one to `living_executor` and `runs`.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Self

import psycopg
from psycopg.conninfo import make_conninfo

from lake_assets.exceptions import LakeAssetsError
from lake_assets.ledger.signs_of_life import BEAT_SECONDS, give_sign, take_sign_back
from lake_assets.postgres import connect
from lake_assets.settings import WAREHOUSE, Warehouse

log = logging.getLogger(__name__)

FIRST_SIGN_SECONDS = 10
"""How long a run's start waits for its first sign, so that one that dies at once is known."""

LAST_WORD_SECONDS = 30
"""How long a run's end waits for its sign to be taken back: no longer than a network that fails needs."""

# A network that swallows packets would hold a beat for hours, and let the run seem dead when it works again.
PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
"""Parameters of libpq with which a session that leads nowhere ends within half a minute."""


@contextmanager
def sign_of_life(run_id: str) -> Iterator[None]:
    """Let a run be known as alive for a with block, in the warehouse of the environment.

    Without a warehouse there is none, for the run itself says so better.

    Args:
        run_id: the run's id.

    Raises:
        ConfigurationError: the warehouse's address is none.
    """
    url = os.environ.get(WAREHOUSE)
    if not url:
        yield
        return
    with SignOfLife(Warehouse.parse(url).conninfo, run_id):
        yield


class SignOfLife:
    """Beats over a session of its own, in a thread of its own, for a with block.

    What fails is tried again at the next beat over a new session: a run is not ended for its sign.
    """

    def __init__(self, conninfo: str, run_id: str) -> None:
        self._conninfo = make_conninfo(conninfo, **PATIENCE)
        self._run_id = run_id
        self._tried = Event()
        self._ended = Event()
        self._is_told = False
        self._connection: psycopg.Connection | None = None
        self._thread = Thread(target=self._beat_on, name=f"sign of life {run_id}", daemon=True)

    def __enter__(self) -> Self:
        """Begin to beat."""
        self._thread.start()
        self._tried.wait(FIRST_SIGN_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop beating, and take the sign back."""
        self._ended.set()
        self._thread.join(LAST_WORD_SECONDS)

    def _beat_on(self) -> None:
        self._beat()
        self._tried.set()
        while not self._ended.wait(BEAT_SECONDS):
            self._beat()
        self._take_back()
        self._hang_up()

    def _beat(self) -> None:
        try:
            give_sign(self._session(), self._run_id)
        except (LakeAssetsError, psycopg.Error) as error:
            self._hang_up()
            self._tell(error)
        else:
            self._is_told = False

    def _take_back(self) -> None:
        """Take the sign back; one that cannot be is of a run that has ended, and soon forgotten."""
        try:
            take_sign_back(self._session(), self._run_id)
        except (LakeAssetsError, psycopg.Error) as error:
            self._tell(error)

    def _session(self) -> psycopg.Connection:
        if self._connection is None:
            self._connection = connect(self._conninfo, autocommit=True, run_id=self._run_id)
        return self._connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _tell(self, error: Exception) -> None:
        """Say once that no sign can be given, until one was."""
        if not self._is_told:
            log.warning("Run %s cannot say that it lives: %s", self._run_id, error)
        self._is_told = True
