"""Fixtures of PostgreSQL: one server for the whole run, a database of its own for each test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
import pytest

from lake_assets.embedded.postgres import PostgresServer, Version
from lake_assets.ledger.install import install
from lake_assets.postgres import connect

SETTINGS = {
    # Less log to write anew, for segments are used again.
    "max_wal_size": "128MB",
    # Sessions are opened by the ten thousand; with the usual 4096 each costs the client more than a query.
    "scram_iterations": "1",
}

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of a name that nobody else knows is made in it
MEMORY_NEEDED = 4 * 2**30
"""How much room there must be: containers often have 64 MB, which a server of tests would overrun."""

LEDGER = "ledger"
"""The database that others are copies of: a copy takes a fifth of the time of making a ledger."""


@dataclass(frozen=True)
class Databases:
    """Makes databases that live for one test.

    Warehouses have a ledger already, for making one is proved in the ledger's own tests.

    Attributes:
        server: the server they are on.
        session: the session they are made in; opening one for each costs as much as making it.
    """

    server: PostgresServer
    session: psycopg.Connection

    def make_template(self) -> str:
        """Make a database with a ledger, and give its name."""
        self.session.execute(f"CREATE DATABASE {LEDGER} STRATEGY file_copy".encode())
        with connect(self.server.url(LEDGER), autocommit=True) as connection:
            install(connection)
        return LEDGER

    @classmethod
    @contextmanager
    def of(cls, server: PostgresServer) -> Iterator["Databases"]:
        """Open the session on a running server for a with block."""
        with psycopg.connect(server.url("postgres"), autocommit=True) as session:
            yield cls(server, session)

    @contextmanager
    def fresh(self, template: str = "template1") -> Iterator[str]:
        """Make a database for a with block, empty or as another is, and give its address."""
        name = f"test_{uuid4().hex}"
        # The other strategy writes every page to the log as well.
        self.session.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
        yield self.server.url(name)
        self.session.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def _folder(other: pytest.TempPathFactory) -> Iterator[Path]:
    """Make a folder in memory for a with block, or on disk where memory has no room.

    A database is three hundred files, which take ten times as long to make on a disk.
    """
    if MEMORY.is_dir() and disk_usage(MEMORY).free >= MEMORY_NEEDED:
        with TemporaryDirectory(prefix="lake_assets_tests_", dir=MEMORY) as folder:
            yield Path(folder)
    else:
        yield other.mktemp("postgres")


@contextmanager
def _running(version: Version, temporary: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Run a server for a with block."""
    with _folder(temporary) as folder:
        server = PostgresServer(folder / str(version), version=version, durable=False, settings=SETTINGS)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Run PostgreSQL 18."""
    with _running(18, tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="session")
def postgres16(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Run PostgreSQL 16, the oldest that is supported."""
    with _running(16, tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="session")
def databases(postgres: PostgresServer) -> Iterator[Databases]:
    """Give the databases of PostgreSQL 18."""
    with Databases.of(postgres) as opened:
        yield opened


@pytest.fixture(scope="session")
def databases16(postgres16: PostgresServer) -> Iterator[Databases]:
    """Give the databases of PostgreSQL 16."""
    with Databases.of(postgres16) as opened:
        yield opened


@pytest.fixture(scope="session")
def ledger(databases: Databases) -> str:
    """Make a ledger on PostgreSQL 18, and give the name of its database."""
    return databases.make_template()


@pytest.fixture(scope="session")
def ledger16(databases16: Databases) -> str:
    """Make a ledger on PostgreSQL 16, and give the name of its database."""
    return databases16.make_template()


@pytest.fixture
def empty_url(databases: Databases) -> Iterator[str]:
    """Give the address of an empty database on PostgreSQL 18."""
    with databases.fresh() as url:
        yield url


@pytest.fixture
def warehouse_url(databases: Databases, ledger: str) -> Iterator[str]:
    """Give the address of a database on PostgreSQL 18 that has a ledger and nothing else."""
    with databases.fresh(ledger) as url:
        yield url


@pytest.fixture
def warehouse16_url(databases16: Databases, ledger16: str) -> Iterator[str]:
    """Give the address of a database on PostgreSQL 16 that has a ledger and nothing else."""
    with databases16.fresh(ledger16) as url:
        yield url


@pytest.fixture
def connection(warehouse_url: str) -> Iterator[psycopg.Connection]:
    """Open a session on the warehouse, each statement committed by itself."""
    with psycopg.connect(warehouse_url, autocommit=True) as opened:
        yield opened
