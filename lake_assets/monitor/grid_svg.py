"""The table-by-hour grid as a picture: SVG, which the Dagster UI shows inside Markdown.

The grid of the terminal is `cli.grid`'s; letters and colours of both are those of `states.state`.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

import psycopg

from lake_assets.catalog.models import Catalog
from lake_assets.hours import hours_between
from lake_assets.postgres import statement
from lake_assets.states.state import FINE, NEED_ATTENTION, STATES, State, StateInfo

HOURS_SHOWN = timedelta(hours=72)

CELL = 11  # pixels, as all lengths here
ROW = 16
LETTER = 6.6  # width of a letter of the names, at most
TOP = 34
NARROWEST = 560
HOURS_BETWEEN_MARKS = 6

Grid = Mapping[str, Mapping[datetime, State]]


def read_grid(connection: psycopg.Connection, catalog: Catalog, end: datetime) -> Grid:
    """Return the states of the three days before `end`, by table as people name it, in the catalog's order.

    An hour that the ledger does not know is `expected`; hours before a source's start are left out.
    """
    first = end - HOURS_SHOWN
    grid: dict[str, dict[datetime, State]] = {
        table.qualified: dict.fromkeys(hours_between(max(first, source.start), end), "expected")
        for source in catalog.sources
        for table in source.tables
    }
    rows = connection.execute(statement(__package__, "read_grid"), {"first": first, "end": end})
    for source, name, hour, state in rows:
        if hour in grid.get(f"{source}.{name}", {}):
            grid[f"{source}.{name}"][hour] = state
    return grid


def count_attention(connection: psycopg.Connection, catalog: Catalog) -> dict[State, int]:
    """Return how many table-hours of all time need attention, by state."""
    tables = [table.qualified for table in catalog.tables]
    values = {"tables": tables, "states": sorted(NEED_ATTENTION)}
    return dict(connection.execute(statement(__package__, "count_attention"), values).fetchall())


def newest_change(connection: psycopg.Connection) -> datetime | None:
    """Return when a state that is drawn, or a finding, last changed."""
    row = connection.execute(statement(__package__, "newest_change")).fetchone()
    return row[0] if row else None


def as_markdown(svg: str) -> str:
    """Return Markdown that shows a picture from a data URI, so that nothing is to be fetched."""
    return f"![states by table and hour](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def draw(grid: Grid) -> str:
    """Return the picture: a row for each table and a cell for each hour, tables that need attention first.

    Args:
        grid: the state of each hour, by table.
    """
    hours = _hours_of(grid)
    tables = sorted(grid, key=lambda name: _is_fine(grid[name]))
    longest_name = max((len(name) for name in tables), default=0)
    left = int(LETTER * longest_name) + 12
    width = max(left + CELL * len(hours) + 8, NARROWEST)
    bottom = TOP + ROW * len(tables)
    height = bottom + 30
    font = 'font-size="11" font-family="ui-monospace,Menlo,Consolas,monospace"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" {font}>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_axis(hours, left, bottom),
    ]
    for place, name in enumerate(tables):
        top = TOP + ROW * place
        parts.append(f'<text x="{left - 6}" y="{top + 12}" text-anchor="end">{escape(name)}</text>')
        parts += _row(grid[name], hours, left, top)
    parts += _legend(_used_states(grid), height - 20)
    parts.append("</svg>")
    return "".join(parts)


def _hours_of(grid: Grid) -> list[datetime]:
    hours: set[datetime] = set()
    for row in grid.values():
        hours |= row.keys()
    return sorted(hours)


def _used_states(grid: Grid) -> list[StateInfo]:
    used: set[State] = set()
    for row in grid.values():
        used |= set(row.values())
    return [info for info in STATES.values() if info.name in used]


def _is_fine(row: Mapping[datetime, State]) -> bool:
    return FINE.issuperset(row.values())


def _axis(hours: Sequence[datetime], left: int, bottom: int) -> Iterator[str]:
    """Yield each day above its first hour, and every sixth hour."""
    for place, hour in enumerate(hours):
        at = left + CELL * place
        if hour.hour == 0 or not place:
            yield f'<path d="M{at - 0.5} 4V{bottom}" stroke="#999"/>'
            label = f"{hour:%Y-%m-%d}"
            room = CELL * (len(hours) - place)
            if room > LETTER * len(label) and not _crowded(hours, place):
                yield f'<text x="{at + 2}" y="13">{label}</text>'
        if hour.hour % HOURS_BETWEEN_MARKS == 0:
            yield f'<text x="{at}" y="28" fill="#666">{hour:%H}</text>'


def _crowded(hours: Sequence[datetime], place: int) -> bool:
    """Return whether the next day begins too soon for the first label."""
    return place == 0 and any(hour.hour == 0 for hour in hours[1:8])


@dataclass
class _Shape:
    """Hours of one table that follow each other in one state."""

    state: State
    place: int
    length: int = 1


def _shapes(row: Mapping[datetime, State], hours: Sequence[datetime]) -> list[_Shape]:
    shapes: list[_Shape] = []
    for place, hour in enumerate(hours):
        if hour not in row:
            continue
        last = shapes[-1] if shapes else None
        goes_on = last is not None and last.state == row[hour] and last.place + last.length == place
        if last is not None and goes_on:
            last.length += 1
        else:
            shapes.append(_Shape(state=row[hour], place=place))
    return shapes


def _row(row: Mapping[datetime, State], hours: Sequence[datetime], left: int, top: int) -> Iterator[str]:
    for shape in _shapes(row, hours):
        info = STATES[shape.state]
        at = left + CELL * shape.place
        edge = ' stroke="#bbb" stroke-width=".5"' if info.name == "expected" else ""
        yield (
            f'<rect x="{at}" y="{top + 1}" width="{CELL * shape.length - 1}" height="{ROW - 3}" '
            f'fill="{info.fill}"{edge}/>'
        )
        if info.needs_attention:
            yield _letters(at, top, shape.length, info)


def _letters(at: int, top: int, length: int, info: StateInfo) -> str:
    """Return a state's letter in each cell of a shape."""
    places = " ".join(str(at + 2 + CELL * number) for number in range(length))
    return f'<text x="{places}" y="{top + 12}" fill="{_ink(info)}">{info.letter * length}</text>'


def _ink(info: StateInfo) -> str:
    return "#fff" if info.is_dark else "#000"


def _legend(states: Sequence[StateInfo], top: int) -> Iterator[str]:
    at = 8
    for info in states:
        yield (
            f'<rect x="{at}" y="{top}" width="12" height="13" fill="{info.fill}" stroke="#bbb" '
            f'stroke-width=".5"/><text x="{at + 3}" y="{top + 10}" fill="{_ink(info)}">{info.letter}</text>'
            f'<text x="{at + 17}" y="{top + 10}">{info.name}</text>'
        )
        at += 26 + int(LETTER * len(info.name))
