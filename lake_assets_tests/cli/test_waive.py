"""Proves `lake-assets waive`: a person accepts hours, and everything that judges hours knows."""

import getpass

import dagster as dg
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from lake_assets.hours import partition_key
from lake_assets_tests.fix_cli import Company, hour, in_json, shown

HOURLY = "orders: {expect: hourly, columns: {id: bigint, note: text}}"
WHY = ("--why", "nothing was sold")
FIRST_THREE = ("--from", shown(0), "--to", shown(3))


@pytest.fixture
def troubled(company: Company) -> Company:
    """Return a company with an hour that is loaded, one that failed and one that is missing."""
    company.write_catalog(HOURLY)
    company.put(0)
    company.put(1, "x,bad\n")
    company.invoke("load", *FIRST_THREE)
    return company


def green_hours(company: Company) -> set[str | None]:
    """Return the partitions whose row-count check is green in Dagster."""
    key = dg.AssetCheckKey(dg.AssetKey(["shop", "orders"]), "row_count")
    with company.dagster() as instance:
        found = instance.event_log_storage.get_asset_check_partition_info([key])
    good = AssetCheckExecutionRecordStatus.SUCCEEDED
    return {entry.partition_key for entry in found if entry.latest_execution_status == good}


def test_a_range_is_waived_for_good(troubled: Company) -> None:
    """Failed and missing hours of a range are waived, by whom and why; status, check and load know it."""
    result = troubled.invoke("waive", "shop.orders", *FIRST_THREE, *WHY)

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "3 table-hours, 3 rows: 2 waived, 1 loaded\n"
    assert troubled.query("SELECT hour, state, why, who FROM lake_assets.waivers ORDER BY hour") == [
        (hour(1), "failed", "nothing was sold", getpass.getuser()),
        (hour(2), "missing", "nothing was sold", getpass.getuser()),
    ]
    assert green_hours(troubled) == {partition_key(hour(number)) for number in range(3)}
    assert troubled.query("SELECT kind FROM lake_assets.alerts WHERE closed_at IS NULL") == []
    for command in ("status", "check"):
        assert [row["state"] for row in troubled.ask(command, *FIRST_THREE)] == ["loaded", "waived", "waived"]
    assert troubled.invoke("waive", "shop.orders", shown(2), *WHY).exit_code == 0


def test_a_file_that_comes_is_loaded_after_all(troubled: Company) -> None:
    """A file for a waived hour is told, and `load` takes it of itself; it leaves other waived hours alone."""
    troubled.invoke("waive", "shop.orders", *FIRST_THREE, *WHY, "--by", "ada")
    troubled.put(2)

    (told,) = troubled.ask("status", "--from", shown(2), "--to", shown(3))
    assert told["state"] == "stale"
    assert told["note"].startswith("waived: nothing was sold (ada), but its files have changed since; ")
    loaded = {row["hour"]: row["state"] for row in troubled.ask("load")}
    assert loaded[in_json(2)] == "loaded"
    assert in_json(1) not in loaded


def test_only_missing_and_failed_hours_can_be_waived(troubled: Company) -> None:
    """A loaded hour cannot be accepted, and the error says what it is; in a range it stays as it is."""
    result = troubled.invoke("waive", "shop.orders", shown(0), *WHY)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: shop.orders {shown(0)} is loaded. Only hours that are missing")
    assert troubled.query("SELECT * FROM lake_assets.waivers") == []
    waived = troubled.ask("waive", "shop", *FIRST_THREE, *WHY, "--by", "ada")
    note = "waived: nothing was sold (ada)"
    assert [(row["hour"], row["state"], row["note"]) for row in waived] == [
        (in_json(1), "waived", note),
        (in_json(2), "waived", note),
        (in_json(0), "loaded", None),
    ]
