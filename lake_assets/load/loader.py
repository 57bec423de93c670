"""Load hours of a table: one session, and one transaction for each hour.

A reader of main sees an hour before or after, never a hole and never half of it; whatever ends the load
early leaves the state before. What happens inside the transaction belongs to `load.hour`, events for Dagster
to `assets`.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from time import monotonic
from typing import Self

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.exceptions import LakeAssetsError, LoadError
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.install import install
from lake_assets.load.child_rows import child_tables
from lake_assets.load.hour import HourLoad
from lake_assets.load.loaded_columns import adopt_older_files
from lake_assets.load.main_tables import catalog_columns, ensure_main
from lake_assets.load.modes.mode import LoadMode
from lake_assets.load.modes.registry import mode_of
from lake_assets.load.outcome import HourOutcome
from lake_assets.load.report import LoadReport
from lake_assets.load.type_schemas import with_type_schemas
from lake_assets.load.unknown_types import refuse_unknown_types
from lake_assets.load.vanished import VanishedFiles
from lake_assets.postgres import connect
from lake_assets.states.records import LedgerFile
from lake_assets.states.sentences import sentence


@dataclass
class TableLoader:
    """Loads hours of one table, one after the other, over one session.

    Attributes:
        conninfo: where the warehouse is.
        lake: where the files are.
        table: the table as the catalog has it; inside the with block, with types that say their schemas.
        run_id: what the ledger writes down as the cause of its rows.
        progress: called with the number of bytes just read from S3.
        followed_by: who has given the word that rows go with vanished files; None where nobody has.
    """

    conninfo: str = field(repr=False)
    lake: Lake
    table: Table
    run_id: str
    progress: Callable[[int], None] | None = None
    followed_by: str | None = None
    _connection: psycopg.Connection | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        """Connect, and make sure that ledger and main table are there.

        Raises:
            LoadError: the table asks for what this version does not load, or its transform is not there.
            WarehouseError: the warehouse does not answer, or has the table with other types.
        """
        refusal = self.mode.why_not_loaded
        if refusal is not None:
            raise LoadError(sentence(refusal))
        if self.table.transform is not None:
            from lake_assets.load.frames.transform import find_function  # noqa: PLC0415 - pandas is slow to import

            find_function(self.table)
        with ExitStack() as undo:
            connection = undo.enter_context(connect(self.conninfo, autocommit=True, run_id=self.run_id))
            install(connection)
            refuse_unknown_types(connection, self.table)
            self.table = with_type_schemas(connection, self.table)
            adopt_older_files(connection, self.table)
            for table in (self.table, *child_tables(self.table)):
                ensure_main(connection, table, catalog_columns(table), parent=self.table)
            undo.pop_all()
        self._connection = connection
        return self

    def __exit__(self, *_: object) -> None:
        """Close the session; an open transaction is rolled back by the server."""
        if self._connection is not None:
            self._connection.close()

    @property
    def mode(self) -> LoadMode:
        """How the table takes its files."""
        return mode_of(self.table)

    @property
    def connection(self) -> psycopg.Connection:
        """The session of this loader.

        Raises:
            RuntimeError: the loader was not entered.
        """
        if self._connection is None:
            raise RuntimeError("Use TableLoader in a with block.")
        return self._connection

    @cached_property
    def vanished(self) -> VanishedFiles:
        """What becomes of the rows of vanished files."""
        return VanishedFiles(
            connection=self.connection, lake=self.lake, table=self.table, followed_by=self.followed_by
        )

    def load(
        self,
        hour: datetime,
        objects: Sequence[LakeObject],
        *,
        day_has_files: bool = False,
        moved: Sequence[tuple[LakeObject, LedgerFile]] = (),
    ) -> LoadReport:
        """Replace one table-hour by what the lake has for it.

        An error of the lake, the files or the warehouse becomes the state of this hour, in the ledger and in
        the report, so that other hours can go on. Main is then as it was.

        Args:
            hour: the hour (UTC).
            objects: the hour's files, as they were listed.
            day_has_files: the lake has files for this hour's UTC day; what `expect: daily` asks for.
            moved: those of the files that were loaded with another hour, each with the file it was.
        """
        started = monotonic()
        outcome = HourOutcome(
            connection=self.connection,
            table=self.table,
            hour=hour,
            objects=objects,
            run_id=self.run_id,
            day_has_files=day_has_files,
        )
        load = HourLoad(
            connection=self.connection,
            conninfo=self.conninfo,
            lake=self.lake,
            mode=self.mode,
            hour=hour,
            objects=objects,
            outcome=outcome,
            vanished=self.vanished,
            moved=moved,
            progress=self.progress,
        )
        try:
            with self.connection.transaction():
                report = load.run()
        except (LakeAssetsError, psycopg.Error, MemoryError) as error:
            if self.connection.closed:
                raise
            with self.connection.transaction():
                report = outcome.failed(error)
        return replace(report, seconds=monotonic() - started)
