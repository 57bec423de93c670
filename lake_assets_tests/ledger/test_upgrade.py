"""Proves that an older ledger is completed with all it holds, beside whoever is at work on it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from lake_assets import table_locks
from lake_assets.exceptions import ConfigurationError, WarehouseError
from lake_assets.ledger.install import install, migrations
from lake_assets.postgres import connect
from lake_assets_tests.fix_bench import GOOD, Bench

VERSION_1 = (Path(__file__).parent / "old" / "version_1.sql").read_text(encoding="utf-8")

PATIENCE = 60  # seconds until a test that would hang fails
HOLDS_FILES = (
    "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted "
    "AND relation = 'lake_assets.files'::regclass"
)
ROWS = """
INSERT INTO lake_assets.files (
    source, table_name, hour, key, etag, bytes, records, loaded, quarantined, dialect, run_id
)
VALUES ('shop', 'orders', '2018-09-06 10:00Z', 'shop/orders/x.csv', 'e', 9, 3, 2, 1, '{}', 'r');
INSERT INTO lake_assets.table_hours (
    source, table_name, hour, state, files, records, loaded, quarantined, run_id
)
VALUES ('shop', 'orders', '2018-09-06 10:00Z', 'quarantined', 1, 3, 2, 1, 'r');
INSERT INTO lake_assets.quarantine (source, table_name, hour, key, record, reason, raw, run_id)
VALUES ('shop', 'orders', '2018-09-06 10:00Z', 'shop/orders/x.csv', 2, 'bad', 'x', 'r');
"""

NOTES = """
INSERT INTO lake_assets.table_hours (source, table_name, hour, state, run_id, note) VALUES
('shop', 'orders', '2018-09-06 01:00Z', 'failed', 'r', 'the catalog; and more'),
(
    'shop', 'orders', '2018-09-06 02:00Z', 'missing', '',
    'shop/orders/a; b.csv: removed from the lake since it was loaded (3 records); '
    'shop/orders/c.csv: removed from the lake since it was loaded (0 records); the DMS task t is stopped'
),
('shop', 'orders', '2018-09-06 03:00Z', 'missing', '', 'no file came, and one was due (expect: hourly)'),
('shop', 'orders', '2018-09-06 04:00Z', 'quiet', '',
 'DMS had applied every change up to 2018-09-06T05:00:00 (awsdms_status)'),
('shop', 'orders', '2018-09-06 05:00Z', 'waived', '', 'waived: none was due (ada)'),
('shop', 'orders', '2018-09-06 06:00Z', 'loaded', 'r', 'x.csv: 2 NUL bytes (`nul: replace`)'),
('shop', 'orders', '2018-09-06 07:00Z', 'loaded', 'r', NULL);
INSERT INTO lake_assets.waivers (source, table_name, hour, state, why, who, files)
VALUES ('shop', 'orders', '2018-09-06 05:00Z', 'missing', 'none was due', 'ada', '{}');
INSERT INTO lake_assets.findings (kind, source, note) VALUES ('volume', 'shop', 'few records');
"""


@pytest.fixture
def first_version(connection: psycopg.Connection) -> psycopg.Connection:
    """Give a session on a database with a ledger of version 1, and a loaded table-hour in it."""
    connection.execute(VERSION_1.encode())
    connection.execute(ROWS.encode())
    return connection


@pytest.fixture
def installer(warehouse_url: str) -> Iterator[psycopg.Connection]:
    """Give the session that completes the ledger."""
    with connect(warehouse_url, autocommit=True) as session:
        yield session


def test_the_first_version_becomes_this_one(first_version: psycopg.Connection) -> None:
    """A ledger of version 1 is completed in place: its rows stay, and know what files they are of."""
    install(first_version)

    kept = first_version.execute(
        "SELECT file.records, file.added, hour.added, held.etag FROM lake_assets.files AS file "
        "JOIN lake_assets.table_hours AS hour USING (source, table_name, hour) "
        "JOIN lake_assets.quarantine AS held USING (source, table_name, hour, key)"
    ).fetchall()
    assert kept == [(3, 0, 0, "e")]


def test_a_completed_ledger_takes_loads(bench: Bench) -> None:
    """The hour that version 1 had loaded is loaded from its file of now, and agrees with lake and main."""
    with connect(bench.url, autocommit=True) as session:
        session.execute(VERSION_1.encode())
        session.execute(ROWS.encode())
    bench.put(GOOD)

    bench.load(followed_by="me")

    assert bench.state() == ("loaded", 3, 3, 0)
    assert bench.check().passed


@pytest.mark.parametrize(
    ("held", "wanted"),
    [("table_hours", "files"), ("quarantine", "files"), ("table_hours", "quarantine")],
)
def test_an_upgrade_never_costs_others_their_work(
    first_version: psycopg.Connection,
    installer: psycopg.Connection,
    warehouse_url: str,
    held: str,
    wanted: str,
) -> None:
    """Whoever holds one of the ledger's tables and comes to another while an upgrade waits is let through."""
    with ThreadPoolExecutor(1) as pool, psycopg.connect(warehouse_url) as busy:
        busy.execute(f"UPDATE lake_assets.{held} SET run_id = 'busy'".encode())
        upgrade = pool.submit(install, installer)
        while not first_version.execute(HOLDS_FILES).fetchone():
            assert not upgrade.done()

        assert busy.execute(f"SELECT count(*) FROM lake_assets.{wanted}".encode()).fetchone() == (1,)
        busy.commit()
        upgrade.result(PATIENCE)

    assert first_version.execute("SELECT added FROM lake_assets.table_hours").fetchall() == [(0,)]


def test_notes_become_facts(connection: psycopg.Connection) -> None:
    """What a ledger of sentences knew is carried over: removed files by key, proofs, waivers, all else."""
    connection.execute(migrations()[0].script.encode())
    connection.execute(NOTES.encode())

    install(connection)

    rows = connection.execute("SELECT state, reason, evidence FROM lake_assets.table_hours ORDER BY hour")
    assert rows.fetchall() == [
        ("failed", "noted", [{"code": "noted", "text": "the catalog; and more"}]),
        (
            "missing",
            "file_removed",
            [
                {"code": "file_removed", "key": "shop/orders/a; b.csv", "records": 3},
                {"code": "file_removed", "key": "shop/orders/c.csv", "records": 0},
                {"code": "noted", "text": "the DMS task t is stopped"},
            ],
        ),
        (
            "missing",
            "noted",
            [{"code": "noted", "text": "no file came, and one was due (expect: hourly)"}],
        ),
        ("quiet", "all_applied", [{"code": "all_applied", "applied": "2018-09-06T05:00:00"}]),
        ("waived", "waived", [{"code": "waived", "why": "none was due", "who": "ada"}]),
        ("loaded", None, [{"code": "noted", "text": "x.csv: 2 NUL bytes (`nul: replace`)"}]),
        ("loaded", None, []),
    ]
    findings = connection.execute("SELECT evidence FROM lake_assets.findings").fetchall()
    assert findings == [({"noted": "few records"},)]


def test_each_migration_is_run_once_and_recorded(connection: psycopg.Connection) -> None:
    """A ledger that is complete is left alone: whoever undid a migration by hand keeps what they did."""
    install(connection)
    connection.execute("ALTER TABLE lake_assets.findings DROP COLUMN evidence")

    install(connection)

    recorded = connection.execute("SELECT number, name FROM lake_assets.migrations ORDER BY number")
    assert recorded.fetchall() == [(one.number, one.name) for one in migrations()]
    gone = (
        "SELECT FROM pg_attribute WHERE attrelid = 'lake_assets.findings'::regclass AND attname = 'evidence'"
    )
    assert connection.execute(gone.encode()).fetchall() == []


def test_an_upgrade_that_does_not_stick_is_told(connection: psycopg.Connection) -> None:
    """A record of migrations that keeps none is an error with its name, and no upgrade without end."""
    connection.execute("CREATE SCHEMA lake_assets")
    connection.execute("CREATE TABLE lake_assets.migrations (number integer, name text)")
    connection.execute("CREATE RULE keep_none AS ON INSERT TO lake_assets.migrations DO INSTEAD NOTHING")

    with pytest.raises(
        WarehouseError, match=r"baseline, facts, alert_fingerprints, .* were run, and .* does not"
    ):
        install(connection)


def test_an_upgrade_names_who_is_in_its_way(
    first_version: psycopg.Connection,
    installer: psycopg.Connection,
    warehouse_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A session that reads the ledger for ever is named, and the ledger stays as it was."""
    monkeypatch.setattr(table_locks, "MOST_WAITS", 1)
    with psycopg.connect(warehouse_url) as reader:
        reader.execute("SELECT * FROM lake_assets.files")

        with pytest.raises(WarehouseError, match=f"in use all the time: pid {reader.info.backend_pid}"):
            install(installer)

    assert first_version.execute("SELECT to_regclass('lake_assets.migrations')").fetchone() == (None,)


def test_a_ledger_of_a_later_version_is_not_touched(connection: psycopg.Connection) -> None:
    """An older program beside a newer one says so, instead of working on tables that it does not know."""
    install(connection)
    later = len(migrations()) + 1
    connection.execute("INSERT INTO lake_assets.migrations (number, name) VALUES (%s, 'later')", [later])

    with pytest.raises(ConfigurationError, match=f"has migration {later}"):
        install(connection)
