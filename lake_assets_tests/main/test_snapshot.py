"""Proves `load: snapshot`: the newest hour that has files is the table, in any order of loading."""

from itertools import permutations

import pytest

from lake_assets.hours import ONE_HOUR
from lake_assets_tests.fix_bench import HOUR, Bench

HOURS = (HOUR, HOUR + ONE_HOUR, HOUR + 2 * ONE_HOUR)


@pytest.fixture
def snapshots(bench: Bench) -> Bench:
    """Give a snapshot table with three hours in the lake, not loaded."""
    table = bench.with_table({"id": "bigint"}, load="snapshot")
    for number, hour in enumerate(HOURS, 1):
        table.put(f"{number}\n{number}0\n", hour)
    return table


@pytest.mark.parametrize("order", list(permutations(HOURS)))
def test_the_newest_snapshot_is_the_table_in_any_order(snapshots: Bench, order: tuple[object, ...]) -> None:
    """All orders of loading, each hour twice, end with the newest hour's rows and the same ledger."""
    for hour in order:
        snapshots.load(hour)  # type: ignore[arg-type] # hours all
        snapshots.load(hour)  # type: ignore[arg-type]

    assert snapshots.rows("id") == [(3,), (30,)]
    counts = "records, loaded, quarantined, superseded"
    assert snapshots.query(f"SELECT {counts} FROM lake_assets.files ORDER BY hour") == [
        (2, 0, 0, 2),
        (2, 0, 0, 2),
        (2, 2, 0, 0),
    ]
    assert all(snapshots.check(hour).passed for hour in HOURS)


def test_a_snapshot_that_goes_brings_the_one_before_back(snapshots: Bench) -> None:
    """When the newest snapshot's files go, the one before is stale until it is loaded, then the table."""
    for hour in HOURS:
        snapshots.load(hour)
    snapshots.bucket.delete(snapshots.key(HOURS[2]))

    snapshots.load(HOURS[2])

    assert snapshots.check(HOURS[1]).state == "stale"
    snapshots.load(HOURS[1])
    assert snapshots.rows("id") == [(2,), (20,)]
    assert [snapshots.check(hour).state for hour in HOURS] == ["loaded", "loaded", "missing"]
