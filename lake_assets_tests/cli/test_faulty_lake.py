"""Proves what the commands make of answers of S3 that lack something: one table fails, the others go on."""

import re
from dataclasses import replace

import pytest

from lake_assets_tests.fix_cli import Company, hour, shown
from lake_assets_tests.fix_proxy import Answer, FaultyProxy

TWO_TABLES = """\
orders: {expect: sparse, columns: {id: bigint, note: text}}
people: {expect: sparse, columns: {id: bigint, note: text}}
"""
RANGE = ("--from", shown(0), "--to", shown(2))


@pytest.fixture
def two_tables(company: Company, faulty_s3: FaultyProxy) -> Company:
    """Return the company with a file for each of two tables, and a proxy before its lake."""
    company.write_catalog(TWO_TABLES)
    company.put(0)
    company.put(0, table="shop/people")
    return replace(company, server=faulty_s3)  # type: ignore[arg-type] # it has what a company needs


def lose_the_end(answer: Answer) -> None:
    """Let nobody know whether the page of orders is the last."""
    if answer.is_listing and "orders" in answer.path:
        answer.give(re.sub(rb"<IsTruncated>.*</IsTruncated>", b"", answer.body))


@pytest.mark.parametrize("words", [(), RANGE])
def test_a_listing_that_is_not_whole_fails_its_table(
    two_tables: Company, faulty_s3: FaultyProxy, words: tuple[str, ...]
) -> None:
    """With and without a range the other table is loaded, and the first says why it is not."""
    faulty_s3.spoil = lose_the_end

    result = two_tables.invoke("load", *words)

    assert result.exit_code == 1, result.output
    assert two_tables.rows("shop.people") == 3
    assert "without IsTruncated, so that nobody can tell" in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


def test_a_check_goes_on_with_the_other_tables(two_tables: Company, faulty_s3: FaultyProxy) -> None:
    """The check of the first table ends with the sentence, that of the second is written down."""
    two_tables.invoke("load")
    two_tables.query("DELETE FROM shop.people")
    faulty_s3.spoil = lose_the_end

    result = two_tables.invoke("check")

    assert result.exit_code == 2
    assert "shop.orders: S3 at" in " ".join(result.stderr.split())
    states = two_tables.query(
        f"SELECT table_name, state FROM lake_assets.table_hours WHERE hour = '{hour(0)}' ORDER BY 1"
    )
    assert states == [("orders", "loaded"), ("people", "mismatch")]
