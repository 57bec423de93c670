"""Records that cannot be loaded, set aside in a temporary table until the load knows its end.

What is kept of them for good, and for how long, belongs to `ledger`.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace

import psycopg

from lake_assets.postgres import holdable, statement


@dataclass(frozen=True)
class Reject:
    """One record on its way into quarantine; fields in the order of `lake_assets_rejects`.

    Attributes:
        key: the file's key, whole, as in S3.
        record: number of the record in its file, from 1, header not counted.
        raw: the record's own bytes, without its line end.
        reason: what is wrong, as a sentence.
        column_name: the warehouse column that could not take its value, where it is one column.
        value: that value.
        sqlstate: PostgreSQL's code for the refusal, where it was PostgreSQL that refused.
    """

    key: str
    record: int
    raw: bytes
    reason: str
    column_name: str | None = None
    value: str | None = None
    sqlstate: str | None = None


def create_rejects(connection: psycopg.Connection) -> None:
    """Create the temporary table; it goes with the transaction."""
    connection.execute(statement(__package__, "create_rejects"))


def set_aside(connection: psycopg.Connection, rejects: Iterable[Reject]) -> None:
    """Set records aside; a NUL cannot stand in a `text` value and is shown as U+FFFD there, not in `raw`."""
    with (
        connection.cursor() as cursor,
        cursor.copy(statement(__package__, "copy_rejects")) as copy,
    ):
        for reject in rejects:
            value = reject.value and holdable(reject.value)
            copy.write_row(astuple(replace(reject, value=value)))
