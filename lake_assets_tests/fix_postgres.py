"""Fixtures of PostgreSQL: one server for the whole run, a database of its own for each test."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from lake_assets.embedded.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Run PostgreSQL 18."""
    server = PostgresServer(tmp_path_factory.mktemp("postgres18"), version=18, durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres16(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Run PostgreSQL 16, the oldest that is supported."""
    server = PostgresServer(tmp_path_factory.mktemp("postgres16"), version=16, durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def warehouse_url(postgres: PostgresServer) -> Iterator[str]:
    """Give the address of an empty database on PostgreSQL 18."""
    yield from _fresh_database(postgres)


@pytest.fixture
def warehouse16_url(postgres16: PostgresServer) -> Iterator[str]:
    """Give the address of an empty database on PostgreSQL 16."""
    yield from _fresh_database(postgres16)


@pytest.fixture
def connection(warehouse_url: str) -> Iterator[psycopg.Connection]:
    """Open a session on the empty database, each statement committed by itself."""
    with psycopg.connect(warehouse_url, autocommit=True) as opened:
        yield opened


def _fresh_database(server: PostgresServer) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    server.create_database(name)
    yield server.url(name)
    server.drop_database(name)
