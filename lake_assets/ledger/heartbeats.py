"""When what runs by itself last ran to its end: the rows of `lake_assets.heartbeats`.

How long a silence may last, and who is told of it, belongs to `alerts`.
"""

from datetime import datetime

import psycopg

from lake_assets.postgres import statement


def beat(connection: psycopg.Connection, name: str, now: datetime) -> None:
    """Write down that something has run to its end."""
    connection.execute(statement(__package__, "beat"), {"name": name, "now": now})


def last_beat(connection: psycopg.Connection, name: str) -> datetime | None:
    """Return when something last ran to its end; None if it never did."""
    row = connection.execute(statement(__package__, "last_beat"), {"name": name}).fetchone()
    return row[0] if row else None
