"""Let the staged rows of a table-hour take the place of those in main, with quarantine and ledger.

All of it or nothing: what main refuses is set aside and the rest is tried again, until the hour stands or is
refused. What is replaced by what is the load mode's to say (`load.modes`), the state of the hour that of
`load.outcome`.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.exceptions import CountMismatch
from lake_assets.hours import format_hour
from lake_assets.lake.objects import LakeObject
from lake_assets.ledger.files import count_file, forget_files, register_file
from lake_assets.ledger.quarantine import SourceFile, replace_quarantine
from lake_assets.load.insert_rejects import InsertRejects
from lake_assets.load.main_rows import StagedRows
from lake_assets.load.main_tables import main_table
from lake_assets.load.meddlers import blame, list_meddlers
from lake_assets.load.modes.mode import LoadMode, Turn
from lake_assets.load.moved import take_over
from lake_assets.load.outcome import HourOutcome
from lake_assets.load.report import LoadedFile, LoadReport
from lake_assets.load.staging.savepoints import Refused, savepoint
from lake_assets.load.staging.staging import Staging
from lake_assets.load.tally import FileTally, set_aside_documents
from lake_assets.load.vanished import KeptFiles
from lake_assets.states.facts import Fact
from lake_assets.states.records import LedgerFile

if TYPE_CHECKING:
    from lake_assets.load.frames.transform import Transformed

SetAside = Callable[[Sequence[FileTally]], list[FileTally]]


@dataclass(frozen=True)
class Replacement:
    """The staged rows of a table-hour, about to go into main.

    Attributes:
        mode: how the table takes its files.
        turn: the hour's turn.
        staging: the staging.
        rows: the rows.
        column_set: the number under which the ledger knows the columns that are filled.
        outcome: what decides on the state of the hour.
        transformed: what the table's transform gave; None without one.
        kept: what stays of the hour though the lake has it no longer.
        moved: objects of the hour that were loaded with another one, each with the file it was.
    """

    mode: LoadMode
    turn: Turn
    staging: Staging
    rows: StagedRows
    column_set: int
    outcome: HourOutcome
    transformed: "Transformed | None"
    kept: KeptFiles
    moved: Sequence[tuple[LakeObject, LedgerFile]] = ()

    @property
    def connection(self) -> psycopg.Connection:
        """The session of the load."""
        return self.staging.connection

    @property
    def table(self) -> Table:
        """The table as the catalog has it."""
        return self.mode.table

    def run(self, tallies: Sequence[FileTally]) -> LoadReport:
        """Replace the hour's rows, or keep the bad records as refused.

        Args:
            tallies: its files, in the order of their ordinals.

        Raises:
            CountMismatch: the rows that reached main are not those that were counted.
            LoadError: main refuses what is no record's, or too many records.
        """
        for set_aside in self._ways_to_set_aside():
            fault = self.outcome.why_refused(tallies, self.staging.count_changes)
            if fault:
                return self._refuse(tallies, fault)
            with suppress(Refused), savepoint(self.connection):
                return self._accept(tallies)
            tallies = set_aside(tallies)
        fault = self.outcome.why_refused(tallies, self.staging.count_changes)
        if fault:
            return self._refuse(tallies, fault)
        return self._accept_at_last(tallies)

    def _ways_to_set_aside(self) -> list[SetAside]:
        """Return what is done, one after the other, as long as main refuses the rows."""
        ways: list[SetAside] = []
        if self.staging.plan.documents:
            ways.append(lambda tallies: set_aside_documents(self.staging, tallies))
        rejects = InsertRejects(
            staging=self.staging,
            rows=self.rows,
            make_way=lambda: self.mode.make_way(self.rows.main, self.turn),
        )
        ways.append(rejects.set_aside)
        return ways

    def _refuse(self, tallies: Sequence[FileTally], fault: Fact) -> LoadReport:
        self._quarantine(tallies, refused=True)
        return self.outcome.refused(fault)

    def _accept_at_last(self, tallies: Sequence[FileTally]) -> LoadReport:
        """Accept what is left; nothing but a row of no record can be refused now."""
        try:
            return self._accept(tallies)
        except psycopg.DatabaseError as error:
            if self.transformed is not None:
                self.transformed.blame_orphans(error)
            raise

    def _accept(self, tallies: Sequence[FileTally]) -> LoadReport:
        files = tuple(self._register(tally) for tally in tallies)
        ids = [file.file_id for file in files]
        gone = forget_files(self.connection, self.table, self.turn.hour, [*ids, *self.kept.ids])
        self._quarantine(tallies, refused=False)
        self._apply(files, ids)
        take_over(self.connection, self.table, self.moved, self.outcome.run_id)
        self.mode.settle_others(self.connection, self.turn, has_files=True, had_files=bool(gone))
        return self.outcome.loaded(files, self.mode.notes(self.turn))

    def _register(self, tally: FileTally) -> LoadedFile:
        """Write a file in the ledger, with where its records go."""
        copied = tally.copied
        file_id = register_file(
            self.connection,
            self.table,
            self.turn.hour,
            copied.file,
            copied.dialect.as_json(),
            self.column_set,
            self.outcome.run_id,
        )
        counts = tally.counts(superseded=self.turn.superseded_by is not None)
        count_file(self.connection, file_id, counts)
        return LoadedFile(
            file=copied.file, file_id=file_id, counts=counts, dialect=copied.dialect, nuls=copied.nuls
        )

    def _quarantine(self, tallies: Sequence[FileTally], *, refused: bool) -> None:
        """Keep the records that were set aside."""
        files = []
        for tally in tallies:
            copied = tally.copied
            source_file = SourceFile(
                key=copied.key,
                etag=copied.file.etag,
                records=copied.records,
                encoding=copied.encoding,
                beginning=copied.beginning,
            )
            files.append(source_file)
        replace_quarantine(
            self.connection,
            self.table,
            self.turn.hour,
            self.outcome.run_id,
            files,
            refused=refused,
            kept=self.kept.keys,
        )

    def _apply(self, files: Sequence[LoadedFile], ids: Sequence[int]) -> None:
        """Replace the rows of main and of child tables, and see that all of them arrived."""
        inserted = self.mode.apply(self.rows, self.turn, ids)
        due = self.mode.rows_due(file.counts for file in files)
        if inserted != due:
            meddlers = list_meddlers(self.connection, main_table(self.table))
            raise CountMismatch(
                f"{self.table.qualified} {format_hour(self.turn.hour)}: {inserted} rows reached main, and "
                f"{due} good records were counted in the files{blame(meddlers)}. Nothing was changed."
            )
        self.rows.child_rows.insert(ids, moved=self.turn.superseded_by is None)
        self._require(files)

    def _require(self, files: Sequence[LoadedFile]) -> None:
        """See that main has the hour's rows and no others, whatever the server said of its statements."""
        due: dict[int, int] = {}
        for file in files:
            rows = self.mode.rows_due([file.counts])
            if rows:
                due[file.file_id] = rows
        self.rows.main.require(due)
