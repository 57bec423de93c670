"""Load one table-hour in the caller's transaction: lock, inspect its files, stage them, set aside the bad.

How the staged rows then take the place of those in main, and what the ledger says of it, belongs to
`load.replacement`; the transaction itself, and what becomes of an error, to `load.loader`; the proof
afterwards to `checks`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.files import forget_files
from lake_assets.ledger.headed_files import newest_headed_file
from lake_assets.ledger.quarantine import replace_quarantine
from lake_assets.load.child_rows import ChildRows
from lake_assets.load.column_drift import missing_columns
from lake_assets.load.loaded_columns import note_columns
from lake_assets.load.main_rows import MainHour, RowSource, StagedRows
from lake_assets.load.main_tables import ensure_main
from lake_assets.load.modes.mode import LoadMode, Turn
from lake_assets.load.outcome import HourOutcome
from lake_assets.load.replacement import Replacement
from lake_assets.load.report import LoadReport
from lake_assets.load.staging.allowed_losses import document_losses
from lake_assets.load.staging.copy_rejects import CopyRejects
from lake_assets.load.staging.file_copy import copy_file
from lake_assets.load.staging.inspection import InspectedFile, extra_columns, inspect_files
from lake_assets.load.staging.staging import CopiedFile, Staging, create_staging
from lake_assets.load.tally import FileTally, set_aside_documents
from lake_assets.load.vanished import KeptFiles, VanishedFiles
from lake_assets.postgres import connect, order_dates
from lake_assets.readers.unpacking import Room
from lake_assets.states.facts import Fact
from lake_assets.states.records import LedgerFile

if TYPE_CHECKING:
    from lake_assets.load.frames.transform import Transformed


@dataclass(frozen=True)
class HourLoad:
    """The load of one table-hour.

    Attributes:
        connection: the session, in a transaction.
        conninfo: where the warehouse is, for a session aside.
        lake: where the files are.
        mode: how the table takes its files.
        hour: the hour (UTC).
        objects: the hour's files, as they were listed.
        outcome: what decides on the state of the hour.
        vanished: what becomes of the rows of vanished files.
        moved: objects of the hour that were loaded with another one, each with the file it was.
        progress: called with the number of bytes just read from S3.
    """

    connection: psycopg.Connection
    conninfo: str = field(repr=False)
    lake: Lake
    mode: LoadMode
    hour: datetime
    objects: Sequence[LakeObject]
    outcome: HourOutcome
    vanished: VanishedFiles
    moved: Sequence[tuple[LakeObject, LedgerFile]] = ()
    progress: Callable[[int], None] | None = None

    @property
    def table(self) -> Table:
        """The table as the catalog has it."""
        return self.mode.table

    def _main(self, kept: KeptFiles) -> MainHour:
        """Return the hour in main."""
        moved = [file for _, file in self.moved]
        return MainHour(
            connection=self.connection, table=self.table, hour=self.hour, kept=kept.ids, moved=moved
        )

    def run(self) -> LoadReport:
        """Replace the table-hour, or keep its bad records as refused; commit and rollback are the caller's.

        Raises:
            LakeAssetsError: the lake, the files or the catalog are at fault; nothing may be committed.
        """
        order_dates(self.connection, self.table.files.dates)
        others = [file.hour for _, file in self.moved]
        turn = self.mode.wait_for_turn(self.connection, self.hour, others)
        kept = self.vanished.kept_of(self.hour, self.objects)
        self.outcome.source_is_gone = kept.source_is_gone
        self.outcome.notes += kept.notes
        main = self._main(kept)
        if not self.objects:
            return self._take_back(turn, main, kept)
        headed = newest_headed_file(self.connection, self.table)
        files = inspect_files(self.lake, self.table, self.objects, headed)
        staging = self._create_staging(files)
        room = Room(self.table.max_bytes)
        copied = [self._copy(staging, file, room) for file in files]
        tallies = self._set_aside(staging, copied)
        # What no INSERT into main will judge is judged here, so that the counts are the same in any order.
        if turn.superseded_by or self.table.transform:
            tallies = set_aside_documents(staging, tallies)
        self.outcome.notes.extend(document_losses(staging, copied))
        transformed = None
        if self.table.transform:
            transformed, tallies = self._transform(staging, tallies, main)
        rows = self._rows(staging, transformed or staging, main)
        replacement = Replacement(
            mode=self.mode,
            turn=turn,
            staging=staging,
            rows=rows,
            column_set=note_columns(self.connection, self.conninfo, self.table, rows.column_names),
            outcome=self.outcome,
            transformed=transformed,
            kept=kept,
            moved=self.moved,
        )
        return replacement.run(tallies)

    def _take_back(self, turn: Turn, main: MainHour, kept: KeptFiles) -> LoadReport:
        """Replace the hour by what is kept of it, for the lake has no file for it."""
        gone = forget_files(self.connection, self.table, self.hour, list(kept.ids))
        replace_quarantine(
            self.connection,
            self.table,
            self.hour,
            self.outcome.run_id,
            files=[],
            refused=False,
            kept=kept.keys,
        )
        self.mode.take_back(main)
        if not kept.ids:
            self.mode.settle_others(self.connection, turn, has_files=False, had_files=bool(gone))
        return self.outcome.without_files(gone)

    def _create_staging(self, files: Sequence[InspectedFile]) -> Staging:
        """Create what the files are copied into; main gets the columns that only they have."""
        extra = extra_columns(files)
        staging = create_staging(self.connection, self.lake, self.table, extra, ops=self.mode.ops)
        added = staging.plan.added
        if added:
            self._add_to_main([(column.name, column.type) for column in added])
        for file in files:
            self.outcome.notes += missing_columns(file.file.key, file.dialect, self.table)
        return staging

    def _add_to_main(self, columns: Sequence[tuple[str, str]]) -> None:
        """Add columns over a session of its own, so that main is locked for a moment only."""
        types = list(dict.fromkeys(declared for _, declared in columns))
        names = [name for name, _ in columns]
        self.outcome.notes.append(Fact.of("columns_added", types=types, columns=names))
        with connect(self.conninfo, autocommit=True) as aside:
            ensure_main(aside, self.table, columns)

    def _copy(self, staging: Staging, file: InspectedFile, room: Room) -> CopiedFile:
        copied = copy_file(staging, file, room, self.progress)
        if copied.nuls:
            policy = self.table.files.nul
            nul_bytes = Fact.of("nul_bytes", key=copied.key, count=copied.nuls, policy=policy)
            self.outcome.notes.append(nul_bytes)
        return copied

    def _set_aside(self, staging: Staging, copied: Sequence[CopiedFile]) -> list[FileTally]:
        """Set aside the records that cannot be cast."""
        counts = CopyRejects(staging, notes=self.outcome.notes).set_aside(copied)
        return [FileTally(copied=file, quarantined=count) for file, count in zip(copied, counts, strict=True)]

    def _transform(
        self, staging: Staging, tallies: Sequence[FileTally], main: MainHour
    ) -> "tuple[Transformed, list[FileTally]]":
        """Let the table's own function have the good records, and keep what it gives."""
        # It brings pandas, which takes half a second that few tables need.
        from lake_assets.load.frames.transform import Transformed  # noqa: PLC0415

        transformed = Transformed(main=main, staging=staging)
        tallies = transformed.apply(tallies)
        self.outcome.notes.extend(transformed.allowed_losses(tallies))
        if transformed.added:
            self._add_to_main(list(transformed.added.items()))
        return transformed, tallies

    def _rows(self, staging: Staging, source: RowSource, main: MainHour) -> StagedRows:
        child_rows = ChildRows(
            connection=self.connection, table=self.table, hour=self.hour, children=staging.children
        )
        return StagedRows(main=main, source=source, child_rows=child_rows)
