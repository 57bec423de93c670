"""The Dagster UI and its daemon as children of this command, on loopback only, for as long as it runs.

Servers of a company's own are started by its own means (docs/operations.md), not from here.
"""

import os
import signal
import socket
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path
from threading import Event

import psutil

from lake_assets.cli.output.console import stderr_console
from lake_assets.embedded import processes
from lake_assets.exceptions import ConfigurationError

LOOPBACK = "127.0.0.1"

PORTS_TRIED = 20
"""Enough to get past other servers on a laptop; whoever wants another range gives --port."""

WEB_SERVER = "lake_assets.orchestration.web_server"
"""The module that serves the UI: Dagster's own web server, behind a guard against pages from elsewhere."""

START_SECONDS = 90.0
"""How long the web server may take to answer; it imports all of Dagster first."""

LOOK_SECONDS = 1.0
"""How often it is looked whether both still run."""

STOP_SIGNALS = ((signal.SIGINT, 10.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
"""How a child is ended, and how many seconds it has after each signal."""


def serve(home: Path, wanted: int) -> None:
    """Serve the UI and run the daemon until Ctrl-C; both are gone when this returns.

    Args:
        home: folder for their logs; what an earlier command left running for the same folder is ended first.
        wanted: the port to serve on; one of the next is taken if another program has it.

    Raises:
        ConfigurationError: no port is free, or the UI does not come up.
    """
    workspace = home / "workspace.yaml"
    workspace.write_text(files("lake_assets.cli").joinpath("workspace.yaml").read_text(encoding="utf-8"))
    _end_earlier(workspace)
    port = _free_port(wanted)
    with ExitStack() as stack:
        served = [sys.executable, "-P", "-m", WEB_SERVER, "-w", str(workspace), "-p", str(port)]
        web = stack.enter_context(_child(home, "dagster-webserver", served))
        daemon_program = Path(sysconfig.get_path("scripts")) / "dagster-daemon"
        run = [str(daemon_program), "run", "-w", str(workspace)]
        daemon = stack.enter_context(_child(home, "dagster-daemon", run))
        if not processes.answers_in_time(web, lambda: _answers(port), START_SECONDS):
            raise ConfigurationError(f"The Dagster UI did not start. See {home / 'dagster-webserver.log'}.")
        stderr_console().print(f"The Dagster UI is at http://{LOOPBACK}:{port} (Ctrl-C stops everything)")
        _wait_while_running(web, daemon)


def _end_earlier(workspace: Path) -> None:
    """End what an earlier command that was killed has left running for the same workspace."""
    process = processes.find(str(workspace))
    while process is not None:
        processes.end(process, STOP_SIGNALS)
        process = processes.find(str(workspace))


def _wait_while_running(*children: psutil.Process) -> None:
    never = Event()
    try:
        while not any(processes.is_gone(child) for child in children):
            never.wait(LOOK_SECONDS)
    except KeyboardInterrupt:
        stderr_console().print("Stopping …")


@contextmanager
def _child(home: Path, name: str, argv: Sequence[str]) -> Iterator[psutil.Process]:
    """Run a program with a log in `home`, for the length of a with block.

    Args:
        home: the folder of the log.
        name: what the log is called.
        argv: its command line, which names the workspace.
    """
    child = processes.launch(argv, home / f"{name}.log", os.environ)
    try:
        yield child
    finally:
        _end_with_children(child)


def _end_with_children(child: psutil.Process) -> None:
    # Asked for before it ends, for nobody knows them as its children afterwards.
    grandchildren = child.children(recursive=True) if child.is_running() else []
    processes.end(child, STOP_SIGNALS)
    for orphan in grandchildren:
        if orphan.is_running():
            processes.end(orphan, STOP_SIGNALS)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


def _free_port(wanted: int) -> int:
    """Return the first port from the wanted one on that no other program has.

    Raises:
        ConfigurationError: none of those that are tried is free.
    """
    for port in range(wanted, wanted + PORTS_TRIED):
        if _answers(port):
            continue
        if port != wanted:
            told = f"Port {wanted} is taken by another program; the UI goes to port {port}."
            stderr_console().print(told)
        return port
    raise ConfigurationError(
        f"Ports {wanted} to {wanted + PORTS_TRIED - 1} are all taken. Give another with --port."
    )
