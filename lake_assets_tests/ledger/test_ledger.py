"""Proves `ledger`: what it refuses to write down, and that it stands in nobody's way."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from lake_assets.exceptions import ConfigurationError, WarehouseError
from lake_assets.hours import ONE_HOUR
from lake_assets.ledger.install import install, lock, migrations
from lake_assets.ledger.table_hours import Entry, write
from lake_assets.postgres import connect
from lake_assets_tests.fix_bench import GOOD, HOUR, Bench

KNOWN = ("files", "table_hours", "quarantine", "quarantined_files")
OTHERS = "(table_name, hour) <> ('orders', '2018-09-06 10:00Z')"
PATIENCE = 60  # seconds until a test that would hang fails


@pytest.fixture
def installed(connection: psycopg.Connection) -> psycopg.Connection:
    """Give a session on a database with an empty ledger."""
    install(connection)
    return connection


def test_installing_twice_changes_nothing(installed: psycopg.Connection) -> None:
    """The ledger can be installed at any time; what it holds stays."""
    installed.execute(
        "INSERT INTO lake_assets.table_hours (source, table_name, hour, state, run_id) "
        "VALUES ('shop', 'orders', '2018-09-06 10:00Z', 'loaded', 'r')"
    )

    install(installed)

    assert installed.execute("SELECT state FROM lake_assets.table_hours").fetchall() == [("loaded",)]


def test_a_ledger_that_is_there_does_not_wait_for_loads(bench: Bench) -> None:
    """While a load holds its locks on the ledger, others still open it."""
    bench.put(GOOD)
    bench.load()

    with psycopg.connect(bench.url) as load, psycopg.connect(bench.url, autocommit=True) as other:
        load.execute("DELETE FROM lake_assets.quarantine")
        other.execute("SET lock_timeout = '1ms'")
        install(other)


def test_who_finds_the_ledger_completed_does_not_wait_for_loads(bench: Bench) -> None:
    """Who waited for another to complete the ledger only looks at it then, without a lock on its tables."""
    bench.put(GOOD)
    bench.load()
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    newest = migrations()[-1]
    bench.query(f"DELETE FROM lake_assets.migrations WHERE number = {newest.number}")

    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(bench.url) as first,
        psycopg.connect(bench.url) as load,
        psycopg.connect(bench.url, autocommit=True) as second,
    ):
        lock(first, "lake_assets")
        installing = pool.submit(install, second)
        while bench.query(waiting) != [(1,)]:
            assert not installing.done()
        load.execute("UPDATE lake_assets.files SET run_id = 'busy'")
        first.execute(
            "INSERT INTO lake_assets.migrations (number, name) VALUES (%s, %s)", [newest.number, newest.name]
        )
        first.commit()
        installing.result(PATIENCE)


def test_an_hour_that_is_known_is_not_noted_as_missing(bench: Bench) -> None:
    """Only hours that nobody has judged yet are written down as missing, and named."""
    bench.put(GOOD)
    bench.load()
    hours = [HOUR + ONE_HOUR, HOUR]
    entries = [Entry(table=bench.table, hour=hour, state="missing", reason="no_file") for hour in hours]

    with psycopg.connect(bench.url) as connection:
        assert write(connection, entries) == {("shop", "orders", HOUR + ONE_HOUR)}

    assert [bench.state(hour)[0] for hour in hours] == ["missing", "loaded"]


def test_what_is_written_of_a_table_hour_touches_no_other(bench: Bench) -> None:
    """Loads that fill, refuse and empty an hour, and a check, leave all that is known of others as it is."""
    body = GOOD + "4,x,2018-09-06,bad\n"
    strict = bench.with_table(max_quarantined=0)
    beside = bench.with_table(name="returns"), bench.with_table(name="returns", max_quarantined=0)
    for table in (bench, beside[0]):
        for hour in (HOUR, HOUR + ONE_HOUR):
            table.put(body, hour)
            table.load(hour)
    strict.load(HOUR + ONE_HOUR)
    beside[1].load(HOUR)
    before = [
        bench.query(f"SELECT * FROM lake_assets.{name} WHERE {OTHERS} ORDER BY 1, 2, 3, 4, 5")
        for name in KNOWN
    ]

    bench.put(body.replace("x", "y"))
    bench.load()
    strict.load()
    bench.bucket.delete(bench.key())
    bench.check()
    bench.load()

    after = [
        bench.query(f"SELECT * FROM lake_assets.{name} WHERE {OTHERS} ORDER BY 1, 2, 3, 4, 5")
        for name in KNOWN
    ]
    assert after == before
    assert all(before)


def test_a_sum_that_is_off_is_refused(bench: Bench) -> None:
    """PostgreSQL itself refuses a file or a table-hour whose records are not all accounted for."""
    bench.put(GOOD)
    bench.load()

    with pytest.raises(psycopg.errors.CheckViolation, match="every_record_accounted_for"):
        bench.query("UPDATE lake_assets.files SET loaded = loaded - 1")
    with pytest.raises(psycopg.errors.CheckViolation, match="every_record_accounted_for"):
        bench.query("UPDATE lake_assets.table_hours SET loaded = loaded - 1")


def test_a_state_nobody_knows_is_refused(bench: Bench) -> None:
    """PostgreSQL itself refuses a state that is none of the contract's."""
    bench.put(GOOD)
    bench.load()

    with pytest.raises(psycopg.errors.CheckViolation, match="known_state"):
        bench.query("UPDATE lake_assets.table_hours SET state = 'fine'")


def test_a_server_that_is_too_old_is_refused(warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server below the oldest supported version gets an error that names both versions."""
    monkeypatch.setattr("lake_assets.postgres.OLDEST_SERVER", 990000)

    with pytest.raises(ConfigurationError, match=r"PostgreSQL 18 .* PostgreSQL 16 or later"):
        connect(warehouse_url)


def test_an_encoding_other_than_utf8_is_refused(connection: psycopg.Connection) -> None:
    """A database that cannot hold all text gets an error that says so."""
    name = f"{connection.info.dbname}_latin1"
    connection.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0".encode())
    try:
        with pytest.raises(ConfigurationError, match="encoding LATIN1"):
            connect(psycopg.conninfo.make_conninfo(_url(connection), dbname=name))
    finally:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_a_server_that_is_not_there_is_a_clear_error(connection: psycopg.Connection) -> None:
    """An address nobody listens on gives an error with the remedy, and not the password."""
    address = psycopg.conninfo.make_conninfo(_url(connection), port=1)

    with pytest.raises(WarehouseError, match="LAKE_ASSETS_WAREHOUSE") as caught:
        connect(address)

    assert connection.info.password not in str(caught.value)


def _url(connection: psycopg.Connection) -> str:
    return psycopg.conninfo.make_conninfo(connection.info.dsn, password=connection.info.password)
