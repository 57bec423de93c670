"""Proves `lake-assets check`: what it compares, and that it loads nothing."""

import json
from typing import Any

import pytest

from lake_assets.exceptions import LakeError
from lake_assets.orchestration import check_job as jobs
from lake_assets_tests.fix_cli import ROWS, Company, hour, in_json, shown

RANGE = ("--from", shown(0), "--to", shown(2))


@pytest.fixture
def loaded(company: Company) -> Company:
    """Return a company whose first hour is loaded."""
    company.put(0)
    company.invoke("load")
    return company


def test_where_all_agree_the_status_is_0(loaded: Company) -> None:
    """Lake, ledger and main agree: the check says how many hours are in which state, and what else it did."""
    result = loaded.invoke("check", *RANGE)

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("Looked at these table-hours alone: unknown folders, holes in LOAD")
    assert result.stderr.endswith("\n2 table-hours, 3 rows: 1 loaded, 1 quiet\n")
    whole = loaded.invoke("check")
    assert (whole.exit_code, whole.stderr.count("\n")) == (0, 1)


def test_all_hours_up_to_now_are_checked(loaded: Company) -> None:
    """Without a range every hour from the source's start is checked, the running one included."""
    checked = loaded.ask("check")

    states = [row["state"] for row in checked]
    assert len(states) > 12
    assert (states[0], states[-1]) == ("loaded", "expected")
    assert set(states[1:-2]) == {"quiet"}


def test_a_row_lost_from_main_is_found(loaded: Company) -> None:
    """A row deleted by hand makes the status 1, and the line says file, figures and what to do."""
    loaded.query("DELETE FROM shop.orders WHERE id = 2")

    result = loaded.invoke("check", *RANGE)

    assert result.exit_code == 1
    _, line, hint, _ = result.stderr.splitlines()
    assert line.startswith(f"mismatch    shop.orders {shown(0)} 3 records: shop/orders/")
    assert line.endswith(": 2 rows in main, 3 loaded (-1)")
    assert hint == (
        "mismatch: lake, ledger and main do not agree; `lake-assets load` loads these hours again."
    )


def test_a_check_that_breaks_off_is_not_well(loaded: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the checks themselves fail the status is 2, with the reason, and never that of what was seen."""

    def fail(*_: Any, **__: Any) -> None:
        raise LakeError("the lake went away")

    monkeypatch.setattr(jobs, "check_hours", fail)

    result = loaded.invoke("check", *RANGE)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: the lake went away" in result.stderr


def test_all_that_the_judge_finds_is_found_without_a_daemon(loaded: Company) -> None:
    """From cron: missing hours, empty ones, holes and unknown folders, told, kept and shown, until mended."""
    loaded.write_catalog("orders: {expect: hourly, columns: {id: bigint, note: text}}")
    for number in range(1, 12):
        loaded.put(number, "")
    loaded.bucket.put("shop/orders/LOAD00000002.csv", b"9,full\n")
    loaded.bucket.put("shop/orders/readme.txt", b"hello")
    loaded.put(0, table="shop/people")
    loaded.put(0, table="crm/clients")
    loaded.invoke("load")

    result = loaded.invoke("check", "--json")

    assert result.exit_code == 1
    kinds = {"empty_hours", "load_hole", "stranger", "unknown_source", "unknown_table"}
    document = json.loads(result.stdout)
    assert {row["kind"] for row in document["findings"]} == kinds
    assert all(row["note"] in " ".join(result.stderr.split()) for row in document["findings"])
    alerts = loaded.query(
        "SELECT kind FROM lake_assets.alerts WHERE closed_at IS NULL AND told_at IS NOT NULL"
    )
    assert kinds <= {kind for (kind,) in alerts}
    assert loaded.query("SELECT name FROM lake_assets.heartbeats WHERE name LIKE 'judge%'") == []

    # A person accepts the empty hours by one of them; what else is mended is over by itself.
    loaded.invoke("waive", "shop.orders", shown(1), "--why", "night")
    loaded.bucket.put("shop/orders/LOAD00000001.csv", b"8,full\n")
    loaded.bucket.delete("shop/orders/readme.txt")
    loaded.invoke("load")
    left = json.loads(loaded.invoke("check", "--json").stdout)["findings"]
    assert {row["kind"] for row in left} == {"unknown_source", "unknown_table"}


def test_a_check_loads_nothing(loaded: Company) -> None:
    """Files that nobody has loaded are found, and stay unloaded."""
    loaded.put(1)

    result = loaded.invoke("check", *RANGE)

    assert result.exit_code == 1
    assert f"stale       shop.orders {shown(1)}: shop/orders/" in result.stderr
    assert loaded.rows() == 3


def test_a_deep_check_reads_the_files_again(loaded: Company) -> None:
    """Ledger and main that agree on less than the file holds are found by --deep, and only by it."""
    loaded.query("DELETE FROM shop.orders WHERE id = 2")
    loaded.query("UPDATE lake_assets.files SET records = 2, loaded = 2")

    assert loaded.invoke("check", *RANGE).exit_code == 0
    result = loaded.invoke("check", *RANGE, "--deep")

    assert result.exit_code == 1
    assert "3 records by a new recount, 2 in the ledger (+1)" in result.stderr


def test_records_in_quarantine_make_the_status_1(loaded: Company) -> None:
    """An hour with quarantined records needs attention, though its counts agree."""
    loaded.put(1, ROWS + "x,fourth\n")
    loaded.invoke("load")

    result = loaded.invoke("check", *RANGE)

    assert result.exit_code == 1
    assert f"quarantined shop.orders {shown(1)} 4 records, 1 in quarantine\n" in result.stderr


def test_one_table_can_be_checked(loaded: Company) -> None:
    """Only the tables that are named are checked."""
    loaded.write_catalog("clients: {columns: {id: bigint}}", source="crm")

    assert {row["table"] for row in loaded.ask("check", "shop.orders", *RANGE)} == {"shop.orders"}


def test_json_tells_each_table_hour(loaded: Company) -> None:
    """With --json, stdout is one document with a row for each table-hour."""
    result = loaded.invoke("check", *RANGE, "--json")

    first, second = json.loads(result.stdout)["table_hours"]
    assert first == {
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
    assert (second["hour"], second["state"]) == (in_json(1), "quiet")


def test_a_missing_hour_is_red(company: Company) -> None:
    """Hours for which no file came are told together, and make the status 1."""
    company.write_catalog("orders: {columns: {id: bigint}}", start=hour(0))

    result = company.invoke("check", *RANGE)

    assert result.exit_code == 1
    told = f"missing     shop.orders {shown(0)} to {shown(1)}, 2 hours: no file came, and one was due"
    assert told in result.stderr
