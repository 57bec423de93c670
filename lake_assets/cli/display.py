"""What people see in a terminal: progress and talk on stderr, data on stdout.

What there is to show is worked out by the commands; what machines read is `answer`'s; the grid is `grid`'s.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, track
from rich.text import Text

from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.pluralize import pluralize
from lake_assets.progress import Settled
from lake_assets.states.state import FINE, STATES, State

MOST_SHOWN = 20
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

Item = TypeVar("Item")


def talk() -> Console:
    """Give the console that people are talked to on: stderr."""
    return Console(stderr=True, highlight=False)


def data() -> Console:
    """Give the console that data is written to: stdout, whose lines are never cut."""
    return Console(highlight=False, soft_wrap=True)


def say(console: Console, text: str | Text, *, indent: int = 0) -> None:
    """Write a line: a terminal wraps it between words, anything else gets it whole.

    A line that is a command is never wrapped, for it is there to be copied.

    Args:
        console: where to.
        text: the line.
        indent: how many blanks stand before it, and before what is wrapped of it.
    """
    line = Text(text) if isinstance(text, str) else text
    if console.is_terminal and not line.plain.lstrip().startswith("lake-assets "):
        console.print(Padding(line, (0, 0, 0, indent), expand=False), soft_wrap=False)
    else:
        console.print(Text(" " * indent) + line, soft_wrap=True)


def one_line(text: str) -> str:
    """Give text of any origin as one line that cannot steer a terminal: its control characters escaped."""
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def need_attention(number: int) -> str:
    """Say of so many things that they need attention."""
    return "needs attention" if number == 1 else "need attention"


class Bar:
    """A progress bar over table-hours and bytes; on anything but a terminal it says nothing."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("table-hours", total=total, bytes="")
        self._bytes = 0
        self._states: dict[tuple[str, object], State] = {}

    def read(self, size: int) -> None:
        """Show bytes that were read."""
        self._bytes += size
        self._progress.update(self._task, bytes=f"{self._bytes / 1e6:,.1f} MB")

    def settled(self, outcome: Settled) -> None:
        """Show that a table-hour is done; told of one again, the last word counts."""
        self._states[outcome.table, outcome.hour] = outcome.state
        attention = sum(state not in FINE for state in self._states.values())
        said = f"{attention} {need_attention(attention)}" if attention else "table-hours"
        self._progress.update(self._task, completed=len(self._states), description=said)

    def unmatched(self, url: str, reason: str) -> None:
        """Show an object that was not loaded."""
        line = Text.assemble(("not loaded ", "yellow"), one_line(f"{url}: {reason}"))
        say(self._progress.console, line)


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


def watched(items: Sequence[Item], what: str) -> Iterable[Item]:
    """Go through items with a progress bar on a terminal.

    Args:
        items: what to go through.
        what: what is done with them, such as `listing tables`.
    """
    console = talk()
    return track(items, what, console=console, transient=True, disable=not console.is_terminal)


def show_attention(console: Console, outcomes: Sequence[Settled]) -> None:
    """List the table-hours that need attention, hours that follow each other on one line, and what to do."""
    stretches = list(_stretches([outcome for outcome in outcomes if outcome.state not in FINE]))
    for stretch in stretches[:MOST_SHOWN]:
        say(console, _describe(stretch))
    if more := sum(len(stretch) for stretch in stretches[MOST_SHOWN:]):
        say(console, f"and {pluralize(more, 'table-hour')} more that need attention; --json lists them all.")
    states = {outcome.state for outcome in outcomes}
    for info in STATES.values():
        if info.name in states and info.advice:
            say(console, Text(f"{info.name}: {info.advice}", "dim"))


def _stretches(outcomes: Sequence[Settled]) -> Iterator[list[Settled]]:
    """Put hours that follow each other and are alike together."""
    stretch: list[Settled] = []
    for outcome in sorted(outcomes, key=lambda outcome: (outcome.table, outcome.hour)):
        if stretch and not _goes_on(stretch[-1], outcome):
            yield stretch
            stretch = []
        stretch.append(outcome)
    if stretch:
        yield stretch


def _goes_on(before: Settled, after: Settled) -> bool:
    return after.hour - before.hour == ONE_HOUR and all(
        getattr(before, same) == getattr(after, same) for same in ("table", "state", "counts", "note")
    )


def _describe(stretch: Sequence[Settled]) -> Text:
    """Say what became of some hours of a table, on a line."""
    first, last = stretch[0], stretch[-1]
    when = format_hour(first.hour)
    if first is not last:
        when += f" to {format_hour(last.hour)}, {len(stretch)} hours"
    counts = f" {pluralize(first.counts.records, 'record')}" if first.counts.records else ""
    if first.counts.quarantined:
        counts += f", {first.counts.quarantined:,} in quarantine"
    if counts and first is not last:
        counts += " each"
    note = f": {one_line(first.note)}" if first.note else ""
    return Text.assemble(
        (f"{first.state:<11}", STATES[first.state].colour), f" {first.table} {when}{counts}{note}"
    )


def summarize(console: Console, outcomes: Sequence[Settled], nothing: str) -> None:
    """Say which table-hours need attention, and how many are in which state.

    Args:
        console: where to say it.
        outcomes: what became of each table-hour.
        nothing: what to say where there are none.
    """
    if not outcomes:
        say(console, nothing)
        return
    show_attention(console, outcomes)
    count_states(console, outcomes)


def count_states(console: Console, outcomes: Sequence[Settled]) -> None:
    """Say how many table-hours are in which state, and how many rows they have."""
    states = Counter(outcome.state for outcome in outcomes)
    rows = sum(outcome.counts.rows for outcome in outcomes)
    parts = [Text(f"{count:,} {state}", STATES[state].colour) for state, count in states.most_common()]
    said = f"{pluralize(len(outcomes), 'table-hour')}, {pluralize(rows, 'row')}: "
    say(console, Text(said) + Text(", ").join(parts))
