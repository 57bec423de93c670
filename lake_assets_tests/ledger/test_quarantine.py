"""Proves `ledger.quarantine`: how long a record is in quarantine, when it was tried, and what is purged."""

from datetime import timedelta

import psycopg
import pytest

from lake_assets.hours import ONE_HOUR
from lake_assets.ledger import quarantine
from lake_assets.ledger.install import install
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench

BAD = "1,1,2018-09-06,a\n2,x,2018-09-06,b\n3,3,2018-09-06\n"
AGES = "record, quarantined_at, retried_at IS NOT NULL"


@pytest.fixture
def held(bench: Bench) -> Bench:
    """Give a bench whose hour has two records in quarantine."""
    bench.put(BAD)
    bench.load()
    return bench


def purge(bench: Bench, older_than: timedelta) -> int:
    """Purge the bench's table."""
    with psycopg.connect(bench.url, autocommit=True) as connection:
        return quarantine.purge(connection, [bench.table], older_than)


def test_a_record_that_stays_keeps_its_age(held: Bench) -> None:
    """A later load of the same bytes leaves the time a record came, and notes that it was tried."""
    before = held.quarantine(AGES)

    held.load()

    assert [row[2] for row in before] == [False, False]
    assert held.quarantine(AGES) == [(record, since, True) for record, since, _ in before]


def test_a_record_of_other_bytes_is_a_new_one(held: Bench) -> None:
    """A record of a file that was written again has no age from the file before it."""
    before = held.quarantine(AGES)
    held.put(BAD.replace("x", "y"))

    held.load()

    after = held.quarantine(AGES)
    assert [row[2] for row in after] == [False, False]
    assert all(new[1] > old[1] for new, old in zip(after, before, strict=True))


def test_a_refused_record_keeps_its_age_when_it_is_let_in(held: Bench) -> None:
    """A record keeps its age through a load that is refused, and is there once when the limit is raised."""
    before = held.quarantine(AGES)
    strict = held.with_table(max_quarantined=0)

    assert "max_quarantined is 0" in (strict.load_twice().error or "")
    assert strict.quarantine("record, refused") == [(2, False), (2, True), (3, False), (3, True)]
    with psycopg.connect(held.url) as connection:
        counted = quarantine.count_by_hour(connection, [held.table], HOUR, HOUR + ONE_HOUR)
    assert counted == {"shop.orders": {HOUR: 2}}
    kept = "SELECT refused FROM lake_assets.quarantined_files ORDER BY refused"
    assert held.query(kept) == [(False,), (True,)]
    held.load()

    assert held.quarantine(AGES) == [(record, since, True) for record, since, _ in before]
    assert held.quarantine("refused") == [(False,), (False,)]
    assert held.query(kept) == [(False,)]


def test_what_was_tried_still_counts(held: Bench) -> None:
    """Records that were tried in vain are still those main stands on: the check finds nothing amiss."""
    held.load()

    assert held.check(deep=True).findings == ()


def test_a_record_that_became_good_leaves(held: Bench) -> None:
    """A record that the mended catalog can take is in main, out of quarantine, and the counts agree."""
    mended = held.with_table({"id": "bigint", "amount": "text", "placed_at": "timestamptz", "note": "text"})
    held.query("DROP TABLE shop.orders")

    mended.load_twice()

    assert mended.quarantine("record, reason") == [(3, "3 cells where 4 are expected")]
    assert mended.rows("id") == [(1,), (2,)]
    assert mended.check(deep=True).findings == ()


def test_an_hour_without_files_has_no_quarantine(held: Bench) -> None:
    """Records whose file is gone stay in quarantine, until somebody has the lake followed."""
    before = held.quarantine()
    held.bucket.delete(held.key())

    held.load()
    assert held.quarantine() == before
    held.load(followed_by="me")

    assert held.quarantine() == []
    assert held.query("SELECT * FROM lake_assets.quarantined_files") == []


def test_a_purge_empties_the_bytes_alone(held: Bench) -> None:
    """Old records lose their bytes and nothing else; the check still finds every record."""
    assert purge(held, timedelta(hours=1)) == 0
    assert purge(held.with_table(name="returns"), timedelta(0)) == 0
    assert purge(held, timedelta(0)) == 2
    assert purge(held, timedelta(0)) == 0

    assert held.quarantine("record, column_name, value, raw, raw_purged_at IS NOT NULL") == [
        (2, "amount", "x", b"", True),
        (3, None, None, b"", True),
    ]
    assert held.check(deep=True).findings == ()


def test_a_load_brings_the_bytes_back(held: Bench) -> None:
    """A load reads the bytes anew; the record's age stays, so that the next purge takes them again."""
    purge(held, timedelta(0))

    held.load()

    assert [len(row[0]) > 0 for row in held.quarantine("raw")] == [True, True]
    assert purge(held, timedelta(0)) == 2


def test_a_ledger_of_the_first_version_is_completed(bench: Bench) -> None:
    """What an older ledger holds stays, and its records get the etag of the file main stands on."""
    bench.put(GOOD + "4,x,2018-09-06,bad\n")
    bench.load()
    for change in (
        "DROP VIEW lake_assets.schema_changes",
        "DROP TABLE lake_assets.quarantined_files, lake_assets.waivers",
        "ALTER TABLE lake_assets.quarantine DROP COLUMN etag, DROP COLUMN raw_purged_at",
        "ALTER TABLE lake_assets.files DROP COLUMN kind, DROP COLUMN column_set",
        "ALTER TABLE lake_assets.reloads DROP COLUMN is_backfill",
        "DROP TABLE lake_assets.column_sets",
        "ALTER TABLE lake_assets.table_hours DROP COLUMN reason, DROP COLUMN evidence",
        "ALTER TABLE lake_assets.findings DROP COLUMN evidence",
        "ALTER TABLE lake_assets.alerts RENAME COLUMN fingerprint TO cause",
        "DROP TABLE lake_assets.migrations",
    ):
        bench.query(change)

    with psycopg.connect(bench.url, autocommit=True) as connection:
        install(connection)

    assert bench.query("SELECT q.etag = f.etag FROM lake_assets.quarantine q, lake_assets.files f") == [
        (True,)
    ]
    before = bench.quarantine(AGES)
    assert bench.load(HOUR).state == "quarantined"
    assert bench.query("SELECT kind FROM lake_assets.files") == [("cdc",)]
    assert bench.quarantine(AGES) == [(record, since, True) for record, since, _ in before]


def test_only_files_with_bad_records_are_kept_each_with_its_own_faults(bench: Bench) -> None:
    """A good file of the hour is not among them, and one column's values are held against one file."""
    table = bench.with_table({"id": "bigint"})
    keys = [table.put(body, number=number) for number, body in enumerate(("x\ny\n", "1\n1,2\n", "1\n2\n"))]
    table.load()

    assert table.query("SELECT key, retyped ? 'id' FROM lake_assets.quarantined_files ORDER BY key") == [
        (keys[0], True),
        (keys[1], None),
    ]
