"""Proves what a waiver is worth: it holds while what was waived is as it was, and hides nothing else."""

import psycopg
import pytest

from lake_assets.hours import ONE_HOUR
from lake_assets.ledger.install import install
from lake_assets.ledger.table_hours import read_hour
from lake_assets.ledger.waivers import Waiving, waive
from lake_assets.states.state import State
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench

NOTE = "waived: nothing was sold (ada)"


def accept(bench: Bench, state: State) -> bool:
    """Waive the bench's hour as the lake has it now; tell whether it was."""
    files = bench.lake.list_table("shop", bench.table, HOUR, HOUR + ONE_HOUR).objects
    with psycopg.connect(bench.url, autocommit=True) as connection:
        install(connection)
        known = read_hour(connection, bench.table, HOUR)
        waiving = Waiving(
            HOUR, state, None, {file.key: file.etag for file in files}, known.updated_at if known else None
        )
        return waive(connection, bench.table, [waiving], why="nothing was sold", who="ada") == [HOUR]


@pytest.fixture
def missing(bench: Bench) -> Bench:
    """Give a bench whose hour has no file, and was waived before anything was known of it."""
    assert accept(bench, "missing")
    return bench


@pytest.fixture
def failed(bench: Bench) -> Bench:
    """Give a bench whose hour was loaded, then failed with another file, and was waived."""
    bench.put(GOOD)
    bench.load()
    bench.put("x,x,x,x\n")
    bench.load()
    assert accept(bench, "failed")
    return bench


def test_a_waived_hour_passes_with_the_reason(missing: Bench) -> None:
    """The check is green and says who accepted the hour, and why; nothing of that is lost by checking."""
    for _ in range(2):
        result = missing.check()
        assert (result.state, result.passed, result.description) == ("waived", True, NOTE)
    assert missing.state()[0] == "waived"


def test_files_that_come_end_a_waiver(missing: Bench) -> None:
    """A file for a waived hour makes it stale, says so, and it stays stale until it is loaded."""
    key = missing.put(GOOD)

    result = missing.check()

    assert (result.state, result.passed) == ("stale", False)
    assert result.findings == (
        f"{NOTE}, but its files have changed since",
        f"{key}: in the lake and not loaded ({len(GOOD)} bytes)",
    )
    assert missing.check().state == "stale"
    assert missing.load().state == missing.check().state == "loaded"


def test_a_failed_hour_can_be_waived(failed: Bench) -> None:
    """The hour whose load failed stays as main has it, and is green while its file is the one that failed."""
    result = failed.check(deep=True)
    assert (result.state, result.description) == ("waived", NOTE)
    assert failed.rows("id") == [(1,), (2,), (3,)]

    failed.put("y,y,y,y\n")

    assert failed.check().state == "stale"


def test_a_file_that_goes_ends_a_waiver(failed: Bench) -> None:
    """A waived hour whose file is removed is told of as well."""
    failed.bucket.delete(failed.key())

    assert failed.check().state == "stale"


def test_a_load_takes_a_waiver_back(failed: Bench) -> None:
    """What a load of the hour finds is its state; the waiver stays on record."""
    failed.load()

    assert failed.check().state == "failed"
    assert failed.query("SELECT state, why, who FROM lake_assets.waivers") == [
        ("failed", "nothing was sold", "ada")
    ]


def test_a_waiver_hides_no_difference_in_main(failed: Bench) -> None:
    """Rows that vanish from main under a waived hour are a mismatch."""
    failed.query("DELETE FROM shop.orders WHERE id = 2")

    result = failed.check()

    assert result.state == "mismatch"
    assert result.findings[0] == f"{failed.key()}: 2 rows in main, 3 loaded (-1)"


def test_an_hour_that_has_changed_meanwhile_is_not_waived(bench: Bench) -> None:
    """An hour that was loaded between looking and waiving keeps its state, and no waiver is written."""
    bench.put(GOOD)
    bench.load()
    with psycopg.connect(bench.url, autocommit=True) as connection:
        waiving = Waiving(HOUR, "missing", None, {}, None)
        assert waive(connection, bench.table, [waiving], why="late", who="ada") == []

    assert bench.state()[0] == "loaded"
    assert bench.query("SELECT * FROM lake_assets.waivers") == []
