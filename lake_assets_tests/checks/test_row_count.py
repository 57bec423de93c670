"""Proves `checks.row_count`: green when lake, ledger and main agree, red with the reason when they do not."""

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lake_assets.catalog.models import Source, Table
from lake_assets.checks.evidence import stretches, whole_days
from lake_assets.checks.row_count import check_hours
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import Listing
from lake_assets.lake.s3 import Lake
from lake_assets.load.loader import TableLoader
from lake_assets.postgres import connect
from lake_assets.readers import records
from lake_assets.readers.blocks import Block
from lake_assets.readers.csv_splitter import split_records
from lake_assets.states.decide import state_without_files
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench, make_table


@pytest.fixture
def loaded(bench: Bench) -> Bench:
    """Give a bench whose hour is loaded, one record of it in quarantine."""
    bench.put(GOOD + "4,x,2018-09-06,bad\n")
    bench.load()
    return bench


def test_a_loaded_hour_passes(loaded: Bench) -> None:
    """Where all agrees the check passes and says the figures."""
    result = loaded.check(deep=True)

    assert result.passed
    assert result.description == "4 records in 1 file: 3 rows in main, 1 in quarantine."


def test_an_added_file_is_found(loaded: Bench) -> None:
    """A file that came after the load makes the hour stale, is named, and the ledger says since when."""
    key = loaded.put(GOOD, number=5)
    since = loaded.query("SELECT updated_at FROM lake_assets.table_hours")

    result = loaded.check()

    assert not result.passed
    assert result.state == "stale"
    assert result.findings == (f"{key}: in the lake and not loaded ({len(GOOD)} bytes)",)
    assert loaded.state()[0] == "stale"
    assert loaded.query("SELECT updated_at FROM lake_assets.table_hours") > since


def test_a_removed_file_is_found(loaded: Bench) -> None:
    """A file that went after the load makes the hour stale, and is named."""
    loaded.bucket.delete(loaded.key())

    result = loaded.check()

    assert (result.passed, result.state) == (False, "stale")
    said = f"{loaded.key()}: vanished from the lake since it was loaded; 3 rows of it stay in main"
    assert result.findings == (f"{said}, and 1 record in quarantine",)
    deep = loaded.check(deep=True).why or ""
    assert f"{loaded.key()}: vanished from the lake, so its 4 records cannot be counted again" in deep


def test_a_rewritten_file_is_found(loaded: Bench) -> None:
    """A file that was rewritten after the load, even in the same size, makes the hour stale."""
    loaded.put((GOOD + "4,x,2018-09-06,bad\n").replace("first", "FIRST"))

    result = loaded.check()

    assert (result.passed, result.state) == (False, "stale")
    assert "changed in the lake" in result.findings[0]


def test_a_deleted_row_is_found(loaded: Bench) -> None:
    """A row deleted from main by hand is a mismatch of one, in its file."""
    loaded.query("DELETE FROM shop.orders WHERE id = 2")

    result = loaded.check()

    assert (result.passed, result.state) == (False, "mismatch")
    assert result.findings == (f"{loaded.key()}: 2 rows in main, 3 loaded (-1)",)
    assert loaded.state()[0] == "mismatch"


def test_a_row_nobody_loaded_is_found(loaded: Bench) -> None:
    """A row put into main by hand is a mismatch."""
    loaded.query(
        "INSERT INTO shop.orders (_lake_hour, _lake_file, _lake_record) "
        f"VALUES ('{HOUR.isoformat()}', 999, 1)"
    )

    assert loaded.check().findings == ("1 rows in main of file id 999, which the ledger does not know",)


def test_a_record_lost_from_quarantine_is_found(loaded: Bench) -> None:
    """A record deleted from quarantine by hand is a mismatch."""
    loaded.query("DELETE FROM lake_assets.quarantine")

    assert loaded.check().findings == (f"{loaded.key()}: 0 records in quarantine, 1 put there (-1)",)


def test_a_ledger_that_was_changed_is_found_by_a_deep_check(loaded: Bench) -> None:
    """A deep check counts the bytes anew and finds a ledger that says less."""
    loaded.query("UPDATE lake_assets.files SET records = 3, loaded = 2")
    loaded.query("DELETE FROM shop.orders WHERE id = 2")

    assert loaded.check().passed
    assert loaded.check(deep=True).findings == (
        f"{loaded.key()}: 4 records by a new recount, 3 in the ledger (+1)",
    )


def test_a_loader_that_loses_records_is_found_before_its_commit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the loader's reader drops a line, the recount tells, and main never shows the hour."""

    def forgetful(chunks: Iterable[bytes], *rest: Any) -> Iterator[Any]:
        lossy = (chunk.replace(b"2,20.00,2018-09-06 10:01:00,\n", b"") for chunk in chunks)
        return split_records(lossy, *rest)

    monkeypatch.setattr(records, "split_records", forgetful)
    bench.put(GOOD)

    report = bench.load()

    assert report.state == "mismatch"
    assert "the loader read 2 records, the warehouse 2, the recount 3" in (report.error or "")
    assert bench.rows() == []
    assert (bench.check().passed, bench.check().state) == (False, "mismatch")


@pytest.mark.parametrize(
    ("lost", "counted", "said"),
    [
        (b"2,20.00,2018-09-06 10:01:00,\n", 0, "the loader read 3 records, the warehouse 2, the recount 3"),
        (b"no such line", 1, "the loader read 4 records, the warehouse 3, the recount 3"),
    ],
)
def test_each_of_the_three_counts_is_compared(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, lost: bytes, counted: int, said: str
) -> None:
    """A line lost between reader and warehouse is found as well, and so is a reader that miscounts."""

    def spoiled(*given: Any) -> Iterator[Block]:
        for block in records.read_blocks(*given):
            yield replace(block, data=block.data.replace(lost, b""), records=block.records + counted)

    monkeypatch.setattr("lake_assets.load.staging.file_copy.read_blocks", spoiled)
    bench.put(GOOD)

    report = bench.load()

    assert report.state == "mismatch"
    assert said in (report.error or "")
    assert bench.rows() == []


def test_a_failed_load_stays_red(loaded: Bench) -> None:
    """An hour whose last load failed is red, and the check says why."""
    strict = loaded.with_table(max_quarantined=0)
    strict.load()

    result = strict.check()

    assert (result.passed, result.state) == (False, "failed")
    assert "max_quarantined is 0" in result.description


def test_a_load_makes_a_red_hour_green(loaded: Bench) -> None:
    """Loading again mends what the check found."""
    loaded.query("DELETE FROM shop.orders WHERE id = 2")
    loaded.check()

    loaded.load(run_id="mended")

    assert loaded.check().passed
    assert loaded.query("SELECT note, run_id FROM lake_assets.table_hours") == [(None, "mended")]
    assert loaded.query("SELECT run_id FROM lake_assets.files") == [("mended",)]


def test_a_missing_hour_is_red_and_a_quiet_one_green(bench: Bench) -> None:
    """An hour nobody loaded, for which no file came, is judged all the same."""
    bench.put(GOOD)
    bench.load()

    absent = bench.check(HOUR + ONE_HOUR)

    assert (absent.passed, absent.state) == (False, "missing")
    assert absent.findings == ("no file came, and one was due (expect: hourly)",)
    assert bench.with_table(expect="sparse").check(HOUR + ONE_HOUR).state == "quiet"


def test_an_hour_nobody_loaded_is_red(bench: Bench) -> None:
    """Files in the lake that were never loaded are found."""
    bench.put(GOOD)
    bench.put(GOOD, HOUR + ONE_HOUR)
    bench.load()

    assert bench.check(HOUR + ONE_HOUR).state == "stale"


def test_hours_apart_are_looked_at_apart() -> None:
    """Between hours that are days apart nothing is counted; those of a day and the next go together."""
    hours = [HOUR + number * ONE_HOUR for number in (0, 1, 37, 86, 150)]

    assert list(stretches(hours)) == [hours[:3], hours[3:4], hours[4:]]
    assert list(stretches([])) == []


def test_a_daily_table_is_missing_once_a_day(bench: Bench) -> None:
    """`expect: daily` is content with one hour's files a day, and misses them at the day's last hour."""
    daily = bench.with_table(expect="daily")
    daily.put(GOOD)
    daily.load()
    last = HOUR.replace(hour=23)

    assert [daily.check(hour).state for hour in (HOUR + ONE_HOUR, last)] == ["quiet", "quiet"]
    next_day = timedelta(days=1)
    assert [daily.check(hour + next_day).state for hour in (HOUR, last)] == ["quiet", "missing"]


@pytest.mark.parametrize(("begins", "first_day"), [(0, "missing"), (1, "quiet"), (23, "quiet")])
def test_a_first_day_that_is_cut_short_is_not_missed(bench: Bench, begins: int, first_day: str) -> None:
    """Where `start` is later than a day's first hour its file may have come before; the next one is due."""
    start = HOUR.replace(hour=begins)
    daily = bench.with_table(expect="daily", start=start)
    last = HOUR.replace(hour=23)

    assert daily.load(last).state == daily.check(last).state == first_day
    assert daily.check(last + timedelta(days=1)).state == "missing"


@pytest.mark.parametrize(("day_has_files", "state"), [(True, "quiet"), (False, "missing")])
def test_a_load_judges_a_daily_table_by_its_day(bench: Bench, day_has_files: bool, state: str) -> None:
    """What the load of a day's last hour writes down is what a check would find."""
    daily = bench.with_table(expect="daily")
    with TableLoader(daily.url, daily.lake, daily.table, "test") as loader:
        assert loader.load(HOUR.replace(hour=23), (), day_has_files=day_has_files).state == state


@pytest.mark.parametrize(
    ("seconds", "state"), [(-1, "expected"), (0, "expected"), (599, "expected"), (600, "missing")]
)
def test_an_hour_is_due_once_it_and_its_grace_are_over(seconds: int, state: str) -> None:
    """Until then nobody is told that its file is missing."""
    table = make_table(grace=timedelta(minutes=10))
    now = HOUR + ONE_HOUR + timedelta(seconds=seconds)

    assert state_without_files(table, HOUR, now, day_has_files=False) == state


def test_a_compressed_file_is_recounted(bench: Bench) -> None:
    """A deep check unpacks for itself."""
    bench.bucket.put("shop/orders/20180906-100000000.csv.gz", gzip.compress(GOOD.encode()))
    bench.load()

    assert bench.check(deep=True).passed


def test_whole_days_holds_the_range() -> None:
    """A range is widened to midnight on both sides."""
    first, end = whole_days(HOUR, HOUR + 20 * ONE_HOUR)

    assert (first, end) == (HOUR.replace(hour=0), HOUR.replace(hour=0) + timedelta(days=2))


class BusyLake(Lake):
    """A lake to which a file comes, and is loaded, the first time that it is listed."""

    def __init__(self, bench: Bench, *, before: bool) -> None:
        """Give the lake of a bench; the first listing is that before the file came, or that after it."""
        super().__init__(bench.bucket.client, bench.bucket.bucket)
        self.bench, self.before = bench, before

    def list_table(
        self, source: Source | str, table: Table, first: datetime | None = None, end: datetime | None = None
    ) -> Listing:
        """List a table as it is before the load, or after it."""
        listing = super().list_table(source, table, first, end)
        if not self.bench.query("SELECT FROM lake_assets.files WHERE run_id = 'beside'"):
            self.bench.put(GOOD, number=7)
            self.bench.load(run_id="beside")
        return listing if self.before else super().list_table(source, table, first, end)


@pytest.mark.parametrize("before", [True, False])
def test_a_load_beside_a_check_is_no_difference(bench: Bench, before: bool) -> None:
    """Whatever a load changes while a check is at work, the check ends with what is true after it."""
    bench.put(GOOD)
    bench.load()
    lake = BusyLake(bench, before=before)

    with connect(bench.url, autocommit=True) as connection:
        (result,) = check_hours(connection, lake, bench.table, [HOUR])

    assert (result.state, result.found) == ("loaded", ())
    assert bench.state()[0] == "loaded"
