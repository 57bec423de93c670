"""Dagster's instance for a command, its troubles told as ours.

What is run on it belongs to `runs`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from lake_assets.exceptions import ConfigurationError
from lake_assets.orchestration.dagster_internals import NO_COMPUTE_LOGS, InstanceRef
from lake_assets.orchestration.passwords import mask_passwords

OVERRIDES = {
    # Otherwise the first run of a DAGSTER_HOME greets people in the terminal.
    "telemetry": {"enabled": False},
    # Otherwise each step starts two processes and takes stderr, where progress is shown, for itself.
    "compute_logs": NO_COMPUTE_LOGS,
}
"""What a command needs otherwise than dagster.yaml says; the file stays as it is."""

NO_TIMEOUT = 0
"""Milliseconds that a statement of Dagster's may take: a command waits for its storage."""

RECYCLE_SECONDS = 3600
"""After which a connection is made anew, as servers and proxies end idle ones."""

MOST_OVERFLOW = 10
"""Connections beyond the one that is kept, for the threads of Dagster; SQLAlchemy's own default."""


@contextmanager
def open_instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """Open the instance of a folder for a with block.

    Args:
        home: DAGSTER_HOME; its dagster.yaml, if there is one, says where runs and events are kept.

    Raises:
        ConfigurationError: dagster.yaml is wrong, or the database it names fails.
    """
    try:
        instance = dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=OVERRIDES))
    except Exception as error:  # whatever a dagster.yaml makes Dagster import and connect to
        raise _unusable(home, error) from error
    with instance:
        # Otherwise dagster-postgres connects anew for each query, eight times for a table-hour.
        instance.optimize_for_webserver(
            statement_timeout=NO_TIMEOUT, pool_recycle=RECYCLE_SECONDS, max_overflow=MOST_OVERFLOW
        )
        try:
            yield instance
        except SQLAlchemyError as error:
            raise _unusable(home, error) from error


def _unusable(home: Path, error: BaseException) -> ConfigurationError:
    root = _root_cause(error)
    lines = str(root).strip().splitlines() or [""]
    reason = mask_passwords(lines[0])
    return ConfigurationError(
        f"Dagster cannot keep its runs and events ({type(root).__name__}: {reason}). "
        f"Check {home / 'dagster.yaml'} and the database it names; `dagster instance info` says more."
    )


def _root_cause(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error
