"""Signs of life of runs: rows of `lake_assets.heartbeats`, written anew from a run's start to its end.

A row is a promise to write it again: who gives one keeps it (`orchestration.sign_of_life`), and a run that
gave none is nothing that can be silent. The server's clock tells the time, for runs work on other machines.
What is done with a run that is dead belongs to `orchestration.overdue_sensor`.
"""

from datetime import timedelta

import psycopg

from lake_assets.postgres import APPLICATION, statement

BEAT_SECONDS = 15
"""Between two signs of a run."""

SILENT_AFTER = timedelta(minutes=3)
"""Unheard of for so long, and not at work in the warehouse, a run is dead; networks fail for less."""

FORGOTTEN_AFTER = timedelta(days=1)
"""Of runs that died, and that somebody else has ended."""


def give_sign(connection: psycopg.Connection, run_id: str) -> None:
    """Write down that a run lives now, and will be heard of again."""
    connection.execute(statement(__package__, "give_sign"), {"run_id": run_id})


def take_sign_back(connection: psycopg.Connection, run_id: str) -> None:
    """Forget a run: it has ended, or is known to be dead."""
    connection.execute(statement(__package__, "take_sign_back"), {"run_id": run_id})


def read_signs(connection: psycopg.Connection) -> dict[str, bool]:
    """Return whether each run that gave a sign of life is alive.

    A run that has not been heard of lately lives all the same while the warehouse works for it, or while it
    is in a transaction: code of the user's may keep all threads of its process waiting. A session that is
    idle says nothing, for a pooler keeps those of the dead.
    """
    values = {"application": APPLICATION, "silent_after": SILENT_AFTER}
    return dict(connection.execute(statement(__package__, "read_signs"), values).fetchall())


def forget_old_signs(connection: psycopg.Connection) -> None:
    """Forget the runs that were last heard of long ago."""
    connection.execute(statement(__package__, "forget_old_signs"), {"forgotten_after": FORGOTTEN_AFTER})
