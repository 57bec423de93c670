"""Proves `write.append_tables`: what people have written stays, and what cannot be added for sure is not."""

from lake_assets.discover.write.append_tables import append_tables
from lake_assets.discover.write.proposals import ProposedColumn, ProposedTable

COLUMN = ProposedColumn(name="id", type="bigint", source_name="id")
GIFTS, ORDERS = (ProposedTable(name=name, folder=name, columns=[COLUMN]) for name in ("gifts", "orders"))


def test_a_text_that_would_come_to_say_something_else_is_not_written() -> None:
    """Tables are added only if the file, read again, has them and all else as it was."""
    text = "source: shop\nstart: 2018-09-06T10\ntables:\n  orders: {columns: {id: bigint}}\n"

    assert (append_tables(text, [GIFTS]) or "").startswith(text)
    assert append_tables(text, [ORDERS]) is None


def test_a_text_whose_lines_are_counted_in_two_ways_is_not_written() -> None:
    """A lone carriage return ends a line for YAML and not for all of the file, so nothing is added."""
    text = "source: shop # a\r# b\nstart: 2018-09-06T10\ntables:\n  orders: {columns: {id: bigint}}\n"

    assert append_tables(text, [GIFTS]) is None
