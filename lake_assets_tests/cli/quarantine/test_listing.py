"""Proves `lake-assets quarantine list`: every record that could not be loaded, and why."""

import json

import pytest

from lake_assets_tests.fix_cli import ROWS, Company, in_json, shown


@pytest.fixture
def bad(company: Company) -> Company:
    """Return a company with two bad records in its first hour, and one in its second."""
    company.put(0, ROWS + "x,fourth\n5,fifth,too many\n")
    company.put(1, ROWS + "9999999999999999999,too large\n")
    company.invoke("load")
    return company


def test_each_record_has_its_place_and_its_reason(bad: Company) -> None:
    """Table, hour, file and record number, then value and reason; the status is 1."""
    result = bad.invoke("quarantine", "list")

    assert result.exit_code == 1
    first, why, second, why_too, _, third = result.stdout.splitlines()
    assert first.startswith(f"shop.orders {shown(0)}  ")
    assert first.endswith("1500000.csv record 4")
    assert why == "    id = 'x': invalid input syntax for type bigint: \"x\""
    assert second.endswith("record 5")
    assert why_too.startswith("    '5,fifth,too many")
    assert third == (
        "    id = '9999999999999999999': value \"9999999999999999999\" is out of range for type bigint"
    )
    assert result.stderr == "3 records in quarantine.\n"


def test_an_empty_quarantine_is_status_0(company: Company) -> None:
    """Nothing in quarantine is said, and nothing is on stdout."""
    result = company.invoke("quarantine", "list")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Quarantine is empty.\n")


def test_a_range_and_a_table_narrow_the_list(bad: Company) -> None:
    """Only the records of the tables and hours asked for are listed."""
    bad.write_catalog("clients: {columns: {id: bigint}}", source="crm")

    second = bad.invoke("quarantine", "list", "shop.orders", "--from", shown(1))
    other = bad.invoke("quarantine", "list", "crm")

    assert second.stderr == "1 record in quarantine.\n"
    assert other.stderr == "Quarantine is empty.\n"


def test_a_limit_says_what_it_leaves_out(bad: Company) -> None:
    """--limit lists that many, says how many there are, and keeps the status."""
    result = bad.invoke("quarantine", "list", "--limit", "1")

    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr.startswith("1 of 3 records. Narrow the list with TABLE, --from and --to")


def test_json_has_the_original_bytes(bad: Company) -> None:
    """With --json each record comes with every column of the ledger's table, its bytes as hexadecimals."""
    result = bad.invoke("quarantine", "list", "--json")

    first, second, _ = json.loads(result.stdout)["quarantine"]
    assert (first["source"], first["table_name"], first["hour"]) == ("shop", "orders", in_json(0))
    assert (first["record"], first["column_name"], first["value"]) == (4, "id", "x")
    assert (first["sqlstate"], first["refused"], first["retried_at"]) == ("22P02", False, None)
    assert bytes.fromhex(first["raw"]).rstrip(b"\n") == b"x,fourth"
    assert (second["column_name"], second["value"], second["sqlstate"]) == (None, None, None)


def test_records_of_a_refused_load_are_marked(company: Company) -> None:
    """Records of a load that was refused as a whole are listed, and said to be so."""
    company.put(0, "x,first\n")
    company.invoke("load")

    assert "record 1 (its whole load was refused)" in company.invoke("quarantine", "list").stdout


def test_a_value_cannot_steer_the_terminal(company: Company) -> None:
    """Control characters of the data, in values and in PostgreSQL's own words, are shown as escapes."""
    company.put(0, ROWS + "\x1b[31mred,fourth\n")
    company.invoke("load")

    shown_ = company.invoke("quarantine", "list").stdout

    assert "\x1b" not in shown_
    assert 'invalid input syntax for type bigint: "\\x1b[31mred"' in shown_


def test_a_long_value_is_cut(company: Company) -> None:
    """In the terminal a long value is cut, and a reason that quotes it; JSON has all of both."""
    company.put(0, ROWS + "x" * 500 + ",fourth\n")
    company.invoke("load")

    listed = company.invoke("quarantine", "list").stdout
    assert "id = '" + "x" * 59 + "…':" in listed
    assert max(map(len, listed.splitlines())) < 250
    (record,) = json.loads(company.invoke("quarantine", "list", "--json").stdout)["quarantine"]
    assert record["value"] == "x" * 500
