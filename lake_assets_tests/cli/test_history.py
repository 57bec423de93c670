"""Proves what Dagster remembers of `load` and `check`, and so what its UI shows."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from lake_assets.hours import partition_key
from lake_assets_tests.fix_cli import Company, hour, shown

ORDERS = dg.AssetKey(["shop", "orders"])
ROW_COUNT = dg.AssetCheckKey(ORDERS, "row_count")
GREEN, RED = AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED
RANGE = ("--from", shown(0), "--to", shown(3))


@pytest.fixture(scope="module")
def dagster_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a DAGSTER_HOME as Dagster makes it by itself."""
    return tmp_path_factory.mktemp("dagster_home")


def key(number: int) -> str:
    """Return the partition key of an hour, counted from the first."""
    return partition_key(hour(number))


def materialized(company: Company) -> dict[str | None, object]:
    """Return the rows of each materialized hour, newest first."""
    with company.dagster() as instance:
        records = instance.fetch_materializations(ORDERS, limit=100).records
    rows: dict[str | None, object] = {}
    for record in records:
        assert record.asset_materialization
        rows.setdefault(
            record.partition_key, record.asset_materialization.metadata["dagster/row_count"].value
        )
    return rows


def checked(company: Company) -> dict[str | None, tuple[AssetCheckExecutionRecordStatus, bool]]:
    """Return the check's newest outcome of each hour, and whether it counts for the hour as it is now."""
    with company.dagster() as instance:
        found = instance.event_log_storage.get_asset_check_partition_info([ROW_COUNT])
    return {entry.partition_key: (entry.latest_execution_status, entry.is_current) for entry in found}


def runs(company: Company) -> list[tuple[str, dg.DagsterRunStatus]]:
    """Return job and status of every run, oldest first."""
    with company.dagster() as instance:
        return [(run.job_name, run.status) for run in reversed(instance.get_runs())]


def test_each_loaded_hour_is_materialized_and_checked(company: Company) -> None:
    """A load leaves one run, and for each of its hours a materialization and a green check."""
    company.put(0)
    company.put(1, "1,only\n")

    company.invoke("load", *RANGE)

    assert materialized(company) == {key(0): 3, key(1): 1, key(2): 0}
    assert checked(company) == {key(number): (GREEN, True) for number in range(3)}
    assert runs(company) == [("__ASSET_JOB", dg.DagsterRunStatus.SUCCESS)]


def test_a_failed_hour_is_red_and_the_others_are_green(company: Company) -> None:
    """One bad hour fails the run; it has no materialization and a red check, its neighbours have theirs."""
    for number, body in enumerate(("1,good\n", "x,bad\n", "1,good\n")):
        company.put(number, body)

    company.invoke("load")

    assert materialized(company) == {key(0): 1, key(2): 1}
    assert checked(company) == {key(0): (GREEN, True), key(1): (RED, True), key(2): (GREEN, True)}
    assert runs(company) == [("__ASSET_JOB", dg.DagsterRunStatus.FAILURE)]


def test_a_missing_hour_fails_its_run(company: Company) -> None:
    """An hour for which no file came makes the run fail, so that whatever watches runs is told."""
    company.write_catalog("orders: {expect: hourly, columns: {id: bigint, note: text}}")

    company.invoke("load", "--to", shown(1))

    assert checked(company) == {key(0): (RED, True)}
    assert runs(company) == [("__ASSET_JOB", dg.DagsterRunStatus.FAILURE)]


def test_hours_that_are_newly_missing_are_told(company: Company) -> None:
    """A load without a range makes the hours red for which no file came, those of all tables in one run."""
    company.write_catalog(
        """
        orders: {expect: hourly, columns: {id: bigint, note: text}}
        returns: {expect: hourly, columns: {id: bigint, note: text}}
        """
    )

    company.invoke("load")

    assert {number: checked(company)[key(number)] for number in range(3)} == dict.fromkeys(
        range(3), (RED, True)
    )
    assert runs(company) == [("check", dg.DagsterRunStatus.SUCCESS)]


def test_a_check_turns_an_hour_red(company: Company) -> None:
    """What a check finds later is an outcome of the hour as it is now, not one that is out of date."""
    for number in range(2):
        company.put(number)
    company.invoke("load", *RANGE)
    company.query(f"DELETE FROM shop.orders WHERE _lake_hour = '{hour(1)}' AND id = 2")

    company.invoke("check", *RANGE)

    assert checked(company) == {key(0): (GREEN, True), key(1): (RED, True), key(2): (GREEN, True)}
    assert runs(company)[-1] == ("check", dg.DagsterRunStatus.SUCCESS)


def test_an_hour_that_was_loaded_often_does_not_hide_another(company: Company) -> None:
    """A check is current for every hour, however often one of them was materialized since."""
    for number in range(2):
        company.put(number)
    company.invoke("load")
    with company.dagster() as instance:
        for _ in range(40):
            instance.report_runless_asset_event(dg.AssetMaterialization(ORDERS, partition=key(1)))

    company.invoke("check", *RANGE)

    assert checked(company) == {key(number): (GREEN, True) for number in range(3)}


def test_a_load_turns_an_hour_green_again(company: Company) -> None:
    """When the hour is loaded again, its check is green, and current."""
    company.put(0)
    company.invoke("load", *RANGE)
    company.query("DELETE FROM shop.orders")
    company.invoke("check", *RANGE)

    company.invoke("load", *RANGE)

    assert checked(company)[key(0)] == (GREEN, True)


def test_records_in_quarantine_leave_the_check_green(company: Company) -> None:
    """The row-count check asks whether every record is accounted for; a quarantined one is."""
    company.put(0, "1,good\nx,bad\n")

    assert company.invoke("load", "--to", shown(1)).exit_code == 1

    assert checked(company) == {key(0): (GREEN, True)}


def test_many_hours_of_many_tables_are_few_runs(company: Company) -> None:
    """Two tables behind by the same ten hours are one run."""
    company.write_catalog(
        """
        orders: {expect: sparse, columns: {id: bigint, note: text}}
        returns: {expect: sparse, columns: {id: bigint, note: text}}
        """
    )
    for number in range(10):
        company.put(number)
        company.put(number, table="shop/returns")

    company.invoke("load")

    assert len(runs(company)) == 1
    assert company.rows() == company.rows("shop.returns") == 30
