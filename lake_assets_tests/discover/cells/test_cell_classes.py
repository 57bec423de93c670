"""Proves `cells.cell_classes`: no type is chosen that PostgreSQL refuses a cell for, or that changes one."""

import json
from collections.abc import Iterable
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from lake_assets.discover.cells.cell_classes import TEXT, block_pattern, class_of, type_of
from lake_assets.discover.cells.extended_json import date_fits
from lake_assets.postgres import connect
from lake_assets_tests.discover.drawn_cells import EVERY, columns, says_the_same
from lake_assets_tests.examples import examples

TYPES = {
    "0": "bigint",
    "9223372036854775807": "bigint",
    "-9223372036854775808": "bigint",
    "9223372036854775808": "numeric(20,0)",
    "18446744073709551615": "numeric(20,0)",
    "18446744073709551616": "numeric",
    "-9223372036854775809": "numeric",
    "1.50": "numeric",
    "+5.0656000000000000e+05": "double precision",
    "+1.10106036e-01": "double precision",
    "2018-09-06": "date",
    "2018-09-06 10:00:00.123456": "timestamp",
    "2018-09-06T10:00:00Z": "timestamptz",
    "23:59:59": "time",
    "838:59:59": "interval",
    "-838:59:59": "interval",
    "123e4567-e89b-12d3-a456-426614174000": "uuid",
    "true": "boolean",
    '{ "a" : 1 }': "jsonb",
    "[ ]": "jsonb",
}
TEXTS = [
    *(
        "007",
        "-0",
        "+5",
        " 5",
        "5 ",
        "1e5",
        "-0.00",
        ".5",
        "NaN",
        "Infinity",
        "now",
        "today",
        "epoch",
        "infinity",
    ),
    *(
        "0000-00-00",
        "2019-02-29",
        "2018-09-06 24:00:00",
        "2018-09-06 10:00:00.1234567",
        "10:00:60",
        "-00:00:00",
    ),
    *(
        "123E4567-E89B-12D3-A456-426614174000",
        "TRUE",
        "yes",
        "f",
        "t",
        '{"a":1,"a":2}',
        r'{"a":"\u0000"}',
        "[NaN]",
    ),
    *("null", '"x"', "+1.0000000000000000e+309", "+1.00000000000000001e+00", "deadbeef"),
]


@pytest.mark.parametrize(("cell", "expected"), TYPES.items())
def test_a_cell_has_its_narrowest_type(cell: str, expected: str) -> None:
    """A cell in the form that DMS or MySQL writes has that form's type."""
    assert type_of({class_of(cell)}) == expected


@pytest.mark.parametrize("cell", TEXTS)
def test_what_a_type_would_change_is_text(cell: str) -> None:
    """What PostgreSQL would refuse, or give back otherwise than it was written, is text."""
    assert type_of({class_of(cell)}) == TEXT


def test_t_and_f_together_are_truth_values() -> None:
    """A column with t and f is boolean; with one of them alone it may mean anything."""
    assert type_of({"t", "f"}) == "boolean"


@pytest.mark.parametrize(
    ("written", "fits"),
    [
        ("2026-11-30T09:00:00Z", True),
        ("2024-02-29T09:00:00.123Z", True),
        ("2023-02-29T09:00:00Z", False),
        ("2026-11-30 09:00:00Z", False),
    ],
)
def test_a_date_of_bson_may_be_any_day_that_there_is(written: str, fits: bool) -> None:
    """The last days of months are dates as all others are."""
    assert date_fits(written) == fits


def test_blocks_and_single_cells_are_judged_alike() -> None:
    """What a block's pattern takes for a class, the class takes cell by cell."""
    for cell in EVERY:
        for name in ("whole", "decimal", "date", "moment", "instant", "clock", "span", "uuid", "word"):
            pattern = block_pattern(frozenset({name}))
            taken = pattern is not None and pattern.fullmatch(f"{cell}\0{cell}\0") is not None
            assert not taken or type_of({class_of(cell), name}) != TEXT, (cell, name)


def test_every_tricky_cell_survives_its_type(warehouse_url: str) -> None:
    """PostgreSQL takes each cell for its type and gives back what says the same."""
    assert_kept(warehouse_url, ({class_of(cell): cell for cell in [cell]} for cell in EVERY))


@settings(
    max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(columns(4), min_size=20, max_size=40))
def test_any_column_survives_its_type(warehouse_url: str, drawn: list[list[str | None]]) -> None:
    """PostgreSQL takes every cell of a column for the column's type and gives back what says the same."""
    with connect(warehouse_url) as connection:
        for column in drawn:
            cells = [cell.replace("\0", "\ufffd") for cell in column if cell is not None]
            chosen = type_of({class_of(cell) for cell in cells})
            if chosen != TEXT:
                check(connection, chosen, cells)


def assert_kept(url: str, columns: Iterable[dict[str, str]]) -> None:
    """Check single cells, those of one type together."""
    by_type: dict[str, list[str]] = {}
    for column in columns:
        by_type.setdefault(type_of(column.keys()), []).extend(column.values())
    by_type.pop(TEXT)
    with connect(url) as connection:
        for chosen, cells in by_type.items():
            check(connection, chosen, cells)


def check(connection: psycopg.Connection, chosen: str, cells: list[str]) -> None:
    """See that PostgreSQL casts cells to a type and gives back what they said."""
    query = sql.SQL(
        "SELECT cell, valid, CASE WHEN valid THEN cell::{1}::text END FROM unnest(%s::text[]) AS cell "
        "CROSS JOIN LATERAL pg_input_is_valid(cell, {0}) AS valid"
    ).format(sql.Literal(chosen), sql.SQL(chosen))
    for cell, valid, value in connection.execute(query, [cells]):
        assert valid, (cell, chosen)
        kept = json.loads(value, parse_float=Decimal) if chosen == "jsonb" else value
        assert says_the_same(cell, kept), (cell, chosen, value)
