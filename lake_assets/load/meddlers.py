"""What may keep rows of main from coming or going: triggers, rules, policies, parts, and a view in its place.

Of a plain table without any, the server's own counts of its statements are true. Where there are some, rows
are counted after each statement (`load.main_rows`, `load.child_rows`), and an error names them.
"""

from collections.abc import Sequence
from datetime import datetime

import psycopg
from psycopg import sql

from lake_assets.postgres import statement


def list_meddlers(connection: psycopg.Connection, main: sql.Identifier) -> list[str]:
    """Return what stands between a statement and the rows of a table, as people call it."""
    values = {"main": main.as_string(connection)}
    rows = connection.execute(statement(__package__, "list_meddlers"), values)
    return [f"{kind} {name}" for kind, name in rows]


def count_hour(connection: psycopg.Connection, main: sql.Identifier, hour: datetime) -> dict[int, int]:
    """Return how many rows of an hour a table has, by file id, once triggers that wait have run."""
    connection.execute(statement(__package__, "settle_deferred"))
    count = statement(__package__, "count_hour", main=main)
    return dict(connection.execute(count, {"hour": hour}).fetchall())


def blame(meddlers: Sequence[str]) -> str:
    """Return how a sentence goes on that says of a table's rows that they are not what they should be."""
    if not meddlers:
        return ""
    return f" (see what it does with them: {', '.join(meddlers)})"
