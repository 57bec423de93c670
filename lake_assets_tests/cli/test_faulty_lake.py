"""Proves what the commands make of answers of S3 that lack something: one table fails, the others go on."""

import json
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


def test_a_status_goes_on_with_the_other_tables(two_tables: Company, faulty_s3: FaultyProxy) -> None:
    """The table that cannot be listed has its reason, the other its states; of all tables it is an error."""
    two_tables.invoke("load")
    faulty_s3.spoil = lose_the_end

    result = two_tables.invoke("status", "--json")

    assert result.exit_code == 1
    rows = json.loads(result.stdout)["table_hours"]
    (orders,) = [row for row in rows if row["table"] == "shop.orders"]
    assert (orders["state"], "without IsTruncated" in orders["note"]) == ("failed", True)
    assert next(row["state"] for row in rows if row["table"] == "shop.people") == "loaded"
    assert two_tables.invoke("status", "shop.orders").exit_code == 2


def test_a_source_that_cannot_be_listed_costs_its_turn_alone(
    two_tables: Company, faulty_s3: FaultyProxy
) -> None:
    """The judge of a check says of it that it was not judged, and finds what is odd in the others."""
    two_tables.write_catalog("clients: {expect: sparse, columns: {id: bigint, note: text}}", source="crm")
    two_tables.put(0, table="crm/clients")
    two_tables.put(0, table="crm/unknown")
    two_tables.invoke("load")
    faulty_s3.spoil = lose_the_end

    result = two_tables.invoke("check")

    said = " ".join(result.stderr.split())
    assert result.exit_code == 2
    assert "shop could not be judged: S3 at" in said
    assert "The lake has the folder crm/unknown, and the catalog no table for it" in said


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
