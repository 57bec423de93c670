"""What a sensor looks at the warehouse with: a session that waits for nobody for long.

Dagster's daemon lets sensors look one after the other where it has no threads for them
(https://docs.dagster.io/guides/automate/sensors): one that waits holds up all the others.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import dagster as dg
import psycopg

from lake_assets.ledger.install import install
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.postgres import statement

MOST_SECONDS = 3
"""For which a sensor waits for a lock; the next tick tries again."""

_Given = ParamSpec("_Given")
_Told = TypeVar("_Told")


@contextmanager
def sensor_session(warehouse: PostgresIOManager) -> Iterator[psycopg.Connection]:
    """Open a session for a with block, the ledger installed, in which no statement waits for long.

    Args:
        warehouse: the warehouse.

    Raises:
        psycopg.errors.LockNotAvailable: another holds what is needed.
    """
    with warehouse.connect() as connection:
        connection.execute(statement(__package__, "limit_waits"), {"limit": f"{MOST_SECONDS}s"})
        install(connection)
        yield connection


def skips_its_turn(look: Callable[_Given, _Told]) -> Callable[_Given, _Told | dg.SkipReason]:
    """Let a sensor that would have to wait for another's work say so, and look again at its next tick."""

    @wraps(look)
    def look_or_skip(*args: _Given.args, **kwargs: _Given.kwargs) -> _Told | dg.SkipReason:
        try:
            return look(*args, **kwargs)
        except psycopg.errors.LockNotAvailable as error:
            words = str(error).strip().splitlines()[0]
            return dg.SkipReason(
                f"Another session holds what this needs in the warehouse ({words}). The next tick looks."
            )

    return look_or_skip
