"""Making and completing the ledger: numbered migrations, each run once and recorded, and its locks.

A migration is a file `migrations/NNNN_name.sql`. It is never changed once it has been released; what is to be
otherwise becomes another one, which may add, rename and drop. What the tables hold belongs to the other
modules of this package.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files

import psycopg
from psycopg import sql

from lake_assets.exceptions import ConfigurationError, WarehouseError
from lake_assets.postgres import statement
from lake_assets.table_locks import TableChange, limit_wait

LOCKED = ("files", "quarantine", "table_hours")  # what `lock_files` and `lock_tables` lock


@dataclass(frozen=True)
class Migration:
    """One step of the ledger's history.

    Attributes:
        number: its place, from 1.
        name: what it does, in a word or two.
        script: its statements.
    """

    number: int
    name: str
    script: str


@cache
def migrations() -> tuple[Migration, ...]:
    """Return every migration, in order.

    Raises:
        RuntimeError: the numbers have a hole, or one stands twice.
    """
    folder = files(__package__).joinpath("migrations")
    found = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        number, _, name = file.name.removesuffix(".sql").partition("_")
        found.append(Migration(number=int(number), name=name, script=file.read_text(encoding="utf-8")))
    numbers = [migration.number for migration in found]
    if numbers != list(range(1, len(found) + 1)):
        raise RuntimeError(f"The ledger's migrations are numbered {numbers}, not from 1 without a hole.")
    return tuple(found)


def install(connection: psycopg.Connection) -> None:
    """Create or complete the schema `lake_assets`, unless every migration has been run.

    Two at once wait for each other. A ledger that is up to date is only looked at: creating an index that is
    there would wait for every load that is under way. One that is older is completed once no other session is
    at work on it.

    Args:
        connection: a session without an open transaction.

    Raises:
        ConfigurationError: a newer version of lake_assets has been at work on it.
        WarehouseError: others hold its tables all the while, or it does not keep what was run.
    """
    if not _missing_migrations(connection):
        return
    tables = [sql.Identifier("lake_assets", name) for name in LOCKED]
    # Loads, checks and readers come to these tables in orders of their own: whoever held some of them and
    # waited for the others without end would make a deadlock, and cost a load its work.
    change = TableChange(connection=connection, tables=tables, what="The ledger cannot be brought up to date")
    change.run(partial(_migrate, connection))
    missing = [migration.name for migration in _missing_migrations(connection)]
    if missing:
        raise WarehouseError(
            f"The ledger's migrations {', '.join(missing)} were run, and lake_assets.migrations does not "
            "have them. See whether a trigger, a rule or a policy of that table keeps them out."
        )


def _migrate(connection: psycopg.Connection) -> None:
    """Run what is missing, in a transaction that gives up where it has to wait for a second table."""
    lock(connection, "lake_assets")
    missing = _missing_migrations(connection)
    if missing and _has_tables(connection):
        limit_wait(connection)
        connection.execute(statement(__package__, "lock_files"))
        connection.execute(statement(__package__, "lock_tables"))
    for migration in missing:
        # Without values the server takes a script of many statements as it is.
        connection.execute(migration.script.encode())
        if migration.number == 1:
            connection.execute(statement(__package__, "create_migrations"))
        values = {"number": migration.number, "name": migration.name}
        connection.execute(statement(__package__, "note_migration"), values)


def _missing_migrations(connection: psycopg.Connection) -> Sequence[Migration]:
    known = migrations()
    done = _newest_migration(connection)
    if done > len(known):
        raise ConfigurationError(
            f"The ledger of this warehouse has migration {done}, and this version of lake_assets knows "
            f"{len(known)}. Install the version that was at work on it, or a later one."
        )
    return known[done:]


def _newest_migration(connection: psycopg.Connection) -> int:
    if not _exists(connection, "migrations"):
        return 0
    row = connection.execute(statement(__package__, "newest_migration")).fetchone()
    return int(row[0]) if row else 0


def _has_tables(connection: psycopg.Connection) -> bool:
    return _exists(connection, "files")


def _exists(connection: psycopg.Connection, table: str) -> bool:
    row = connection.execute(statement(__package__, "table_exists"), {"table_name": table}).fetchone()
    return bool(row and row[0])


def lock(connection: psycopg.Connection, what: str) -> None:
    """Wait until no other transaction holds `what`, and hold it until this one ends."""
    connection.execute(statement(__package__, "lock"), {"what": what})
