"""Fixtures of these tests: warehouses that have a ledger already, for making one is proved elsewhere."""

import pytest


@pytest.fixture
def warehouse_url(url_with_ledger: str) -> str:
    """Give the address of a database on PostgreSQL 18 with a ledger."""
    return url_with_ledger


@pytest.fixture
def warehouse16_url(url16_with_ledger: str) -> str:
    """Give the address of a database on PostgreSQL 16 with a ledger."""
    return url16_with_ledger
