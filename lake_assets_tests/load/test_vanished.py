"""Proves `load.vanished` and `load.moved`: rows stay when files vanish, and files that moved are no two."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import LakeObject
from lake_assets.load.vanished import renamed_within, source_is_gone
from lake_assets.postgres import connect
from lake_assets.states.records import LedgerFile
from lake_assets_tests.fix_bench import HOUR, Bench

NEXT = HOUR + ONE_HOUR
COLUMNS = {"id": "bigint"}
LEDGER = "hour, key, records, loaded, quarantined, superseded, filtered"


@pytest.fixture
def ids(bench: Bench) -> Bench:
    """Return a table of numbers with two files in the first hour and one in the next, all loaded."""
    table = bench.with_table(COLUMNS)
    table.put("1\n2\n", HOUR, 1)
    table.put("3\nx\n", HOUR, 2)
    table.put("4\n", NEXT)
    for hour in (HOUR, NEXT):
        table.load(hour)
    return table


def ledger(table: Bench) -> list[tuple[object, ...]]:
    """Give the files of the ledger; the sum of each is held by a constraint of the table."""
    return table.query(f"SELECT {LEDGER} FROM lake_assets.files ORDER BY hour, key")


def numbers(table: Bench) -> list[int | None]:
    """Give the numbers in main, sorted."""
    return sorted(number for (number,) in table.rows("id"))


def test_a_vanished_file_keeps_rows_and_quarantine_beside_new_and_rewritten_ones(ids: Bench) -> None:
    """An hour is replaced file by file, however often: what is listed anew, and what vanished not at all."""
    ids.bucket.delete(ids.key(HOUR, 2))
    ids.put("10\n20\n30\n", HOUR, 1)
    ids.put("5\n", HOUR, 3)

    report = ids.load_twice()

    assert (report.state, [fact.code for fact in report.verdict.found]) == ("stale", ["file_vanished"])
    assert not report.verdict.needs_load
    assert numbers(ids) == [3, 4, 5, 10, 20, 30]
    assert [row[2:] for row in ledger(ids)] == [
        (3, 3, 0, 0, 0),
        (2, 1, 1, 0, 0),
        (1, 1, 0, 0, 0),
        (1, 1, 0, 0, 0),
    ]
    assert ids.quarantine("record, value") == [(2, "x")]
    assert ids.check().state == "stale"


def test_a_refused_load_leaves_what_vanished_as_it_was(ids: Bench) -> None:
    """Where the files that are left cannot be loaded, main and the vanished file's quarantine stay."""
    ids.bucket.delete(ids.key(HOUR, 2))
    ids.put("bad\n", HOUR, 1)

    assert ids.load().state == "failed"

    assert numbers(ids) == [1, 2, 3, 4]
    assert ids.quarantine("value, refused") == [("bad", True), ("x", False)]


def test_an_hour_whose_files_all_vanished_is_left_alone_until_they_are_back(ids: Bench) -> None:
    """An empty listing takes nothing, and a file that comes back ends it without another row."""
    for number in (1, 2):
        ids.bucket.delete(ids.key(HOUR, number))
    before = ids.rows()

    assert ids.load_twice().state == ids.check().state == "stale"
    assert ids.rows() == before

    ids.put("1\n2\n", HOUR, 1)
    ids.put("3\nx\n", HOUR, 2)
    assert ids.check().state == "quarantined"
    assert ids.load().state == "quarantined"
    assert numbers(ids) == [1, 2, 3, 4]


def test_a_day_whose_file_vanished_has_had_it(bench: Bench) -> None:
    """Of a daily table the file's hour says that it vanished, and the last hour of its day is no hole."""
    daily = bench.with_table(COLUMNS, expect="daily")
    daily.put("1\n")
    daily.load()
    daily.bucket.delete(daily.key())

    assert daily.check().state == "stale"
    assert daily.check(HOUR.replace(hour=23)).state == "quiet"


def test_follow_takes_rows_out_unless_all_of_the_source_has_vanished(ids: Bench) -> None:
    """`vanished: follow` lets an hour go; when nothing of the source is left, only a person's word does."""
    follow = ids.with_table(COLUMNS, vanished="follow")
    other = ids.with_table(COLUMNS, name="items")
    key = other.put("7\n")
    other.load()
    for hour, number in ((HOUR, 1), (HOUR, 2), (NEXT, 0)):
        follow.bucket.delete(follow.key(hour, number))

    # Of another table a file is left: this one's alone have vanished, as by DMS's TRUNCATE.
    assert (follow.load().state, numbers(follow)) == ("missing", [4])

    other.bucket.delete(key)
    report = follow.load(NEXT)
    assert (report.state, report.verdict.reason) == ("stale", "source_vanished")
    assert (numbers(follow), follow.check(NEXT).state) == ([4], "stale")
    assert (follow.load(NEXT, followed_by="Ann").state, numbers(follow)) == ("missing", [])


def test_a_source_is_there_while_one_loaded_file_is(ids: Bench) -> None:
    """Objects that were never loaded are no sign of life, and one that was is enough."""
    ids.bucket.put("shop/orders/new.csv", b"1\n")
    ids.bucket.put("shopping/orders/20180906-100000000.csv", b"1\n")
    with connect(ids.url, autocommit=True) as connection:
        assert not source_is_gone(connection, ids.lake, ids.table)
        for hour, number in ((HOUR, 1), (HOUR, 2), (NEXT, 0)):
            ids.bucket.delete(ids.key(hour, number))
        assert source_is_gone(connection, ids.lake, ids.table)


def test_files_older_than_lake_retention_may_go_without_a_word(ids: Bench) -> None:
    """Beyond it nothing is compared: the hour stays what it was, by `follow` too, and a new file is taken."""
    for policy in ("keep", "follow"):
        old = ids.with_table(COLUMNS, vanished=policy, lake_retention=timedelta(days=90))
        old.bucket.delete(old.key(HOUR, 1))
        old.bucket.delete(old.key(HOUR, 2))

        assert old.check().state == old.load().state == "quarantined"
        assert numbers(old) == [1, 2, 3, 4]
        assert old.load(HOUR - ONE_HOUR).state == old.check(HOUR - ONE_HOUR).state == "quiet"
        assert "cannot be counted again" in (old.check(deep=True).why or "")
    old.put("5\n", HOUR, 9)
    assert old.check().state == "stale"
    assert (old.load().state, numbers(old)) == ("quarantined", [1, 2, 3, 4, 5])


@pytest.mark.parametrize("load", ["append", "snapshot"])
def test_a_file_that_lies_in_the_hour_under_another_name_is_not_doubled(ids: Bench, load: str) -> None:
    """The same bytes under another key take the place of the file that is gone, and nobody must decide."""
    table = ids.with_table(COLUMNS, load=load)
    table.bucket.delete(table.key(HOUR, 2))
    moved = f"shop/orders/2018/09/06/{table.key(HOUR, 2).rpartition('/')[2]}"
    table.bucket.put(moved, b"3\nx\n")
    table.bucket.delete(table.key(NEXT))
    table.put("4\n", NEXT, 7)

    states = [table.load_twice(hour).state for hour in (HOUR, NEXT)]

    assert states == ["quarantined", "loaded"]
    assert moved in {row[1] for row in ledger(table)}
    assert len(ledger(table)) == 3
    if load == "append":
        assert numbers(table) == [1, 2, 3, 4]


@pytest.mark.parametrize("order", list(permutations((HOUR, NEXT))))
def test_a_full_load_that_was_copied_to_another_hour_is_taken_over(
    bench: Bench, order: tuple[datetime, datetime]
) -> None:
    """A LOAD file's hour is its folder's, or when it was written: a copy takes its rows along."""
    table = bench.with_table(COLUMNS)
    before, after = (
        "shop/orders/2018/09/06/10/LOAD00000001.csv",
        "shop/orders/2018/09/06/11/LOAD00000001.csv",
    )
    table.bucket.put(before, b"1\nx\n")
    table.put("2\n", HOUR)
    table.load()
    table.bucket.delete(before)
    table.bucket.put(after, b"1\nx\n")

    for hour in order:
        table.load(hour)

    assert numbers(table) == [1, 2]
    assert table.query("SELECT key FROM lake_assets.files ORDER BY hour") == [(table.key(HOUR),), (after,)]
    assert [table.check(hour).state for hour in (HOUR, NEXT)] == ["loaded", "quarantined"]
    assert table.quarantine("hour, value") == [(NEXT, "x")]


def test_an_object_whose_hour_is_another_now_is_taken_over(ids: Bench) -> None:
    """Where the catalog's time zone was wrong, mending it moves rows, and doubles or loses none."""
    mended = ids.with_table(COLUMNS, files={"timezone": "Europe/London"})  # an hour ahead, in September

    for hour in (HOUR, HOUR - ONE_HOUR, NEXT):
        mended.load(hour)

    hours = mended.query("SELECT _lake_hour, id FROM shop.orders ORDER BY id")
    assert hours == [(HOUR - ONE_HOUR, 1), (HOUR - ONE_HOUR, 2), (HOUR - ONE_HOUR, 3), (HOUR, 4)]
    states = [mended.check(hour).state for hour in (HOUR - ONE_HOUR, HOUR, NEXT)]
    assert states == ["quarantined", "loaded", "quiet"]


def test_a_copy_whose_original_is_still_there_is_a_file_of_its_own(ids: Bench) -> None:
    """Two files of the same bytes are two files, and so is one of bytes that many had: nothing is guessed."""
    ids.put("4\n", NEXT + ONE_HOUR)
    ids.load(NEXT + ONE_HOUR)
    assert numbers(ids) == [1, 2, 3, 4, 4]
    for hour in (NEXT, NEXT + ONE_HOUR):
        ids.bucket.delete(ids.key(hour))
    ids.put("4\n", NEXT + 2 * ONE_HOUR)

    ids.load(NEXT + 2 * ONE_HOUR)

    assert numbers(ids) == [1, 2, 3, 4, 4, 4]
    assert ids.check(NEXT).state == "stale"


def test_a_rename_is_found_by_name_before_bytes_alone() -> None:
    """Of files with the same bytes, each object takes the one of its own base name, and each only once."""

    def file(key: str) -> LedgerFile:
        return LedgerFile(1, HOUR, key, "e", 9, 1, 1, 0, 0, 0, 0, {})

    def item(key: str) -> LakeObject:
        return LakeObject(key=key, etag="e", size=9, last_modified=HOUR, hour=HOUR, kind="cdc")

    gone = [file("a/1"), file("a/2")]
    objects = [item("a/0"), item("b/2"), item("b/1"), item("b/3")]

    renamed = {old: new.key for old, new in renamed_within(gone, [*gone, file("a/0")], objects)}

    assert renamed == {"a/2": "b/2", "a/1": "b/1"}


def test_a_wrong_value_stays_known_when_its_file_vanishes(ids: Bench) -> None:
    """What a deep check found of rows that no load touches stays until their file is back and loaded."""
    ids.query("UPDATE shop.orders SET id = 9 WHERE id = 3 RETURNING id")
    assert ids.check(deep=True).state == "mismatch"
    ids.bucket.delete(ids.key(HOUR, 2))

    report = ids.load()

    assert [fact.code for fact in report.verdict.found] == ["values_differ", "file_vanished"]
    assert report.state == ids.check().state == "mismatch"
    ids.put("3\nx\n", HOUR, 2)
    assert ids.check().state == "mismatch"
    assert (ids.load().state, numbers(ids)) == ("quarantined", [1, 2, 3, 4])
