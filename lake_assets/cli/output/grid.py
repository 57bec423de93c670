"""The table-by-hour grid of states: rows and letters that fit a width, legible without colour.

Which states there are is worked out by `status`; letters and colours are those of `states.state`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.text import Text

from lake_assets.cli.output.console import print_line
from lake_assets.cli.output.summary import need_attention
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.pluralize import pluralize
from lake_assets.states.state import NEED_ATTENTION, STATES, State, StateInfo

GAP = "   "
"""What parts the entries of the legend."""

NARROWEST = 16
"""Hours; where fewer fit beside the names, a name stands above its row."""

INDENT_BELOW_NAMES = 2
GAP_BEHIND_NAMES = 2

StatesOfTables = Mapping[str, Mapping[datetime, State]]
"""The state of each hour, by table."""


@dataclass(frozen=True)
class Layout:
    """How a grid is laid out.

    Attributes:
        indent: columns before the hours.
        hours_in_row: how many hours fit behind them.
        names_above: whether a table's name stands above its row, and not beside it.
    """

    indent: int
    hours_in_row: int
    names_above: bool

    @classmethod
    def fitting(cls, width: int, tables: Mapping[str, object]) -> "Layout":
        """Return the layout for a width in which names leave room for the hours."""
        beside = max(len(table) for table in tables) + GAP_BEHIND_NAMES
        names_above = width - beside < NARROWEST
        indent = INDENT_BELOW_NAMES if names_above else beside
        return cls(indent=indent, hours_in_row=max(width - indent, 1), names_above=names_above)


def show_grid(
    console: Console, states: StatesOfTables, *, whole: bool, earliest: datetime | None = None
) -> None:
    """Draw a row for each table and a letter for each hour.

    Args:
        console: where to; its width decides how many hours stand in a row.
        states: the state of each hour, by table.
        whole: draw all hours, block under block; else the newest that fit, and say how many there are before.
        earliest: the first hour there is, if old hours that are well were left out; else the first of them.
    """
    layout = Layout.fitting(console.width, states)
    hours = sorted({hour for row in states.values() for hour in row})
    blocks = _blocks(hours, layout.hours_in_row)
    if not whole:
        blocks = [hours[-layout.hours_in_row :]]
        _tell_left_out(console, states, first=blocks[0][0], earliest=earliest or hours[0])
    for block in blocks:
        for line in _rows(states, block, layout):
            console.print(line)
        console.print()
    for line in _legend(states, console.width):
        console.print(line)


def _blocks(hours: Sequence[datetime], most: int) -> list[Sequence[datetime]]:
    return [hours[start : start + most] for start in range(0, len(hours), most)]


def _tell_left_out(console: Console, states: StatesOfTables, *, first: datetime, earliest: datetime) -> None:
    """Write how many hours there are before the first that is drawn, and whether all is well in them."""
    number = (first - earliest) // ONE_HOUR
    if number <= 0:
        return
    hidden = [state for row in states.values() for hour, state in row.items() if hour < first]
    attention = sum(state in NEED_ATTENTION for state in hidden)
    how = "all is well in them"
    if attention:
        how = f"{pluralize(attention, 'table-hour')} of them {need_attention(attention)}"
    hours = pluralize(number, "earlier hour")
    print_line(console, Text(f"{hours} are not shown ({how}); --from shows them.", "dim"))


def _rows(states: StatesOfTables, hours: Sequence[datetime], layout: Layout) -> Iterator[Text]:
    blanks = " " * layout.indent
    yield Text(blanks + _ruler(hours))
    for table, row in states.items():
        if layout.names_above:
            yield Text(table)
            line = Text(blanks)
        else:
            line = Text(f"{table:<{layout.indent}}")
        for hour in hours:
            line.append(*_letter(row.get(hour)))
        yield line


def _letter(state: State | None) -> tuple[str, str]:
    """Return the letter of a state and its colour; a blank where a table has no such hour."""
    if state is None:
        return " ", ""
    return STATES[state].letter, STATES[state].colour


def _ruler(hours: Sequence[datetime]) -> str:
    """Return the first hour in full and every later day where it begins, as far as there is room."""
    columns = [" "] * len(hours)
    free = 0
    for column, hour in enumerate(hours):
        label = _ruler_label(column, hour)
        fits = free <= column <= len(hours) - len(label)
        if label and fits:
            end = column + len(label)
            columns[column:end] = label
            free = end + 1
    if not free:
        return format_hour(hours[0])
    return "".join(columns)


def _ruler_label(column: int, hour: datetime) -> str:
    if column == 0:
        return format_hour(hour)
    if hour.hour == 0:
        return f"{hour:%m-%d}"
    return ""


def _legend(states: StatesOfTables, width: int) -> Iterator[Text]:
    """Yield the letters that were drawn with what they mean, as many on a line as fit."""
    used = {state for row in states.values() for state in row.values()}
    line = Text()
    for info in STATES.values():
        if info.name not in used:
            continue
        entry = _legend_entry(info)
        if not line:
            line = entry
        elif len(line) + len(GAP) + len(entry) > width:
            yield line
            line = entry
        else:
            line = line + GAP + entry
    yield line


def _legend_entry(info: StateInfo) -> Text:
    return Text.assemble((info.letter, info.colour), f" {info.name}")
