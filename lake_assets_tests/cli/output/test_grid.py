"""Proves `cli.output.grid`: the grid can be read at any width, without colour."""

import io
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from rich.console import Console

from lake_assets.cli.output.grid import show_grid
from lake_assets.hours import ONE_HOUR
from lake_assets.states.state import State

FIRST = datetime(2018, 9, 6, 20, tzinfo=UTC)
LETTERS: dict[str, State] = {"=": "loaded", "M": "missing", ".": "quiet", "F": "failed", "~": "expected"}


def states(letters: str) -> dict[datetime, State]:
    """Return an hour's state for each letter."""
    return {
        FIRST + number * ONE_HOUR: LETTERS[letter] for number, letter in enumerate(letters) if letter != " "
    }


def grid(rows: Mapping[str, str], width: int, *, whole: bool = False) -> list[str]:
    """Draw a grid and give its lines, spaces at their ends left away."""
    console = Console(file=io.StringIO(), width=width, highlight=False, soft_wrap=True, color_system=None)
    show_grid(console, {table: states(letters) for table, letters in rows.items()}, whole=whole)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_row_a_table_and_a_sign_an_hour() -> None:
    """Hours stand under each other, days are marked where they begin, and the legend names what is there."""
    assert grid({"shop.orders": "====================", "shop.users": "  ==M=.............F"}, 80) == [
        "             2018-09-06T20",
        "shop.orders  ====================",
        "shop.users     ==M=.............F",
        "",
        "= loaded   M missing   F failed   . quiet",
    ]


def test_days_are_marked() -> None:
    """Behind the first hour, in full, each later day is marked at its midnight, where there is room."""
    ruler, *_ = grid({"shop.orders": "=" * 40}, 80)

    assert ruler == "             2018-09-06T20               09-08"


def test_the_newest_hours_are_drawn() -> None:
    """Where not all hours fit, the newest are drawn, and what is left out is told."""
    lines = grid({"shop.orders": "M" + "=" * 60 + "~"}, 40)

    assert lines[0] == (
        "35 earlier hours are not shown (1 table-hour of them needs attention); --from shows them."
    )
    assert lines[2] == "shop.orders  " + "=" * 26 + "~"


def test_hours_left_out_may_be_all_well() -> None:
    """Hours that are not drawn and need nobody's attention are told as such."""
    assert "35 earlier hours are not shown (all is well in them)" in grid({"shop.orders": "=" * 62}, 40)[0]


def test_a_whole_range_goes_over_several_blocks() -> None:
    """A range that was asked for is drawn whole, each block with its hours above it."""
    assert grid({"shop.orders": "=" * 27 + "M"}, 40, whole=True) == [
        "             2018-09-06T20",
        "shop.orders  " + "=" * 27,
        "",
        "             2018-09-07T23",
        "shop.orders  M",
        "",
        "= loaded   M missing",
    ]


def test_long_names_stand_above_their_row() -> None:
    """In a narrow terminal long names leave the width to the hours."""
    assert grid({"warehouse_production.customer_addresses": "=" * 38, "shop.orders": "." * 38}, 40) == [
        "  2018-09-06T20               09-08",
        "warehouse_production.customer_addresses",
        "  " + "=" * 38,
        "shop.orders",
        "  " + "." * 38,
        "",
        "= loaded   . quiet",
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Names, hours and legend keep within any width but that of one sentence."""
    lines = grid({"shop.orders": "=M.F~" * 30, "shop.users": "=" * 150}, width)

    assert max(len(line) for line in lines[1:]) <= width
