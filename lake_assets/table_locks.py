"""Changing a table that others read and write: short waits, pauses in which they go on, and an end to it.

A statement that waits for ACCESS EXCLUSIVE lets every reader wait behind it. So it waits for a moment, and
tries again after a pause. Which statements these are belongs to the modules that run them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import sleep
from typing import NamedTuple, TypeVar

import psycopg
from psycopg import sql

from lake_assets.exceptions import WarehouseError
from lake_assets.postgres import APPLICATION, statement

WAIT_SECONDS = 2
"""How long a statement waits: longer than deadlock_timeout (a second), when the server ends an autovacuum."""

PAUSE_SECONDS = 2
"""Between two waits: whoever came meanwhile has gone on."""

MOST_WAITS = 15
"""A minute, with the pauses. Waits for a load of ours do not count, for it comes to an end."""

MOST_NAMED = 5  # sessions in an error; with these gone it says which others there are

_Result = TypeVar("_Result")


class Holder(NamedTuple):
    """Who holds a lock on a table.

    Attributes:
        pid: the session's process; None for a prepared transaction.
        application: how the session is named; may be empty.
        user: its user; may be empty.
        gid: the name of the prepared transaction.
    """

    pid: int | None
    application: str
    user: str
    gid: str | None

    @property
    def is_ours(self) -> bool:
        """Whether it is a session of lake_assets."""
        return self.application.split(" ", 1)[0] == APPLICATION

    def __str__(self) -> str:
        """Return it as people find it."""
        if self.pid is None:
            return f"the prepared transaction {self.gid!r}"
        application = self.application or "without a name"
        return f"pid {self.pid} ({application}{f', user {self.user}' if self.user else ''})"


@dataclass(frozen=True)
class TableChange:
    """A change of tables that must not hold up their readers.

    Attributes:
        connection: a session without an open transaction.
        tables: the tables.
        what: what the change is, as an error begins: "shop.orders: a column cannot be added".
    """

    connection: psycopg.Connection
    tables: Sequence[sql.Identifier]
    what: str

    def run(self, change: Callable[[], _Result]) -> _Result:
        """Run a change in a transaction of its own, again and again until it need not wait.

        Args:
            change: what is done in the transaction; it calls `limit_wait` once it has waited for its turn.

        Raises:
            WarehouseError: others hold the tables all the while.
        """
        waits = 0
        while True:
            try:
                with self.connection.transaction():
                    return change()
            except psycopg.errors.LockNotAvailable as error:
                holders = self._holders()
                if not holders or not all(holder.is_ours for holder in holders):
                    waits += 1
                if waits == MOST_WAITS:
                    raise WarehouseError(self._refusal(holders)) from error
            sleep(PAUSE_SECONDS)

    def _holders(self) -> list[Holder]:
        values = {"tables": [table.as_string(self.connection) for table in self.tables]}
        rows = self.connection.execute(statement(__package__, "lock_holders"), values)
        return [Holder(*row) for row in rows]

    def _refusal(self, holders: Sequence[Holder]) -> str:
        in_the_way = [holder for holder in holders if not holder.is_ours]
        named = ", ".join(map(str, in_the_way[:MOST_NAMED])) or "sessions that came and went"
        more = len(in_the_way) - MOST_NAMED
        if more > 0:
            named += f" and {more} more"
        return (
            f"{self.what}, for it is in use all the time: {named}. It was tried {MOST_WAITS} times for "
            f"{WAIT_SECONDS} seconds, so that no reader has to wait for it. Let them end, or end them with "
            "pg_terminate_backend(pid) (ROLLBACK PREPARED for a prepared transaction), and load again."
        )


def limit_wait(connection: psycopg.Connection) -> None:
    """Let no statement of this transaction wait for a lock any longer than a moment."""
    connection.execute(statement(__package__, "limit_wait"), {"limit": f"{WAIT_SECONDS}s"})
