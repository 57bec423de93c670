"""Dagster's UI on 127.0.0.1 behind `web_guard`, as a program: `-w` names the workspace's file, `-p` the port.

It does what the command `dagster-webserver` does (dagster_webserver.cli), which has no place for a layer of
ours. Who starts it and ends it is `cli.dagster_ui`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import uvicorn
from dagster_webserver.app import create_app_from_workspace_process_context
from dagster_webserver.version import __version__

from lake_assets.orchestration.dagster_internals import (
    WorkspaceFileTarget,
    WorkspaceProcessContext,
    setup_interrupt_handlers,
)
from lake_assets.orchestration.web_guard import WebGuard

LOOPBACK = "127.0.0.1"

STATEMENT_MILLISECONDS = 15_000
"""How long a statement in Dagster's storage may take; these figures are those of `dagster-webserver`."""

RECYCLE_SECONDS = 3_600
"""After which a connection to Dagster's storage is made anew."""

MOST_OVERFLOW = 20
"""Connections beyond those that are kept."""

POLL_MILLISECONDS = 2_000
"""How often the UI looks for what is new."""


def serve(workspace: Path, port: int) -> None:
    """Serve the UI until SIGINT or SIGTERM.

    Args:
        workspace: the file that names the code location.
        port: the port of 127.0.0.1.
    """
    setup_interrupt_handlers()
    with dg.DagsterInstance.get() as instance:
        instance.optimize_for_webserver(STATEMENT_MILLISECONDS, RECYCLE_SECONDS, MOST_OVERFLOW)
        target = WorkspaceFileTarget([str(workspace)])
        with WorkspaceProcessContext(instance, target, version=__version__) as context:
            app = create_app_from_workspace_process_context(context, "", POLL_MILLISECONDS)
            uvicorn.run(WebGuard(app, port), host=LOOPBACK, port=port, log_level="warning")


def main(argv: Sequence[str] | None = None) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="Serve the Dagster UI on 127.0.0.1.")
    parser.add_argument("-w", dest="workspace", type=Path, required=True, help="the workspace's file")
    parser.add_argument("-p", dest="port", type=int, required=True, help="the port of 127.0.0.1")
    options = parser.parse_args(argv)
    serve(options.workspace, options.port)


if __name__ == "__main__":
    main()
