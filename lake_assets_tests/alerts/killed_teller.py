"""Rounds of alerts that kill themselves: `python -m lake_assets_tests.alerts.killed_teller CATALOG`.

Each line on stdin holds the round's moment and a number. A child runs the round; each statement, each end of
a transaction and each sending, before and after it, is a step, and before the step of that number the child
sends itself SIGKILL. With 0 it lives. The answer on stdout is the signal that ended it, or 0, and how many
steps it took. Warehouse and receivers come from the environment.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from lake_assets.alerts import service
from lake_assets.alerts.receivers import read_receivers
from lake_assets.catalog.models import Catalog
from lake_assets.catalog.read import read_catalog
from lake_assets.settings import Settings
from lake_assets_tests.mortal import answer_lines

NAME = "killed_teller"


def run(deadly: int, now: datetime, catalog: Catalog, settings: Settings) -> int:
    """Run a round, dying before step `deadly`; give the number of steps."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def pluralize(method: Callable[..., Any], *, after: bool = False) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            step()
            result = method(*args, **kwargs)
            if after:
                step()
            return result

        return call

    with psycopg.connect(
        os.environ["WAREHOUSE"], autocommit=True, options="-c timezone=UTC", application_name=NAME
    ) as connection:
        psycopg.Connection.execute = pluralize(psycopg.Connection.execute)  # type: ignore[method-assign]
        psycopg.Cursor.execute = pluralize(psycopg.Cursor.execute)  # type: ignore[method-assign]
        psycopg.Transaction.__exit__ = pluralize(psycopg.Transaction.__exit__)  # type: ignore[method-assign]
        service.send = pluralize(service.send, after=True)  # type: ignore[attr-defined]
        service.tell(connection, catalog, settings, now)
    return steps


def main(folder: str) -> None:
    """Answer each line on stdin with what became of a child that runs a round."""
    catalog, settings = read_catalog(Path(folder)), Settings.from_env()
    read_receivers(settings.alerts)  # Apprise reads its 183 services once, not in each child

    def act(line: str) -> int:
        moment, deadly = line.split()
        return run(int(deadly), datetime.fromisoformat(moment), catalog, settings)

    answer_lines(act)


if __name__ == "__main__":
    main(sys.argv[1])
