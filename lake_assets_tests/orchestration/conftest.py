"""Fixtures of what is told to Dagster."""

from collections.abc import Iterator

import dagster as dg
import pytest


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """Give a Dagster instance that forgets."""
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral
