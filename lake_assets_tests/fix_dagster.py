"""Fixtures of a Dagster project that uses the IO manager, and nothing else of lake_assets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import psycopg
import pytest

from lake_assets.orchestration.io_manager import PostgresIOManager

URL_VARIABLE = "WAREHOUSE_URL"


@dataclass(frozen=True)
class Project:
    """A Dagster project whose assets are stored by PostgresIOManager.

    Attributes:
        url: the warehouse.
        instance: Dagster's own storage, in memory.
    """

    url: str
    instance: dg.DagsterInstance

    def run(
        self,
        *assets: dg.AssetsDefinition,
        partition: str | None = None,
        between: tuple[str, str] | None = None,
        only: str | None = None,
        fails: bool = False,
        **settings: Any,
    ) -> dg.ExecuteInProcessResult:
        """Materialize assets in one run.

        Args:
            assets: the assets.
            partition: the run's partition key.
            between: first and last partition key of a run over a range.
            only: the one asset to materialize, the others being there to be read.
            fails: whether the run is to fail.
            settings: fields of the IO manager.
        """
        manager = PostgresIOManager(**{"url": dg.EnvVar(URL_VARIABLE), **settings})
        tags = between and {
            "dagster/asset_partition_range_start": between[0],
            "dagster/asset_partition_range_end": between[1],
        }
        result = dg.materialize(
            assets,
            resources={"io_manager": manager},
            instance=self.instance,
            partition_key=partition,
            tags=tags,
            selection=only,
            raise_on_error=not fails,
        )
        assert result.success is not fails
        return result

    def twice(self, *assets: dg.AssetsDefinition, **options: Any) -> dg.ExecuteInProcessResult:
        """Materialize assets, and again, so that a second run finds what the first one left."""
        self.run(*assets, **options)
        return self.run(*assets, **options)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with psycopg.connect(self.url, autocommit=True, options="-c timezone=UTC") as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


def metadata_of(result: dg.ExecuteInProcessResult) -> Sequence[dict[str, Any]]:
    """Give the metadata of a run's materializations."""
    events = [event for event in result.all_events if event.is_step_materialization]
    return [
        {
            name: entry.value
            for name, entry in event.step_materialization_data.materialization.metadata.items()
        }
        for event in events
    ]


def reason_of(result: dg.ExecuteInProcessResult) -> str:
    """Say why a run's step failed: the innermost error's message."""
    failure = next(event for event in result.all_events if event.is_step_failure)
    error = failure.step_failure_data.error
    while error and error.cause:
        error = error.cause
    assert error
    return error.message


@pytest.fixture
def project(warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Give a Dagster project with an empty warehouse, whose address is in the environment."""
    monkeypatch.setenv(URL_VARIABLE, warehouse_url)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Project(warehouse_url, instance)
