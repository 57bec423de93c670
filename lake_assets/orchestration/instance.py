"""Dagster's instance for a command, its troubles told as ours.

What is run on it belongs to `runs`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from sqlalchemy.exc import SQLAlchemyError

from lake_assets.exceptions import ConfigurationError

OVERRIDES = {
    # Otherwise the first run of a DAGSTER_HOME greets people in the terminal.
    "telemetry": {"enabled": False},
    # Otherwise each step starts two processes and takes stderr, where progress is shown, for itself.
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    },
}
"""What a command needs otherwise than dagster.yaml says; the file stays as it is."""

NEVER = 0
AN_HOUR = 3600  # seconds after which a connection is made anew, as servers and proxies end idle ones

PASSWORD = re.compile(r"(://[^:/@\s]*):[^@\s]+@")


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
        instance.optimize_for_webserver(statement_timeout=NEVER, pool_recycle=AN_HOUR, max_overflow=10)
        try:
            yield instance
        except SQLAlchemyError as error:
            raise _unusable(home, error) from error


def _unusable(home: Path, error: BaseException) -> ConfigurationError:
    while error.__cause__ is not None:
        error = error.__cause__
    first_line = (str(error).strip().splitlines() or [""])[0]
    reason = PASSWORD.sub(r"\1:***@", first_line)
    return ConfigurationError(
        f"Dagster cannot keep its runs and events ({type(error).__name__}: {reason}). "
        f"Check {home / 'dagster.yaml'} and the database it names; `dagster instance info` says more."
    )
