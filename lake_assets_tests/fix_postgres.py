"""Fixtures of PostgreSQL: one server for the whole run, a database of its own for each test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest

from lake_assets.embedded.postgres import PostgresServer

# Less log to write anew, for segments are used again.
SETTINGS = {"max_wal_size": "128MB"}


@dataclass(frozen=True)
class Databases:
    """Makes databases that live for one test.

    Attributes:
        server: the server they are on.
        session: the session they are made in; opening one for each costs as much as making it.
    """

    server: PostgresServer
    session: psycopg.Connection

    @classmethod
    @contextmanager
    def of(cls, server: PostgresServer) -> Iterator["Databases"]:
        """Open the session on a running server for a with block."""
        with psycopg.connect(server.url("postgres"), autocommit=True) as session:
            yield cls(server, session)

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Make an empty database for a with block, and give its address."""
        name = f"test_{uuid4().hex}"
        # The other strategy writes every page to the log as well.
        self.session.execute(f"CREATE DATABASE {name} STRATEGY file_copy".encode())
        yield self.server.url(name)
        self.session.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Run PostgreSQL 18."""
    server = PostgresServer(
        tmp_path_factory.mktemp("postgres18"), version=18, durable=False, settings=SETTINGS
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres16(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Run PostgreSQL 16, the oldest that is supported."""
    server = PostgresServer(
        tmp_path_factory.mktemp("postgres16"), version=16, durable=False, settings=SETTINGS
    )
    server.start()
    yield server
    server.stop()


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


@pytest.fixture
def warehouse_url(databases: Databases) -> Iterator[str]:
    """Give the address of an empty database on PostgreSQL 18."""
    with databases.fresh() as url:
        yield url


@pytest.fixture
def warehouse16_url(databases16: Databases) -> Iterator[str]:
    """Give the address of an empty database on PostgreSQL 16."""
    with databases16.fresh() as url:
        yield url


@pytest.fixture
def connection(warehouse_url: str) -> Iterator[psycopg.Connection]:
    """Open a session on the empty database, each statement committed by itself."""
    with psycopg.connect(warehouse_url, autocommit=True) as opened:
        yield opened
