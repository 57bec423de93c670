"""The table-by-hour grid as a picture: SVG, which the Dagster UI shows inside Markdown.

The grid of the terminal is `cli.grid`'s; both have the same letters. Which states there are is the ledger's.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from itertools import groupby

import psycopg

from lake_assets.catalog.models import Catalog
from lake_assets.hours import hours_between
from lake_assets.ledger.ledger import State
from lake_assets.ledger.states import FINE, LETTERS
from lake_assets.postgres import statement

HOURS_SHOWN = timedelta(hours=72)

FILLS: dict[State, str] = {
    "loaded": "#009e73",
    "quarantined": "#e69f00",
    "missing": "#d55e00",
    "failed": "#000000",
    "mismatch": "#cc79a7",
    "stale": "#56b4e9",
    "quiet": "#d9d9d9",
    "expected": "#ffffff",
    "waived": "#0072b2",
}
"""Colours that people with any of the common colour blindnesses tell apart (M. Okabe and K. Ito)."""

CELL = 11  # pixels, as all lengths here
ROW = 16
LETTER = 6.6  # width of a letter of the names, at most
TOP = 34
DARK = ("failed", "missing", "waived", "loaded")

States = Mapping[str, Mapping[datetime, State]]


def read_grid(connection: psycopg.Connection, catalog: Catalog, end: datetime) -> States:
    """Read the states of the three days before `end`, by table as people name it, in the catalog's order.

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
    """Count the table-hours of all time that need attention, by state."""
    values = {"tables": [table.qualified for table in catalog.tables]}
    return dict(connection.execute(statement(__package__, "count_attention"), values).fetchall())


def newest_change(connection: psycopg.Connection) -> datetime | None:
    """Tell when a state that is drawn, or a finding, last changed."""
    row = connection.execute(statement(__package__, "newest_change")).fetchone()
    return row[0] if row else None


def as_markdown(svg: str) -> str:
    """Put a picture into Markdown as a data URI, so that nothing is to be fetched."""
    return f"![states by table and hour](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def draw(grid: States) -> str:
    """Draw a row for each table and a cell for each hour, tables that need attention first.

    Args:
        grid: the state of each hour, by table.
    """
    hours = sorted({hour for row in grid.values() for hour in row})
    tables = sorted(grid, key=lambda name: all(state in FINE for state in grid[name].values()))
    left = int(LETTER * max((len(name) for name in tables), default=0)) + 12
    width = max(left + CELL * len(hours) + 8, 560)
    height = TOP + ROW * len(tables) + 30
    font = 'font-size="11" font-family="ui-monospace,Menlo,Consolas,monospace"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" {font}>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_axis(hours, left, TOP + ROW * len(tables)),
    ]
    for place, name in enumerate(tables):
        top = TOP + ROW * place
        parts.append(f'<text x="{left - 6}" y="{top + 12}" text-anchor="end">{escape(name)}</text>')
        parts += _row(grid[name], hours, left, top)
    used = {state for row in grid.values() for state in row.values()}
    parts += [*_legend([state for state in LETTERS if state in used], height - 20), "</svg>"]
    return "".join(parts)


def _axis(hours: Sequence[datetime], left: int, bottom: int) -> Iterator[str]:
    """Write each day above its first hour, and every sixth hour."""
    for place, hour in enumerate(hours):
        at = left + CELL * place
        room = CELL * (len(hours) - place)
        if hour.hour == 0 or not place:
            yield f'<path d="M{at - 0.5} 4V{bottom}" stroke="#999"/>'
            label = f"{hour:%Y-%m-%d}"
            if room > LETTER * len(label) and not _crowded(hours, place):
                yield f'<text x="{at + 2}" y="13">{label}</text>'
        if hour.hour % 6 == 0:
            yield f'<text x="{at}" y="28" fill="#666">{hour:%H}</text>'


def _crowded(hours: Sequence[datetime], place: int) -> bool:
    """Tell whether the next day begins too soon for the first label."""
    return place == 0 and any(hour.hour == 0 for hour in hours[1:8])


def _row(row: Mapping[datetime, State], hours: Sequence[datetime], left: int, top: int) -> Iterator[str]:
    """Draw the hours of a table; those that follow each other in one state are one shape."""
    cells = [(place, row[hour]) for place, hour in enumerate(hours) if hour in row]
    for (state, _), group in groupby(enumerate(cells), key=lambda item: (item[1][1], item[1][0] - item[0])):
        places = [place for _, (place, _) in group]
        at, length = left + CELL * places[0], len(places)
        edge = ' stroke="#bbb" stroke-width=".5"' if state == "expected" else ""
        yield (
            f'<rect x="{at}" y="{top + 1}" width="{CELL * length - 1}" height="{ROW - 3}" '
            f'fill="{FILLS[state]}"{edge}/>'
        )
        if state not in FINE:
            ink = "#fff" if state in DARK else "#000"
            yield _letters(at, top, length, state, ink)


def _letters(at: int, top: int, length: int, state: State, ink: str) -> str:
    """Write a state's letter into each cell of a shape."""
    places = " ".join(str(at + 2 + CELL * number) for number in range(length))
    return f'<text x="{places}" y="{top + 12}" fill="{ink}">{LETTERS[state] * length}</text>'


def _legend(states: Sequence[State], top: int) -> Iterator[str]:
    at = 8
    for state in states:
        ink = "#fff" if state in DARK else "#000"
        yield (
            f'<rect x="{at}" y="{top}" width="12" height="13" fill="{FILLS[state]}" stroke="#bbb" '
            f'stroke-width=".5"/><text x="{at + 3}" y="{top + 10}" fill="{ink}">{LETTERS[state]}</text>'
            f'<text x="{at + 17}" y="{top + 10}">{state}</text>'
        )
        at += 26 + int(LETTER * len(state))
