"""PostgresIOManager: Dagster assets into PostgreSQL and back, one partition in one transaction.

It takes a pandas DataFrame, an iterator of them, or a table-hour of the lake. See docs/io-manager.md, and
https://docs.dagster.io/guides/build/io-managers for what an IO manager is. Which assets there are belongs to
`assets`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

import dagster as dg
import pandas as pd
import psycopg
import sqlalchemy as sa
from pydantic import Field, PrivateAttr

from lake_assets.catalog.models import Table
from lake_assets.exceptions import LoadError, WarehouseError
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.main.frames import FrameSlice, read_slice, replace_slice
from lake_assets.main.load import TableLoader
from lake_assets.main.metadata import hour_metadata
from lake_assets.postgres import connect
from lake_assets.settings import Warehouse


@dataclass(frozen=True)
class TableHour:
    """A table-hour of the lake, as the value of an asset's partition.

    Attributes:
        lake: where its files are.
        table: the table as the catalog has it.
        hour: the hour (UTC).
        objects: its files, as they were listed; listed now if left out.
    """

    lake: Lake
    table: Table
    hour: datetime
    objects: tuple[LakeObject, ...] | None = None

    def files(self) -> tuple[LakeObject, ...]:
        """List the hour's files, unless that was done before."""
        if self.objects is not None:
            return self.objects
        listing = self.lake.list_table(self.table.source_folder, self.table, self.hour, self.hour + ONE_HOUR)
        return listing.by_hour().get(self.hour, ())


class PostgresIOManager(dg.ConfigurableIOManager):
    """Stores assets as PostgreSQL tables and reads them back as DataFrames.

    The last part of the asset key is the table, the part before it the schema (`default_schema` where there
    is none). A partition is replaced in one transaction: readers see it before or after. Time partitions are
    kept apart by the column `_lake_hour`, others by `_lake_partition`.
    """

    url: str = Field(
        description="postgresql:// URL of the warehouse; give it as dg.EnvVar, which keeps it out of the UI."
    )
    default_schema: str = Field(
        default="public", description="Schema of the tables whose asset key has one part only."
    )

    _engine: sa.Engine | None = PrivateAttr(default=None)

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection]:
        """Open a session of the warehouse for a with block; each statement commits by itself."""
        with connect(Warehouse.parse(self.url).conninfo, autocommit=True) as connection:
            yield connection

    def table_loader(self, lake: Lake, table: Table, run_id: str) -> TableLoader:
        """Give a loader for hours of one table of the lake; use it in a with block."""
        return TableLoader(Warehouse.parse(self.url).conninfo, lake, table, run_id)

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Replace the partition(s) of this run by a value.

        Args:
            context: Dagster's context of the output.
            obj: a `TableHour`, a DataFrame, or an iterable of DataFrames with the same columns.

        Raises:
            LoadError: the table-hour could not be loaded; main is as it was.
            WarehouseError: the value is none of these, or does not fit the table.
        """
        if isinstance(obj, TableHour):
            self._load_table_hour(context, obj)
            return
        frames = [obj] if isinstance(obj, pd.DataFrame) else obj
        if frames is None or isinstance(frames, str | bytes | dict) or not isinstance(frames, Iterable):
            raise WarehouseError(
                f"{context.asset_key.to_user_string()}: PostgresIOManager cannot store a "
                f"{type(obj).__name__}. Return a DataFrame, an iterator of DataFrames, or a TableHour."
            )
        self._write_frames(context, frames)

    def _load_table_hour(self, context: dg.OutputContext, value: TableHour) -> None:
        with self.table_loader(value.lake, value.table, context.run_id) as loader:
            report = loader.load(value.hour, value.files())
            if report.error:
                raise LoadError(report.error)
            metadata = hour_metadata(loader.connection, value.lake, value.table, report)
        context.add_output_metadata(dict(metadata))

    def _write_frames(self, context: dg.OutputContext, frames: Iterable[pd.DataFrame]) -> None:
        target = self._slice(context)
        started = monotonic()
        with self.connect() as connection:
            rows = replace_slice(connection, target, frames, _partition_value(context, target))
        context.add_output_metadata(
            {
                "dagster/row_count": rows,
                "dagster/table_name": f"{target.schema}.{target.table}",
                "seconds": round(monotonic() - started, 3),
            }
        )

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """Read the partition, the range of partitions or the whole of an upstream asset.

        `metadata={"columns": ["a", "b"]}` on the input reads these columns alone.

        Raises:
            WarehouseError: the table is not there.
        """
        columns = (context.definition_metadata or {}).get("columns")
        if self._engine is None:
            self._engine = sa.create_engine(Warehouse.parse(self.url).sqlalchemy_url)
        return read_slice(self._engine, self._slice(context), columns)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002 - Dagster's
        """Close the connections that reading has opened."""
        if self._engine is not None:
            self._engine.dispose()

    def _slice(self, context: dg.OutputContext | dg.InputContext) -> FrameSlice:
        path = context.asset_key.path
        schema = path[-2] if len(path) > 1 else self.default_schema
        types = (context.definition_metadata or {}).get("types", {})
        target = FrameSlice(schema, path[-1], types=types)
        if not context.has_asset_partitions:
            return target
        if isinstance(context.asset_partitions_def, dg.TimeWindowPartitionsDefinition):
            window = context.asset_partitions_time_window
            return FrameSlice(schema, path[-1], hours=(window.start, window.end), types=types)
        return FrameSlice(schema, path[-1], partitions=tuple(context.asset_partition_keys), types=types)


def _partition_value(context: dg.OutputContext, target: FrameSlice) -> datetime | str | None:
    if not context.has_asset_partitions or len(context.asset_partition_keys) > 1:
        return None
    return target.hours[0] if target.hours else context.asset_partition_key
