"""Proves `load.staging.hexadecimal`: Python and PostgreSQL read binary data by one rule."""

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg import sql

from lake_assets.load.staging.hexadecimal import (
    hexadecimal_condition,
    hexadecimal_value,
    is_hexadecimal,
)
from lake_assets_tests.examples import examples
from lake_assets_tests.fix_bench import Bench

CELL = sql.SQL("given.cell")
PIECES = ["\\x", "0x", "\\", "x", "0", "\\X", "0X", "ab", "AB", "a", "g", " ", "\n", "é", "٣"]


def read(url: str, cell: str) -> tuple[bool, bytes | None]:
    """Return whether PostgreSQL takes a cell for binary data, and the bytes it makes of it then."""
    condition = hexadecimal_condition(CELL)
    asked = sql.SQL("SELECT {}, CASE WHEN {} THEN {} END FROM (VALUES (%(cell)s)) AS given (cell)").format(
        condition, condition, hexadecimal_value(CELL)
    )
    with psycopg.connect(url) as connection:
        row = connection.execute(asked, {"cell": cell}).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("cell", "data"),
    [
        ("", b""),
        ("0x", b""),
        ("\\x", b""),
        ("0xab", b"\xab"),
        ("\\xAB", b"\xab"),
        ("aBcD", b"\xab\xcd"),
        ("\\x0xAB", None),
        ("0x\\xAB", None),
        ("abc", None),
        ("0xabc", None),
        ("0Xab", None),
        ("ab\n", None),
        ("\\xg0", None),
    ],
)
def test_a_cell_is_binary_data_or_is_not(warehouse_url: str, cell: str, data: bytes | None) -> None:
    """Pairs of digits are, bare or after one mark; two marks, odd digits and all else are not."""
    assert is_hexadecimal(cell) is (data is not None)
    assert read(warehouse_url, cell) == (data is not None, data)


@settings(
    max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
@example("\\x0xAB")
def test_python_and_the_server_agree_on_every_cell(warehouse_url: str, cell: str) -> None:
    """What Python takes for binary data the server takes too, and makes bytes of."""
    is_binary, data = read(warehouse_url, cell)

    assert is_binary is is_hexadecimal(cell)
    assert (data is not None) is is_binary


def test_a_cell_with_two_marks_is_told_as_what_it_is(any_bench: Bench) -> None:
    r"""`\x0xAB` is no binary data, and its record names column, value and reason."""
    bench = any_bench.with_table({"id": "bigint", "raw": "bytea"})
    bench.put("1,\\x0xAB\n2,\\xAB\n")

    bench.load_twice()

    assert bench.rows("id, raw") == [(2, b"\xab")]
    assert bench.quarantine("record, column_name, value, reason") == [
        (1, "raw", "\\x0xAB", "binary data must be pairs of hexadecimal digits")
    ]
