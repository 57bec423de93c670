"""What people see in a terminal: progress on stderr, tables and grids on stdout.

What there is to show is worked out by the commands.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from lake_assets.hours import format_hour
from lake_assets.ledger.ledger import State
from lake_assets.ledger.states import FINE
from lake_assets.progress import Settled

SIGNS: dict[State, tuple[str, str]] = {
    "loaded": ("=", "green"),
    "quarantined": ("Q", "yellow"),
    "missing": ("M", "bold red"),
    "failed": ("F", "bold red"),
    "mismatch": ("X", "bold red"),
    "stale": ("S", "magenta"),
    "quiet": (".", "dim"),
    "expected": ("~", "cyan"),
    "waived": ("w", "blue"),
}
"""One letter a state, legible without colour, and its colour."""

MOST_SHOWN = 20


def talk() -> Console:
    """Give the console that people are talked to on: stderr."""
    return Console(stderr=True, highlight=False)


def data() -> Console:
    """Give the console that data is written to: stdout, never cut off when it is not a terminal."""
    return Console(highlight=False, soft_wrap=True)


class Bar:
    """A progress bar over table-hours and bytes; on anything but a terminal it says nothing."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._hours = progress.add_task("table-hours", total=total, bytes="")
        self._bytes = 0
        self._attention = 0

    def read(self, size: int) -> None:
        """Show bytes that were read."""
        self._bytes += size
        self._progress.update(self._hours, bytes=f"{self._bytes / 1e6:,.0f} MB")

    def settled(self, outcome: Settled) -> None:
        """Show that a table-hour is done."""
        self._progress.advance(self._hours)
        if outcome.state not in FINE:
            self._attention += 1
            self._progress.update(self._hours, description=f"{self._attention} need attention")

    def stranger(self, url: str, reason: str) -> None:
        """Show an object that was not loaded."""
        self._progress.console.print(Text.assemble(("not loaded ", "yellow"), f"{url}: {reason}"))


@contextmanager
def bar(total: int) -> Iterator[Bar]:
    """Show progress for the length of a with block.

    Args:
        total: how many table-hours there are to do.
    """
    console = talk()
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[bytes]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with progress:
        yield Bar(progress, total)


def describe(outcome: Settled) -> Text:
    """Say what became of a table-hour, on a line."""
    _, colour = SIGNS[outcome.state]
    counts = f" {outcome.counts.records} records" if outcome.counts.records else ""
    if outcome.counts.quarantined:
        counts += f", {outcome.counts.quarantined} in quarantine"
    note = f": {outcome.note}" if outcome.note else ""
    return Text.assemble(
        (f"{outcome.state:<11}", colour), f" {outcome.table} {format_hour(outcome.hour)}{counts}{note}"
    )


def show_attention(console: Console, outcomes: Sequence[Settled]) -> None:
    """List the table-hours that need attention, a line each."""
    attention = [outcome for outcome in outcomes if outcome.state not in FINE]
    for outcome in attention[:MOST_SHOWN]:
        console.print(describe(outcome), soft_wrap=True)
    if len(attention) > MOST_SHOWN:
        console.print(f"and {len(attention) - MOST_SHOWN} more that need attention; --json lists them all.")


def summarize(console: Console, outcomes: Sequence[Settled]) -> None:
    """Say how many table-hours are in which state, and which of them need attention."""
    show_attention(console, outcomes)
    states = Counter(outcome.state for outcome in outcomes)
    records = sum(outcome.counts.loaded for outcome in outcomes)
    parts = [Text(f"{count} {state}", SIGNS[state][1]) for state, count in states.most_common()]
    console.print(
        Text(f"{len(outcomes)} table-hours, {records:,} rows: ") + Text(", ").join(parts)
        if outcomes
        else "Nothing to do: every table-hour is as the lake has it."
    )
