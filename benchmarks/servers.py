"""The servers that the benchmark starts for itself, and what they use of the processor."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from lake_assets.embedded.postgres import PostgresServer
from lake_assets.embedded.signals import tidy_endings
from lake_assets.embedded.stack import EmbeddedStack

# As a warehouse of some size would have them; durability stays as PostgreSQL has it.
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB"}


@contextmanager
def running_stack(folder: Path) -> Iterator[EmbeddedStack]:
    """Run a stack in a fresh folder below `folder`, and leave nothing of it behind."""
    folder.mkdir(parents=True, exist_ok=True)
    with tidy_endings(), TemporaryDirectory(prefix="servers-", dir=folder) as home:
        stack = EmbeddedStack(Path(home))
        stack.postgres = PostgresServer(stack.home / "postgres", settings=SETTINGS)
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()


def cpu_seconds(program: str) -> float:
    """Give the CPU time of a server that this process has started, with that of its own processes.

    A process that has ended is in its parent's figures once the parent has waited for it, which PostgreSQL's
    first process does for all others (proc(5), cutime and cstime).

    Args:
        program: `postgres` or `weed`.
    """
    (server,) = (child for child in psutil.Process().children() if child.name() == program)
    while True:
        running = server.children(recursive=True)
        times = server.cpu_times()
        seconds = times.user + times.system + times.children_user + times.children_system
        try:
            for its_own in (process.cpu_times() for process in running):
                seconds += its_own.user + its_own.system
        except psutil.NoSuchProcess:
            continue
        # One that ended meanwhile would be counted nowhere, or twice.
        if server.children(recursive=True) == running:
            return float(seconds)
