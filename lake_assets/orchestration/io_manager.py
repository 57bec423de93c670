"""PostgresIOManager: Dagster assets into PostgreSQL and back, one partition in one transaction.

It takes a pandas DataFrame, an iterator of them, or a table-hour of the lake. See docs/io-manager.md, and
https://docs.dagster.io/guides/build/io-managers for what an IO manager is. Which assets there are belongs to
`assets`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

import dagster as dg
import psycopg
from pydantic import Field

from lake_assets.catalog.models import Table
from lake_assets.escapes import escape_unprintable
from lake_assets.exceptions import LoadError, WarehouseError
from lake_assets.hours import floor_hour, format_hour
from lake_assets.lake.s3 import Lake
from lake_assets.load.loader import TableLoader
from lake_assets.orchestration.table_hours import load_hours
from lake_assets.postgres import connect
from lake_assets.settings import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from lake_assets.load.frames.slices import FrameSlice, Window

# pandas is imported where a DataFrame is at hand: it takes a third of a second, and table-hours need none.


@dataclass(frozen=True)
class TableHour:
    """A table-hour of the lake, as the value of an asset or of one of its hourly partitions.

    Attributes:
        lake: where its files are.
        table: the table as the catalog has it.
        hour: the hour, or any aware moment in it.
    """

    lake: Lake
    table: Table
    hour: datetime


class PostgresIOManager(dg.ConfigurableIOManager):
    """Stores assets as PostgreSQL tables and reads them back as DataFrames.

    The last part of the asset key is the table, the part before it the schema (`default_schema` where there
    is none); the asset's metadata `dagster/table_name` says otherwise. A partition is replaced in one
    transaction: readers see it before or after. Time partitions are told apart by the column `_lake_hour`,
    others by `_lake_partition`, or either by the column that the metadata `partition_expr` names.

    Example::

        PostgresIOManager(url=dg.EnvVar("WAREHOUSE_URL"))
    """

    url: str = Field(
        description="postgresql:// URL of the warehouse; give it as dg.EnvVar, which keeps it out of the UI.",
        repr=False,
    )
    default_schema: str = Field(
        default="public", description="Schema of the tables whose asset key has one part only."
    )

    @contextmanager
    def connect(self, run_id: str = "") -> Iterator[psycopg.Connection]:
        """Open a session of the warehouse for a with block; each statement commits by itself.

        Args:
            run_id: of the run that works in it, so that others see that the run lives.
        """
        with connect(Warehouse.parse(self.url).conninfo, autocommit=True, run_id=run_id) as connection:
            yield connection

    def table_loader(
        self, lake: Lake, table: Table, run_id: str, *, followed_by: str | None = None
    ) -> TableLoader:
        """Return a loader for hours of one table of the lake; use it in a with block.

        Args:
            lake: where the files are.
            table: the table.
            run_id: of the run that works with it.
            followed_by: who has given the word that rows go with vanished files; None where nobody has.
        """
        return TableLoader(
            conninfo=Warehouse.parse(self.url).conninfo,
            lake=lake,
            table=table,
            run_id=run_id,
            followed_by=followed_by,
        )

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Replace the partition(s) of this run by a value.

        Args:
            context: Dagster's context of the output.
            obj: a `TableHour`, a DataFrame, or an iterable of DataFrames with the same columns.

        Raises:
            LoadError: the table-hour is not loaded; main is as it was.
            WarehouseError: the value is none of these, or does not fit the table.
        """
        if isinstance(obj, TableHour):
            self._load_table_hour(context, obj)
            return
        import pandas as pd  # noqa: PLC0415 - see above

        if isinstance(obj, pd.DataFrame):
            self._write_frames(context, [obj])
        elif isinstance(obj, Iterable) and not isinstance(obj, str | bytes | Mapping):
            self._write_frames(context, obj)
        else:
            raise WarehouseError(
                f"PostgresIOManager cannot store a {type(obj).__name__}. Return a DataFrame, an iterator of "
                "DataFrames or a TableHour; a function that returns nothing says so with `-> None`."
            )

    def _load_table_hour(self, context: dg.OutputContext, value: TableHour) -> None:
        hour = floor_hour(value.hour)
        _refuse_other_hour(context, hour)
        with self.table_loader(value.lake, value.table, context.run_id) as loader:
            (loaded,) = load_hours(loader, [hour], context.log)
        if loaded.metadata is None:
            report = loaded.report
            why = report.error or report.note or "the lake has no file for it, and one was due."
            where = f"{value.table.qualified} {format_hour(hour)}"
            raise LoadError(f"{where}: {report.state}: {escape_unprintable(why)}")
        context.add_output_metadata(dict(loaded.metadata))

    def _write_frames(self, context: dg.OutputContext, frames: "Iterable[pd.DataFrame]") -> None:
        from lake_assets.load.frames.slices import replace_slice  # noqa: PLC0415 - see above

        target = self._slice(context, context.definition_metadata)
        started = monotonic()
        with self.connect() as connection:
            written = replace_slice(connection, target, frames)
        if written.guessed:
            context.log.warning(
                "%s: no value says what %s holds, so it became text. Say more in metadata={'types': {…}}.",
                target.title,
                escape_unprintable(", ".join(written.guessed)),
            )
        columns = [dg.TableColumn(name, declared) for name, declared in written.types.items()]
        context.add_output_metadata(
            {
                "dagster/row_count": written.rows,
                "dagster/table_name": target.title,
                "dagster/column_schema": dg.TableSchema(columns=columns),
                "seconds": round(monotonic() - started, 3),
            }
        )

    def load_input(self, context: dg.InputContext) -> "pd.DataFrame":
        """Read the partition, the range of partitions or the whole of an upstream asset.

        `metadata={"columns": ["a", "b"]}` on the input reads these columns alone.

        Raises:
            WarehouseError: the table or a column is not there.
        """
        from lake_assets.load.frames.slices import read_slice  # noqa: PLC0415 - see above

        upstream = context.upstream_output
        source = self._slice(context, upstream.definition_metadata if upstream else {})
        with self.connect() as connection:
            return read_slice(connection, source, (context.definition_metadata or {}).get("columns"))

    def _slice(
        self, context: dg.OutputContext | dg.InputContext, metadata: Mapping[str, Any] | None
    ) -> "FrameSlice":
        """Return which table, and which part of it, the partitions of a context are."""
        from lake_assets.load.frames.slices import FrameSlice  # noqa: PLC0415 - see above

        if not context.has_asset_key:
            raise WarehouseError(
                "PostgresIOManager stores assets, and this is the output of an op. Make it an asset, or give "
                "it another IO manager."
            )
        metadata = metadata or {}
        schema, table = self._name_of(context.asset_key, metadata)
        whole = FrameSlice(schema=schema, table=table, types=metadata.get("types", {}))
        if not context.has_asset_partitions:
            return whole
        column = metadata.get("partition_expr")
        if not isinstance(column, str | None):
            raise WarehouseError(f"{table}: partition_expr is {column!r}. Give the name of one column.")
        return _part_of(whole, column, context.asset_partitions_def, context.asset_partition_keys)

    def _name_of(self, key: dg.AssetKey, metadata: Mapping[str, Any]) -> tuple[str, str]:
        """Return schema and table of an asset."""
        named = metadata.get("dagster/table_name")
        path = str(named).split(".") if named else key.path
        if len(path) > 1:
            return path[-2], path[-1]
        return self.default_schema, path[-1]


def _part_of(
    whole: "FrameSlice",
    column: str | None,
    definition: dg.PartitionsDefinition[Any],
    partition_keys: Sequence[str],
) -> "FrameSlice":
    """Return the part of a table that some partitions are.

    Args:
        whole: the table.
        column: the column that tells its partitions apart, where the asset names one.
        definition: of the partitions.
        partition_keys: the partitions.
    """
    from lake_assets.load.frames.slices import HOUR_COLUMN, KEY_COLUMN  # noqa: PLC0415 - see above

    keys = tuple(map(str, partition_keys))
    is_one = len(keys) == 1
    if isinstance(definition, dg.TimeWindowPartitionsDefinition):
        windows = _windows(definition, keys)
        stamp = windows[0][0] if is_one else None
        return replace(whole, column=column or HOUR_COLUMN, windows=windows, stamp=stamp)
    return replace(whole, column=column or KEY_COLUMN, keys=keys, stamp=keys[0] if is_one else None)


def _windows(definition: dg.TimeWindowPartitionsDefinition, keys: Sequence[str]) -> "tuple[Window, ...]":
    """Return the time windows of partitions, those that follow each other in one."""
    windows: list[Window] = []
    for key in keys:
        window = definition.time_window_for_partition_key(key)
        if windows and windows[-1][1] == window.start:
            windows[-1] = (windows[-1][0], window.end)
        else:
            windows.append((window.start, window.end))
    return tuple(windows)


def _refuse_other_hour(context: dg.OutputContext, hour: datetime) -> None:
    """See that a table-hour is the run's partition, where the asset has partitions."""
    if not context.has_asset_partitions:
        return
    definition, keys = context.asset_partitions_def, context.asset_partition_keys
    starts: list[datetime] = []
    if isinstance(definition, dg.TimeWindowPartitionsDefinition):
        starts = [definition.time_window_for_partition_key(key).start for key in keys]
    if starts != [hour]:
        raise WarehouseError(
            f"The TableHour is {format_hour(hour)}, and this run's partition is {', '.join(keys)}. Return "
            "the hour of the partition, one to a run (backfill_policy=dg.BackfillPolicy.multi_run(1))."
        )
