"""Proves `load: snapshot`: the newest hour that has files is the table, in any order of loading."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import permutations

import psycopg
import pytest

from lake_assets.hours import ONE_HOUR
from lake_assets.ledger.install import lock
from lake_assets_tests.fix_bench import HOUR, Bench

HOURS = (HOUR, HOUR + ONE_HOUR, HOUR + 2 * ONE_HOUR)


@pytest.fixture
def snapshots(bench: Bench) -> Bench:
    """Return a snapshot table with three hours in the lake, not loaded."""
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
    """When the newest snapshot's files go by somebody's word, the one before is to be loaded again."""
    for hour in HOURS:
        snapshots.load(hour)
    snapshots.bucket.delete(snapshots.key(HOURS[2]))
    written = f"SELECT updated_at FROM lake_assets.table_hours WHERE hour = '{HOURS[1].isoformat()}'"
    before = snapshots.query(written)

    assert snapshots.load(HOURS[2]).state == "stale"
    assert (snapshots.rows("id"), snapshots.query(written)) == ([(3,), (30,)], before)

    snapshots.load(HOURS[2], followed_by="me")

    assert snapshots.query(written) > before
    assert snapshots.state(HOURS[1])[0] == snapshots.check(HOURS[1]).state == "stale"
    assert snapshots.state(HOURS[0])[0] == "loaded"
    snapshots.load(HOURS[1])
    assert snapshots.rows("id") == [(2,), (20,)]
    assert [snapshots.check(hour).state for hour in HOURS] == ["loaded", "loaded", "missing"]


def test_rows_a_transform_added_go_with_their_snapshot(snapshots: Bench) -> None:
    """A snapshot of which only rows of the transform's own are left in main agrees once it is superseded."""
    transform = "lake_assets_tests.load.frames.transforms:total"
    totals = snapshots.with_table({"id": "bigint"}, load="snapshot", transform=transform)

    for hour in HOURS[:2]:
        totals.load(hour)

    assert totals.rows("id") == [(22,)]
    assert totals.query("SELECT loaded, filtered, added FROM lake_assets.files ORDER BY hour") == [
        (0, 2, 0),
        (0, 2, 1),
    ]
    assert all(totals.check(hour).passed for hour in HOURS[:2])


def test_why_an_older_snapshot_failed_stays(snapshots: Bench) -> None:
    """A newer snapshot does not hide why the last load of an older one failed."""
    snapshots.load(HOURS[0])
    snapshots.put("x\n", HOURS[0])
    snapshots.load(HOURS[0])

    snapshots.load(HOURS[1])

    note = f"SELECT state, note FROM lake_assets.table_hours WHERE hour = '{HOURS[0].isoformat()}'"
    ((state, why),) = snapshots.query(note)
    assert state == "failed"
    assert why.startswith("None of 1 records can be loaded.")


@pytest.mark.parametrize("order", [HOURS[:2], HOURS[1::-1]])
def test_documents_of_a_superseded_snapshot_are_judged(bench: Bench, order: tuple[datetime, ...]) -> None:
    """A record whose document does not fit is quarantined even where none of its hour goes into main."""
    columns = {"id": "bigint", "n": {"type": "integer", "path": "doc.n"}}
    table = bench.with_catalog({"load": "snapshot", "columns": columns})
    for hour in order:
        table.put_records([["1", '{"n": 1}'], ["2", '{"n": "x"}']], hour)
        table.load(hour)

    counts = "SELECT loaded, quarantined, superseded FROM lake_assets.files ORDER BY hour"
    assert table.query(counts) == [(0, 1, 1), (1, 1, 0)]


def test_loads_of_a_snapshot_table_wait_for_each_other(snapshots: Bench) -> None:
    """While one load holds the table, no other hour of it is loaded: which one is newest would be unknown."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    snapshots.load(HOURS[0])

    with ThreadPoolExecutor(1) as pool, psycopg.connect(snapshots.url) as holder:
        lock(holder, "shop.orders")
        load = pool.submit(snapshots.load, HOURS[1])
        while snapshots.query(waiting) != [(1,)]:
            assert not load.done()
        holder.rollback()
        assert load.result().state == "loaded"


def test_snapshots_of_other_tables_stand_apart(snapshots: Bench) -> None:
    """Which snapshot is the newest, and what it supersedes, is a matter of its own table alone."""
    other = snapshots.with_table({"id": "bigint"}, name="returns", load="snapshot")
    for hour in HOURS[:2]:
        other.put("7\n", hour)
        other.load(hour)
    known = [
        f"SELECT * FROM lake_assets.{name} WHERE table_name = 'returns' ORDER BY hour"
        for name in ("files", "table_hours")
    ]
    before = [other.query(query) for query in known]

    snapshots.load(HOURS[0])
    assert snapshots.rows("id") == [(1,), (10,)]
    snapshots.load(HOURS[2])

    assert [other.query(query) for query in known] == before


def test_an_hour_that_never_had_a_snapshot_changes_nothing(snapshots: Bench) -> None:
    """Loading hours without files, before the newest snapshot and behind it, leaves the table as it is."""
    snapshots.load(HOURS[1])

    for hour in (HOURS[0] - ONE_HOUR, HOURS[2] + ONE_HOUR):
        assert snapshots.load(hour).state == "missing"

    assert snapshots.rows("id") == [(2,), (20,)]
    assert snapshots.state(HOURS[1])[0] == snapshots.check(HOURS[1]).state == "loaded"


def test_a_snapshot_older_than_the_newest_may_go(snapshots: Bench) -> None:
    """A superseded hour without its files is loaded as it was, and the newest one is still the table."""
    for hour in HOURS[:2]:
        snapshots.load(hour)
    snapshots.bucket.delete(snapshots.key(HOURS[0]))

    assert snapshots.load(HOURS[0]).state == snapshots.check(HOURS[0]).state == "loaded"

    assert snapshots.state(HOURS[1])[0] == "loaded"
    assert snapshots.rows("id") == [(2,), (20,)]
