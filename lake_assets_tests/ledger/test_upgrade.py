"""Proves that an older ledger is completed with all it holds, beside whoever is at work on it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from lake_assets.ledger import ledger
from lake_assets.postgres import connect, statement
from lake_assets_tests.fix_bench import GOOD, Bench

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


@pytest.fixture
def first_version(connection: psycopg.Connection) -> psycopg.Connection:
    """Give a session on a database with a ledger of version 1, and a loaded table-hour in it."""
    connection.execute(statement("lake_assets.ledger", "install"))
    connection.execute("COMMENT ON SCHEMA lake_assets IS 'lake_assets ledger, version 1'")
    connection.execute(ROWS.encode())
    return connection


@pytest.fixture
def installer(warehouse_url: str) -> Iterator[psycopg.Connection]:
    """Give the session that completes the ledger."""
    with connect(warehouse_url, autocommit=True) as session:
        yield session


def test_the_first_version_becomes_this_one(first_version: psycopg.Connection) -> None:
    """A ledger of version 1 is completed in place: its rows stay, and know what files they are of."""
    ledger.install(first_version)

    kept = first_version.execute(
        "SELECT file.records, file.added, hour.added, held.etag FROM lake_assets.files AS file "
        "JOIN lake_assets.table_hours AS hour USING (source, table_name, hour) "
        "JOIN lake_assets.quarantine AS held USING (source, table_name, hour, key)"
    ).fetchall()
    assert kept == [(3, 0, 0, "e")]


def test_a_completed_ledger_takes_loads(bench: Bench) -> None:
    """The hour that version 1 had loaded is loaded again, and agrees with lake and main."""
    with connect(bench.url, autocommit=True) as session:
        session.execute(statement("lake_assets.ledger", "install"))
        session.execute("COMMENT ON SCHEMA lake_assets IS 'lake_assets ledger, version 1'")
        session.execute(ROWS.encode())
    bench.put(GOOD)

    bench.load()

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
        upgrade = pool.submit(ledger.install, installer)
        while not first_version.execute(HOLDS_FILES).fetchone():
            assert not upgrade.done()

        assert busy.execute(f"SELECT count(*) FROM lake_assets.{wanted}".encode()).fetchone() == (1,)
        busy.commit()
        upgrade.result(PATIENCE)

    assert first_version.execute("SELECT added FROM lake_assets.table_hours").fetchall() == [(0,)]
