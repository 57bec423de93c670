"""Fixtures of these tests: a warehouse without a ledger, for making one is their subject."""

import pytest


@pytest.fixture
def warehouse_url(empty_url: str) -> str:
    """Give the address of an empty database on PostgreSQL 18."""
    return empty_url
