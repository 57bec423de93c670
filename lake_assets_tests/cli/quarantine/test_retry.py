"""Proves `lake-assets quarantine retry`: what is good now is loaded, and no good row is ever lost by it."""

import json
from typing import Any

import pytest

from lake_assets_tests.fix_cli import ROWS, Company, hour, in_json, shown

MENDED = "orders: {expect: sparse, columns: {id: text, note: text}}"
RANGE = ("--from", shown(0), "--to", shown(3))


@pytest.fixture
def bad(company: Company) -> Company:
    """Return a company with an hour of two bad records, one whose load was refused, and a good one."""
    company.put(0, ROWS + "x,fourth\n5,fifth,too many\n")
    company.put(1, "y,only\n")
    company.put(2)
    company.invoke("load", *RANGE)
    return company


def mend(company: Company) -> None:
    """Make the column that was too narrow a text, in the catalog and in main."""
    company.write_catalog(MENDED)
    company.query("ALTER TABLE shop.orders ALTER COLUMN id TYPE text")


def retry(company: Company) -> list[dict[str, Any]]:
    """Retry with --json, and give the table-hours."""
    result = company.invoke("quarantine", "retry", "--json")
    retried: list[dict[str, Any]] = json.loads(result.stdout)["retried"]
    return retried


def test_what_the_mended_catalog_can_take_is_loaded(bad: Company) -> None:
    """Records that are good now leave quarantine, those still bad are told, and every count agrees."""
    mend(bad)
    untouched = f"SELECT run_id FROM lake_assets.table_hours WHERE hour = '{hour(2)}'"
    before = bad.query(untouched)
    assert ", tried" not in bad.invoke("quarantine", "list").stdout

    result = bad.invoke("quarantine", "retry")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        f"quarantined shop.orders {shown(0)} 1 of 2 records still in quarantine",
        f"loaded      shop.orders {shown(1)} 0 of 1 record still in quarantine",
        "3 records retried, 1 in quarantine now.",
    ]
    assert bad.rows() == 8
    assert bad.query(untouched) == before
    assert ", tried 20" in bad.invoke("quarantine", "list").stdout
    checked = bad.invoke("check", *RANGE, "--deep").stderr
    assert checked.endswith("3 table-hours, 8 rows: 2 loaded, 1 quarantined\n")


def test_a_retry_tells_of_what_is_still_wrong(bad: Company) -> None:
    """A retry ends with a round of alerts, as every load does."""
    bad.query("TRUNCATE lake_assets.alerts CASCADE")
    mend(bad)

    bad.invoke("quarantine", "retry")

    assert bad.query("SELECT kind FROM lake_assets.alerts WHERE closed_at IS NULL") == [("quarantined",)]


def test_an_empty_quarantine_is_status_0(company: Company) -> None:
    """A retry of nothing says so."""
    result = company.invoke("quarantine", "retry")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Quarantine is empty.\n")


def test_an_hour_is_never_replaced_by_something_else(bad: Company) -> None:
    """Where a file is gone or was written again, main keeps its rows, and what loads the hour is told.

    A file that was refused as it lies in the lake is retried, though main stands on the one before it.
    """
    keys = [f"shop/orders/{hour(number):%Y%m%d-%H}1500000.csv" for number in range(2)]
    bad.put(2, "z,only\n")
    bad.invoke("load", "--from", shown(2), "--to", shown(3))
    bad.bucket.delete(keys[0])
    bad.put(1, "1,another\n")
    mend(bad)

    gone, changed, refused = retry(bad)

    remedy = f"`lake-assets load shop.orders --from {shown(1)} --to {shown(2)}`"
    assert changed["note"] == (
        f"not retried: {keys[1]} has changed in the lake since; {remedy} loads the hour as the lake has it "
        "now"
    )
    assert gone["note"].startswith(
        f"not retried: {keys[0]} is gone from the lake; its records stay as they are"
    )
    assert (gone["before"], gone["retried"], gone["after"], gone["state"]) == (2, 0, 2, "stale")
    assert refused == {
        "table": "shop.orders",
        "hour": in_json(2),
        "before": 1,
        "retried": 1,
        "after": 0,
        "state": "loaded",
        "note": None,
    }
    assert bad.query("SELECT id FROM shop.orders ORDER BY 1") == [("1",), ("2",), ("3",), ("z",)]


def test_the_status_is_0_when_none_is_left(bad: Company) -> None:
    """A range narrows the retry; once its last record is loaded the status is 0."""
    mend(bad)

    assert bad.invoke("quarantine", "retry", "--from", shown(1)).exit_code == 0
    assert bad.invoke("quarantine", "list").stderr == "2 records in quarantine.\n"
