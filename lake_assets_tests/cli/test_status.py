"""Proves `lake-assets status`: every table-hour has its state, and nothing is changed."""

import json
import re

import pytest

from lake_assets_tests.fix_cli import ROWS, Company, hour, in_json, shown

RANGE = ("--from", shown(0), "--to", shown(4))
HOURLY = "orders: {expect: hourly, columns: {id: bigint, note: text}}"


@pytest.fixture
def mixed(company: Company) -> Company:
    """Return a company with an hour that is loaded, one quarantined, one not loaded and one missing."""
    company.write_catalog(HOURLY)
    company.put(0)
    company.put(1, ROWS + "x,fourth\n")
    company.invoke("load")
    company.put(2)
    return company


def test_the_grid_shows_every_state(mixed: Company) -> None:
    """The grid is on stdout; what needs attention and what to do about it on stderr; the status is 1."""
    result = mixed.invoke("status", *RANGE)

    assert result.exit_code == 1
    assert [line.rstrip() for line in result.stdout.splitlines()] == [
        f"             {shown(0)}",
        "shop.orders  =QSM",
        "",
        "= loaded   Q quarantined   M missing   S stale",
    ]
    lines = result.stderr.splitlines()
    assert lines[0] == f"quarantined shop.orders {shown(1)} 4 records, 1 in quarantine"
    assert re.match(f"stale       shop.orders {shown(2)}: .*: in the lake and not loaded", lines[1])
    assert lines[2] == f"missing     shop.orders {shown(3)}: no file came, and one was due (expect: hourly)"
    assert [line.split(":")[0] for line in lines[3:]] == ["quarantined", "missing", "stale"]


def test_where_all_is_well_the_status_is_0(company: Company) -> None:
    """Loaded, quiet and expected hours need nobody."""
    company.put(0)
    company.invoke("load")

    result = company.invoke("status")

    assert (result.exit_code, result.stderr) == (0, "")
    assert re.search(r"^shop\.orders  =\.{10,12}~{1,2}$", result.stdout, re.MULTILINE)


def test_files_of_the_running_hour_are_nobodys_trouble(company: Company) -> None:
    """A source that writes all the time has files that are not loaded in each hour that is not over."""
    company.put(12)

    result = company.invoke("status")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[1].endswith("~")


def test_a_status_changes_nothing(mixed: Company) -> None:
    """Asking for the state writes nothing into the ledger and loads nothing."""
    everything = "SELECT * FROM lake_assets.table_hours ORDER BY hour"
    before = mixed.query(everything)

    mixed.invoke("status")

    assert mixed.query(everything) == before
    assert mixed.rows() == 6


def test_json_tells_each_table_hour(mixed: Company) -> None:
    """With --json, stdout is one document with a row for each table-hour, and stderr is empty."""
    result = mixed.invoke("status", *RANGE, "--json")

    assert (result.exit_code, result.stderr) == (1, "")
    rows = json.loads(result.stdout)["table_hours"]
    assert [(row["hour"], row["state"]) for row in rows] == [
        (in_json(0), "loaded"),
        (in_json(1), "quarantined"),
        (in_json(2), "stale"),
        (in_json(3), "missing"),
    ]
    assert rows[0] | {"note": None} == {
        "table": "shop.orders",
        "hour": in_json(0),
        "state": "loaded",
        "records": 3,
        "loaded": 3,
        "quarantined": 0,
        "superseded": 0,
        "filtered": 0,
        "added": 0,
        "note": None,
    }


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_colour_where_none_is_wanted(mixed: Company, columns: int) -> None:
    """With NO_COLOR, and wherever stdout is no terminal, no escape sequence is written."""
    result = mixed.invoke("status", NO_COLOR="1", COLUMNS=str(columns))

    assert "\x1b" not in result.stdout + result.stderr
    assert "=QSM" in result.stdout


def test_a_table_that_nobody_loaded_has_a_state_too(company: Company) -> None:
    """Before the first load, an hour with files is stale: it is not forgotten for want of a ledger."""
    company.query("DROP SCHEMA lake_assets CASCADE")
    company.put(0)

    assert [row["state"] for row in company.ask("status", "--to", shown(1))] == ["stale"]


def test_two_sources_with_different_starts(company: Company) -> None:
    """Each table's row begins at its source's first hour."""
    company.write_catalog("clients: {expect: sparse, columns: {id: bigint}}", source="crm", start=hour(2))

    result = company.invoke("status", *RANGE)

    assert "crm.clients    ..\nshop.orders  ....\n" in result.stdout
