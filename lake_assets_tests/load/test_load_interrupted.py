"""Proves that a load is all or nothing: killed anywhere, run twice at once, watched by a reader."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import psycopg
import pytest

from lake_assets.embedded.s3 import REGION, S3Server
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.ledger.install import lock
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench

PROJECT = Path(__file__).parents[2]
CHANGED = "7,7,2018-09-06,seven\n8,x,2018-09-06,bad\n9,9\n10,10,2018-09-06,ten\n"

RunChild = Callable[[int], tuple[int, int]]


@pytest.fixture
def run_child(bench: Bench, s3_server: S3Server) -> Iterator[RunChild]:
    """Return a way to load the hour in a process that dies before a step; it gives signal and steps."""
    environ = os.environ | {
        "LAKE_ASSETS_WAREHOUSE": bench.url,
        "AWS_ENDPOINT_URL": s3_server.endpoint,
        "AWS_ACCESS_KEY_ID": s3_server.access_key,
        "AWS_SECRET_ACCESS_KEY": s3_server.secret_key,
        "AWS_REGION": REGION,
    }
    command = [sys.executable, "-m", "lake_assets_tests.load.killed_load", bench.bucket.bucket]
    with subprocess.Popen(
        command, env=environ, cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as loads:

        def run(step: int) -> tuple[int, int]:
            assert loads.stdin
            assert loads.stdout
            loads.stdin.write(f"{step}\n")
            loads.stdin.flush()
            ended_by, steps = loads.stdout.readline().split()
            return int(ended_by), int(steps)

        yield run


def test_a_load_killed_at_any_step_leaves_the_hour_before_or_after(bench: Bench, run_child: RunChild) -> None:
    """Whichever step SIGKILL meets, main, ledger and quarantine stay; the next load completes."""

    def look() -> tuple[object, ...]:
        return bench.rows("id, note, _lake_record"), bench.state(), bench.quarantine("record, raw, refused")

    bench.put(GOOD)
    bench.load()
    before = look()
    bench.put(CHANGED)
    _, steps = run_child(0)
    after = look()
    assert steps > 20
    bench.put(GOOD)
    bench.load()
    assert look() == before
    bench.put(CHANGED)

    for step in range(1, steps + 1):
        assert run_child(step)[0] == signal.SIGKILL
        assert look() == before, f"killed before step {step} of {steps}"

    bench.load()
    assert look() == after
    assert bench.check().passed


def test_two_loads_of_one_hour_at_once_give_one_hour(bench: Bench) -> None:
    """Loads of the same table-hour side by side leave its records once."""
    bench.put(GOOD)
    bench.load()

    with ThreadPoolExecutor(4) as pool:
        reports = [load.result() for load in [pool.submit(bench.load) for _ in range(8)]]

    assert {report.state for report in reports} == {"loaded"}
    assert bench.rows("id") == [(1,), (2,), (3,)]
    assert bench.check().passed


def test_a_stricter_default_isolation_does_not_double_rows(bench: Bench) -> None:
    """Where the database's default is repeatable read, loads that waited still see what came before."""
    name = bench.query("SELECT current_database()")[0][0]
    bench.query(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    bench.put(GOOD)

    with ThreadPoolExecutor(4) as pool:
        states = {load.result().state for load in [pool.submit(bench.load) for _ in range(8)]}

    assert states == {"loaded"}
    assert bench.rows("id") == [(1,), (2,), (3,)]


def test_first_loads_of_many_hours_at_once_make_one_table(bench: Bench) -> None:
    """Loads of different hours and tables that all find no schema and no ledger work side by side."""
    bench.query("DROP SCHEMA lake_assets CASCADE")
    tables = [bench.with_table(name=f"orders_{number}") for number in range(3)]
    work = [(table, HOUR + number * ONE_HOUR) for number in range(3) for table in tables]
    for table, hour in work:
        table.put(GOOD, hour)

    with ThreadPoolExecutor(6) as pool:
        states = {report.state for report in pool.map(lambda item: item[0].load(item[1]), work)}

    assert states == {"loaded"}
    assert [len(table.rows()) for table in tables] == [9, 9, 9]


def test_the_second_load_of_an_hour_waits_for_the_first(bench: Bench) -> None:
    """While one transaction holds a table-hour, a load of it waits, and one of another hour does not."""
    bench.put(GOOD)
    bench.put(GOOD, HOUR + ONE_HOUR)
    bench.load()
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    with ThreadPoolExecutor(1) as pool, psycopg.connect(bench.url) as holder:
        lock(holder, f"shop.orders:{format_hour(HOUR)}")
        load = pool.submit(bench.load)
        while bench.query(waiting) != [(1,)]:
            assert not load.done()
        assert bench.load(HOUR + ONE_HOUR).state == "loaded"
        assert not load.done()
        holder.rollback()
        assert load.result().state == "loaded"


def test_a_reader_never_sees_a_count_in_between(bench: Bench) -> None:
    """Who counts main's rows over and over during reloads sees each hour's whole file, old or new."""
    body = "".join(f"{number},1,2018-09-06,{'x' * 50}\n" for number in range(20_000))
    bench.put(body)
    bench.load()
    done = Event()

    def watch() -> set[int]:
        seen = set()
        with psycopg.connect(bench.url, autocommit=True) as connection:
            while not done.is_set():
                row = connection.execute("SELECT count(*) FROM shop.orders").fetchone()
                assert row
                seen.add(row[0])
        return seen

    with ThreadPoolExecutor(1) as pool:
        watcher = pool.submit(watch)
        for number in range(6):
            bench.put(body if number % 2 else body + GOOD)
            bench.load()
        done.set()

    assert watcher.result() <= {20_000, 20_003}
    assert len(watcher.result()) == 2


def test_a_warehouse_that_goes_down_fails_the_load_and_keeps_the_hour(bench: Bench) -> None:
    """When the session is cut off in the middle of a load, the error says so and main is as it was."""
    bench.put(GOOD)
    bench.load()
    waiting = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    with ThreadPoolExecutor(1) as pool, psycopg.connect(bench.url) as holder:
        lock(holder, f"shop.orders:{format_hour(HOUR)}")
        load = pool.submit(bench.load)
        while not (pids := bench.query(waiting)):
            assert not load.done()
        bench.query(f"SELECT pg_terminate_backend({pids[0][0]})")
        with pytest.raises(psycopg.OperationalError, match="terminating connection"):
            load.result()

    assert bench.rows("id") == [(1,), (2,), (3,)]
    assert bench.load().state == "loaded"
