"""Progress bars, for as long as something takes, on stderr; on anything but a terminal there are none."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    track,
)
from rich.text import Text

from lake_assets.cli.output.console import print_line, stderr_console
from lake_assets.cli.output.summary import need_attention
from lake_assets.escapes import escape_unprintable
from lake_assets.progress import Settled
from lake_assets.states.state import NEED_ATTENTION

Item = TypeVar("Item")

BYTES_IN_MEGABYTE = 1e6


class TableHoursBar:
    """A progress bar over table-hours and bytes: it listens to loads and checks."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("table-hours", total=total, bytes="")
        self._bytes = 0
        self._done: set[tuple[str, datetime]] = set()
        self._needing_attention: set[tuple[str, datetime]] = set()

    def read(self, size: int) -> None:
        """Show bytes that were read."""
        self._bytes += size
        self._progress.update(self._task, bytes=f"{self._bytes / BYTES_IN_MEGABYTE:,.1f} MB")

    def settled(self, outcome: Settled) -> None:
        """Show that a table-hour is done; told of one again, the last word counts."""
        table_hour = outcome.table, outcome.hour
        self._done.add(table_hour)
        if outcome.state in NEED_ATTENTION:
            self._needing_attention.add(table_hour)
        else:
            self._needing_attention.discard(table_hour)
        self._progress.update(self._task, completed=len(self._done), description=self._description)

    @property
    def _description(self) -> str:
        attention = len(self._needing_attention)
        if not attention:
            return "table-hours"
        return f"{attention} {need_attention(attention)}"

    def unmatched(self, url: str, reason: str) -> None:
        """Show an object that was not loaded."""
        what = escape_unprintable(f"{url}: {reason}")
        print_line(self._progress.console, Text.assemble(("not loaded ", "yellow"), what))


@contextmanager
def table_hours_bar(total: int) -> Iterator[TableHoursBar]:
    """Show progress over table-hours for the length of a with block.

    Args:
        total: how many table-hours there are to do.
    """
    with open_progress(stderr_console(), TextColumn("{task.fields[bytes]}")) as progress:
        yield TableHoursBar(progress, total)


def with_progress(items: Sequence[Item], what: str) -> Iterable[Item]:
    """Return items one by one, with a progress bar over them.

    Args:
        items: what to go through.
        what: what is done with them, such as `listing tables`.
    """
    console = stderr_console()
    return track(items, what, console=console, transient=True, disable=not console.is_terminal)


def open_progress(console: Console, *further: ProgressColumn) -> Progress:
    """Return a progress bar to be used in a with block: what is done, how much of it, and for how long.

    Args:
        console: where to draw it.
        further: columns before the time.
    """
    return Progress(
        TextColumn("{task.description}", markup=False),  # a folder's name may be in it
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        *further,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
