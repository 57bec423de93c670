"""What people read of many table-hours: a line for those that need attention, how many are in which state.

What became of them is worked out by the commands; the grid is `grid`'s, what machines read `json_document`'s.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from lake_assets.cli.output.console import print_line
from lake_assets.escapes import escape_unprintable
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.pluralize import pluralize
from lake_assets.progress import Settled
from lake_assets.states.state import NEED_ATTENTION, STATES, State

MOST_SHOWN = 20
"""Lines about table-hours; more than fit on a screen nobody reads, and --json lists them all."""

STATE_WIDTH = 11
"""Characters that the longest name of a state takes."""

Stretch = list[Settled]
"""Hours of a table that follow each other and are alike."""


def need_attention(number: int) -> str:
    """Return the verb for so many things that need attention."""
    return "needs attention" if number == 1 else "need attention"


def state_column(state: State) -> tuple[str, str]:
    """Return a state's name as the first column of a line, and its style."""
    return f"{state:<{STATE_WIDTH}}", STATES[state].colour


def summarize(console: Console, outcomes: Sequence[Settled], nothing: str) -> None:
    """Write which table-hours need attention, and how many are in which state.

    Args:
        console: where to.
        outcomes: what became of each table-hour.
        nothing: what to write where there are none.
    """
    if not outcomes:
        print_line(console, nothing)
        return
    show_attention(console, outcomes)
    count_states(console, outcomes)


def show_attention(console: Console, outcomes: Sequence[Settled]) -> None:
    """Write the table-hours that need attention, hours that follow each other on one line, and what to do."""
    stretches = list(_stretches(outcome for outcome in outcomes if outcome.state in NEED_ATTENTION))
    for stretch in stretches[:MOST_SHOWN]:
        print_line(console, _describe(stretch))
    left_out = sum(len(stretch) for stretch in stretches[MOST_SHOWN:])
    if left_out:
        more = pluralize(left_out, "table-hour")
        print_line(console, f"and {more} more that need attention; --json lists them all.")
    _show_advice(console, {outcome.state for outcome in outcomes})


def _show_advice(console: Console, states: Collection[State]) -> None:
    for info in STATES.values():
        if info.name in states and info.advice:
            print_line(console, Text(f"{info.name}: {info.advice}", "dim"))


def count_states(console: Console, outcomes: Sequence[Settled]) -> None:
    """Write how many table-hours are in which state, and how many rows they have."""
    states = Counter(outcome.state for outcome in outcomes)
    rows = sum(outcome.counts.rows for outcome in outcomes)
    totals = f"{pluralize(len(outcomes), 'table-hour')}, {pluralize(rows, 'row')}: "
    parts = [Text(f"{count:,} {state}", STATES[state].colour) for state, count in states.most_common()]
    print_line(console, Text(totals) + Text(", ").join(parts))


def _stretches(outcomes: Iterable[Settled]) -> Iterator[Stretch]:
    stretch: Stretch = []
    for outcome in sorted(outcomes, key=lambda outcome: (outcome.table, outcome.hour)):
        if stretch and not _goes_on(stretch[-1], outcome):
            yield stretch
            stretch = []
        stretch.append(outcome)
    if stretch:
        yield stretch


def _goes_on(before: Settled, after: Settled) -> bool:
    follows = after.hour - before.hour == ONE_HOUR
    return follows and _without_hour(before) == _without_hour(after)


def _without_hour(outcome: Settled) -> tuple[object, ...]:
    return outcome.table, outcome.state, outcome.counts, outcome.note


def _describe(stretch: Stretch) -> Text:
    outcome = stretch[0]
    note = f": {escape_unprintable(outcome.note)}" if outcome.note else ""
    about = f" {outcome.table} {_hours(stretch)}{_counts(stretch)}{note}"
    return Text.assemble(state_column(outcome.state), about)


def _hours(stretch: Stretch) -> str:
    first, last = format_hour(stretch[0].hour), format_hour(stretch[-1].hour)
    if len(stretch) == 1:
        return first
    return f"{first} to {last}, {len(stretch)} hours"


def _counts(stretch: Stretch) -> str:
    """Return how many records each hour of a stretch has, behind a blank; nothing where it has none."""
    counts = stretch[0].counts
    parts = []
    if counts.records:
        parts.append(f" {pluralize(counts.records, 'record')}")
    if counts.quarantined:
        parts.append(f", {counts.quarantined:,} in quarantine")
    if parts and len(stretch) > 1:
        parts.append(" each")
    return "".join(parts)
