"""What every command works with: settings, catalog, lake, warehouse and Dagster, the embedded stack running.

Where a setting comes from belongs to `settings`; how the stack is run to `embedded`.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import psycopg

from lake_assets.catalog.models import Catalog, Table
from lake_assets.catalog.read import read_catalog
from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import ONE_HOUR, floor_hour, format_hour, hours_between
from lake_assets.lake.s3 import Lake, make_client
from lake_assets.ledger import ledger
from lake_assets.postgres import connect
from lake_assets.settings import LakePlace, Settings, Warehouse

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True)
class Workplace:
    """Everything a command works with; its parts are made when they are first asked for."""

    settings: Settings
    lake_place: LakePlace
    warehouse: Warehouse

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog.

        Raises:
            ConfigurationError: it is not there, or has faults.
        """
        return read_catalog(self.settings.catalog)

    @cached_property
    def lake(self) -> Lake:
        """The lake."""
        return Lake(make_client(), self.lake_place.bucket, self.lake_place.prefix)

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection]:
        """Open a session of the warehouse, the ledger installed; each statement commits by itself."""
        with connect(self.warehouse.conninfo, autocommit=True) as connection:
            ledger.install(connection)
            yield connection

    @contextmanager
    def dagster(self) -> Iterator["dg.DagsterInstance"]:
        """Give Dagster's instance, which keeps runs and events."""
        import dagster as dg

        with dg.DagsterInstance.get() as instance:
            yield instance

    def definitions(self) -> "dg.Definitions":
        """Assemble what Dagster is to know."""
        from lake_assets.definitions import build_definitions

        return build_definitions(self.catalog, self.lake_place)

    def hours(self, table: Table, first: datetime | None, end: datetime | None) -> list[datetime]:
        """List the hours of a table in a range, from its source's start to the running hour.

        Args:
            table: the table.
            first: the first hour wanted, or None for the start.
            end: the hour to stop before, or None for no bound.
        """
        start = self.catalog.source_of(table).start
        now = floor_hour(datetime.now(UTC)) + ONE_HOUR
        return list(hours_between(max(first or start, start), min(end or now, now)))


@contextmanager
def workplace() -> Iterator[Workplace]:
    """Read the settings, start or join the embedded stack where it is used, and leave it at the end.

    Raises:
        ConfigurationError: the settings are wrong, or the stack does not start.
    """
    settings = Settings.from_env()
    with ExitStack() as stack:
        if settings.embedded:
            from lake_assets.embedded.stack import joined

            stack.enter_context(joined(settings.home)).put_into(os.environ)
        elif settings.dagster_home is None:
            home = settings.home / "dagster_home"
            home.mkdir(parents=True, exist_ok=True)
            os.environ["DAGSTER_HOME"] = str(home)
        os.environ["LAKE_ASSETS_CATALOG"] = str(settings.catalog)
        os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
        running = Settings.from_env()
        if running.lake is None or running.warehouse is None:
            raise ConfigurationError("The embedded stack gave no lake or no warehouse. Remove .lake_assets/.")
        yield Workplace(running, running.lake, running.warehouse)


def refuse_empty_range(
    hours: Sequence[Sequence[datetime]], first: datetime | None, end: datetime | None
) -> None:
    """Say no to a range in which no table has an hour.

    Raises:
        ConfigurationError: there is no hour between `first` and `end`.
    """
    if not any(hours):
        begin = format_hour(first) if first else "the start"
        stop = format_hour(end) if end else "now"
        raise ConfigurationError(
            f"No table has an hour between {begin} and {stop}. Hours begin at the source's `start` in the "
            "catalog and end with the running hour (UTC); --to is exclusive."
        )
