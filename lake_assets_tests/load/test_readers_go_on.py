"""Proves that a new column keeps no reader of main waiting, and whoever is in its way is named."""

from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

import pandas as pd
import psycopg
import pytest

from lake_assets import table_locks
from lake_assets.exceptions import WarehouseError
from lake_assets.hours import ONE_HOUR
from lake_assets.load.frames.slices import FrameSlice, replace_slice
from lake_assets.load.report import LoadReport
from lake_assets.postgres import connect
from lake_assets_tests.fix_bench import HOUR, Bench

PATIENCE = 5.0  # seconds after which a reader has waited: a moment of the load's, and a busy machine's
NEXT = HOUR + ONE_HOUR
COLUMNS = {"id": "bigint", "note": "text"}


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let several waits pass in a few seconds."""
    monkeypatch.setattr(table_locks, "WAIT_SECONDS", 1)
    monkeypatch.setattr(table_locks, "PAUSE_SECONDS", 0.25)


@pytest.fixture
def growing(bench: Bench) -> Bench:
    """Return a bench with a loaded hour, and a file of the next that brings a column."""
    table = bench.with_table(COLUMNS)
    table.put("id,note\n1,a\n")
    table.load()
    table.put("id,note,more\n2,b,c\n", NEXT)
    return table


def read_until(done: "Future[LoadReport]", bench: Bench, seconds: float) -> list[float]:
    """Read main over and over while a load is under way; return how long each reading took."""
    end = monotonic() + seconds
    took = []
    while monotonic() < end and not done.done():
        started = monotonic()
        bench.query("SELECT count(*) FROM shop.orders")
        took.append(monotonic() - started)
    return took


def test_readers_go_on_while_a_column_waits(growing: Bench) -> None:
    """Beside a long SELECT, readers wait a moment at most, and the load ends well once it has ended."""
    with psycopg.connect(growing.url) as long, ThreadPoolExecutor(1) as pool:
        long.execute("SELECT * FROM shop.orders")
        load = pool.submit(growing.load, NEXT)
        took = read_until(load, growing, seconds=3)
        assert not load.done()
        long.rollback()

        assert load.result(30).error is None

    assert max(took) < PATIENCE
    assert len(took) > 10
    assert growing.rows("id, more") == [(1, None), (2, "c")]


def test_who_is_in_the_way_is_named(growing: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time the hour fails, main is as it was, the session is named; the next load goes through."""
    monkeypatch.setattr(table_locks, "MOST_WAITS", 1)
    with psycopg.connect(growing.url, application_name="report of the day") as long:
        long.execute("SELECT * FROM shop.orders")
        report = growing.load(NEXT)
        pid = long.info.backend_pid

    assert report.state == "failed"
    assert (report.error or "").startswith(
        "shop.orders: the columns of files or catalog cannot be added, for it is in use all the time: "
        f"pid {pid} (report of the day, user lake_assets). It was tried 1 times for 1 seconds"
    )
    assert growing.rows("id") == [(1,)]
    assert growing.load(NEXT).error is None


def test_a_load_of_ours_in_the_way_is_waited_for(growing: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A load comes to an end, however long it takes: its time does not count."""
    monkeypatch.setattr(table_locks, "MOST_WAITS", 5)
    with connect(growing.url, run_id="another") as other, ThreadPoolExecutor(1) as pool:
        other.execute("SELECT * FROM shop.orders")
        load = pool.submit(growing.load, NEXT)
        assert max(read_until(load, growing, seconds=3)) < PATIENCE
        assert not load.done()
        other.rollback()

        assert load.result(30).error is None


def test_dataframes_keep_no_reader_waiting(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DataFrame with one column more waits for moments, too, and says who is in the way."""
    monkeypatch.setattr(table_locks, "MOST_WAITS", 1)
    target = FrameSlice(schema="shop", table="frames")
    with connect(bench.url, autocommit=True) as session, psycopg.connect(bench.url) as long:
        replace_slice(session, target, [pd.DataFrame({"a": [1]})])
        long.execute("SELECT * FROM shop.frames")

        with pytest.raises(WarehouseError, match=f"in use all the time: pid {long.info.backend_pid}"):
            replace_slice(session, target, [pd.DataFrame({"a": [1], "b": [2]})])

        long.rollback()
        replace_slice(session, target, [pd.DataFrame({"a": [1], "b": [2]})])
    assert bench.query("SELECT a, b FROM shop.frames") == [(1, 2)]
