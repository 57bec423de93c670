"""The table-by-hour grid of states: rows and signs that fit a width, legible without colour.

Which states there are is worked out by `status`; the signs are those of `states.state`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from lake_assets.cli.display import need_attention, say
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.pluralize import pluralize
from lake_assets.states.state import FINE, STATES, State

GAP = "   "
NARROWEST = 16  # hours; where fewer fit beside the names, a name stands above its row

States = Mapping[str, Mapping[datetime, State]]


def show_grid(console: Console, states: States, *, whole: bool, earliest: datetime | None = None) -> None:
    """Draw a row for each table and a sign for each hour.

    Args:
        console: where to; its width decides how many hours stand in a row.
        states: the state of each hour, by table.
        whole: draw all hours, block under block; else the newest that fit, and say how many there are before.
        earliest: the first hour there is, if old hours that are well were left out; else the first of them.
    """
    hours = sorted({hour for row in states.values() for hour in row})
    beside = max(len(table) for table in states) + 2
    above = console.width - beside < NARROWEST
    indent = 2 if above else beside
    room = max(console.width - indent, 1)
    blocks = (
        [hours[place : place + room] for place in range(0, len(hours), room)] if whole else [hours[-room:]]
    )
    before = (blocks[0][0] - (earliest or hours[0])) // ONE_HOUR
    if before > 0 and not whole:
        say(console, Text(_left_out(states, blocks[0][0], before), "dim"))
    for block in blocks:
        for line in _block(states, block, indent, above=above):
            console.print(line)
        console.print()
    for line in _legend({state for row in states.values() for state in row.values()}, console.width):
        console.print(line)


def _legend(used: Collection[State], width: int) -> Iterator[Text]:
    """Name the signs that were drawn, as many on a line as fit."""
    line = Text()
    for info in STATES.values():
        if info.name in used:
            entry = Text.assemble((info.letter, info.colour), f" {info.name}")
            if line and len(line) + len(GAP) + len(entry) > width:
                yield line
                line = Text()
            line = line + GAP + entry if line else entry
    yield line


def _left_out(states: States, first: datetime, number: int) -> str:
    hidden = [state for row in states.values() for hour, state in row.items() if hour < first]
    attention = sum(state not in FINE for state in hidden)
    bad = f"{pluralize(attention, 'table-hour')} of them {need_attention(attention)}"
    said = bad if attention else "all is well in them"
    return f"{pluralize(number, 'earlier hour')} are not shown ({said}); --from shows them."


def _block(states: States, hours: Sequence[datetime], indent: int, *, above: bool) -> Iterator[Text]:
    yield Text(" " * indent + _ruler(hours))
    for table, row in states.items():
        if above:
            yield Text(table)
        line = Text(" " * indent if above else f"{table:<{indent}}")
        for hour in hours:
            line.append(*_sign(row.get(hour)))
        yield line


def _sign(state: State | None) -> tuple[str, str]:
    """Return the letter of a state and its colour; a blank where a table has no such hour."""
    if state is None:
        return " ", ""
    return STATES[state].letter, STATES[state].colour


def _ruler(hours: Sequence[datetime]) -> str:
    """Write the first hour in full and every later day where it begins, as far as there is room."""
    marks = [" "] * len(hours)
    free = 0
    for place, hour in enumerate(hours):
        label = f"{hour:%m-%d}" if place else format_hour(hour)
        if (hour.hour == 0 or not place) and free <= place <= len(hours) - len(label):
            marks[place : place + len(label)] = label
            free = place + len(label) + 1
    return "".join(marks) if free else format_hour(hours[0])
