"""Replace one table-hour: lake → staging → main, quarantine and ledger, inside the caller's transaction.

The transaction itself, and what becomes of an error, belong to `load.loader`; the proof afterwards to
`checks`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from lake_assets.catalog.models import Table
from lake_assets.exceptions import CountMismatch, LakeError, LoadError
from lake_assets.hours import format_hour
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.children import supersede_children
from lake_assets.ledger.files import count_file, forget_files, newest_hour_with_files, register_file
from lake_assets.ledger.install import lock
from lake_assets.ledger.quarantine import SourceFile, replace_quarantine
from lake_assets.ledger.snapshots import ask_for_it_back, supersede_older
from lake_assets.load.child_rows import ChildRows, child_tables
from lake_assets.load.column_drift import maybe_renamed, refuse_missing
from lake_assets.load.main_tables import ensure_main, main_table
from lake_assets.load.outcome import write_failure, write_outcome
from lake_assets.load.report import LoadedFile, LoadReport
from lake_assets.load.staged import Staged
from lake_assets.load.staging.columns import StagingPlan, plan_staging
from lake_assets.load.staging.copy_rejects import CopyRejects
from lake_assets.load.staging.document_expressions import ServerType, resolve_types
from lake_assets.load.staging.document_rejects import DocumentRejects
from lake_assets.load.staging.documents import EVERYTHING, opened_staging
from lake_assets.load.staging.file_copy import (
    FileLoader,
    StagedFile,
    add_staging_columns,
    create_staging,
    supports_soft_copy,
)
from lake_assets.load.staging.savepoints import Refusal, attempt, halve, within
from lake_assets.load.staging.staged_children import StagedChild, plan_children
from lake_assets.postgres import connect, statement
from lake_assets.readers.detect import detect
from lake_assets.readers.original import beginning
from lake_assets.states.facts import Fact

if TYPE_CHECKING:
    from lake_assets.load.frames.transform import Transformed


@dataclass
class HourLoad:
    """The load of one table-hour; nothing but staging changes before `_accept`.

    Attributes:
        connection: the session, in a transaction.
        conninfo: where the warehouse is, for a session aside.
        lake: where the files are.
        table: the table as the catalog has it.
        run_id: what the ledger writes down as the cause of its rows.
        hour: the hour (UTC).
        objects: the hour's files, as they were listed.
        day_has_files: the lake has files for this hour's UTC day.
        progress: called with the number of bytes just read from S3.
    """

    connection: psycopg.Connection
    conninfo: str = field(repr=False)
    lake: Lake
    table: Table
    run_id: str
    hour: datetime
    objects: Sequence[LakeObject]
    day_has_files: bool = False
    progress: Callable[[int], None] | None = None
    plan: StagingPlan | None = None
    extra: list[str] = field(default_factory=list)
    notes: list[Fact] = field(default_factory=list)
    beginnings: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    types: dict[str, ServerType] = field(default_factory=dict)
    changed: "Transformed | None" = None

    def run(self) -> LoadReport:
        """Replace the table-hour, or keep its bad records as refused; commit and rollback are the caller's.

        Raises:
            LakeAssetsError: the lake, the files or the catalog are at fault; nothing may be committed.
        """
        newest = self._wait_for_turn()
        staged = self._sift([self._stage(ordinal, file) for ordinal, file in enumerate(self.objects, 1)])
        # What no INSERT into main will judge is judged here, so that the counts are the same in any order.
        if self._is_superseded(staged, newest) or self.table.transform is not None:
            staged = self._without_misfits(staged)
        if self.table.transform is not None:
            staged = self._transform(staged)
        opened = self.plan is not None and self.plan.documents
        for mend in (self._without_misfits, self._without_refused) if opened else (self._without_refused,):
            if fault := self._refusal(staged):
                return self._refuse(staged, fault)
            accepted = attempt(self.connection, partial(self._accept, staged, newest))
            if not isinstance(accepted, Refusal):
                return accepted
            staged = mend(staged)
        fault = self._refusal(staged)
        return self._refuse(staged, fault) if fault else self._accept_at_last(staged, newest)

    def _accept_at_last(self, staged: Sequence[Staged], newest: datetime | None) -> LoadReport:
        """Accept what is left; nothing but a row of no record can be refused now."""
        try:
            return self._accept(staged, newest)
        except psycopg.DatabaseError as error:
            if self.changed is None or not self.changed.orphans:
                raise
            raise LoadError(
                f"{self.table.qualified} {format_hour(self.hour)}: the transform {self.table.transform} gave "
                f"{self.changed.orphans} rows that belong to no record, and the warehouse refuses one: "
                f"{str(error).strip()}\nRows keep their record where they keep the index of the DataFrame."
            ) from error

    def _without_refused(self, staged: Sequence[Staged]) -> list[Staged]:
        """Set aside the records that main or a child table refuses, whatever the reason."""
        plan = self.plan
        if plan is None:
            raise AssertionError("nothing was staged that main could refuse")
        misfits: dict[int, dict[int, Refusal]] = {entry.staged.ordinal: {} for entry in staged}
        whole = [(entry.staged.ordinal, 1, entry.staged.records) for entry in staged]
        sieve = CopyRejects(self.connection, self.lake, plan)
        sieve.index()
        if self.changed is not None:
            self.changed.index()
        with self.connection.transaction(force_rollback=True):
            self._delete(until=self.table.load == "snapshot")
            insert = partial(self._insert_part, plan, [entry.staged.ordinal for entry in staged])
            for (ordinal, record, _), made in halve(
                whole, lambda part: attempt(self.connection, lambda: insert(within(part)))
            ):
                if isinstance(made, Refusal):
                    misfits[ordinal][record] = made
        for entry in staged:
            if misfits[entry.staged.ordinal]:
                sieve.take_out(entry.staged, misfits[entry.staged.ordinal])
        gone = self.changed.take_out_rejects([entry.staged for entry in staged]) if self.changed else {}
        counts = {ordinal: len(of_file) for ordinal, of_file in misfits.items()}
        return [
            entry.without(counts[entry.staged.ordinal], (counts | gone)[entry.staged.ordinal])
            for entry in staged
        ]

    def _insert_part(self, plan: StagingPlan, ids: list[int], where: sql.Composable) -> None:
        self._insert(plan, ids, where)
        self._child_rows.attempt(ids, where)

    def _is_superseded(self, staged: Sequence[Staged], newest: datetime | None) -> bool:
        """Tell whether a newer snapshot is the table, so that no row of these will be in main."""
        return bool(staged) and newest is not None and newest > self.hour

    def _without_misfits(self, staged: Sequence[Staged]) -> list[Staged]:
        """Set aside the records whose documents hold something else than declared."""
        if self.plan is None or not self.plan.documents:
            return list(staged)
        misfits = DocumentRejects(self.connection, self.lake, self.plan, self._children())
        counts = attempt(self.connection, lambda: misfits.take_out([entry.staged for entry in staged]))
        if isinstance(counts, Refusal):
            return list(staged)  # a type that cannot even be asked; the INSERT finds its records
        return [
            replace(entry, quarantined=entry.quarantined + count)
            for entry, count in zip(staged, counts, strict=True)
        ]

    def _transform(self, staged: Sequence[Staged]) -> list[Staged]:
        """Let the table's own function have the good records, and keep what it gives."""
        if self.plan is None:
            return list(staged)
        # It brings pandas, which takes half a second that few tables need.
        from lake_assets.load.frames.transform import Transformed  # noqa: PLC0415

        changed = Transformed(self.connection, self.table, self.plan, format_hour(self.hour))
        misfits = DocumentRejects(self.connection, self.lake, self.plan)
        tallies = changed.apply(misfits, [entry.staged for entry in staged])
        if changed.added:
            self._add_to_main(list(changed.added.items()))
        self.changed = changed
        return [
            Staged(entry.staged, entry.quarantined + tally.quarantined, tally.filtered, added=tally.added)
            for entry, tally in zip(staged, tallies, strict=True)
        ]

    @property
    def _child_rows(self) -> ChildRows:
        return ChildRows(self.connection, self.table, self.hour, self._children())

    def _children(self) -> tuple[StagedChild, ...]:
        return plan_children(self.table, self.plan, self.types) if self.plan else ()

    def _wait_for_turn(self) -> datetime | None:
        """Hold this hour, or the whole table if it is a snapshot; give the snapshot's newest other hour."""
        if self.table.load != "snapshot":
            lock(self.connection, f"{self.table.qualified}:{format_hour(self.hour)}")
            return None
        lock(self.connection, self.table.qualified)
        return newest_hour_with_files(self.connection, self.table, but=self.hour)

    def _stage(self, ordinal: int, file: LakeObject) -> StagedFile:
        """Bring a file into staging; an error of its bytes is made to name the file."""
        try:
            return self._read(ordinal, file)
        except LakeError as error:
            url = self.lake.url(file)
            if url in str(error):
                raise
            raise LakeError(f"{url}: {error}") from error

    def _read(self, ordinal: int, file: LakeObject) -> StagedFile:
        dialect, chunks = detect(file, self.table, self.lake.open)
        if len(dialect.missing) == len(self.table.file_columns):
            csv = dialect.format == "csv"
            names = f"its {'header' if csv else 'schema'} {', '.join(dialect.columns)} names"
            raise LoadError(
                f"{self.lake.url(file)}: {names if dialect.header else 'it has'} none of the columns "
                f"{', '.join(dialect.missing)}. Give the file's names in the catalog as `from:`"
                f"{', or set `header: false` if its first record is data' if csv else ''}."
            )
        refuse_missing(self.lake.url(file), dialect, self.table)
        plan = self._make_room(dialect.extra)
        if dialect.missing:
            self.notes.append(Fact.of("columns_missing", key=file.key, columns=list(dialect.missing)))
        for found, column in maybe_renamed(dialect, self.table):
            self.notes.append(Fact.of("column_renamed", key=file.key, found=found, column=column))
        head = next(chunks, b"")
        self.beginnings[file.key] = beginning(head, dialect)
        staging = FileLoader(self.connection, self.lake, plan)
        staged = staging.load(file, ordinal, dialect, self._watched(chain([head], chunks)))
        if staged.nuls:
            policy = self.table.files.nul
            self.notes.append(Fact.of("nul_bytes", key=file.key, count=staged.nuls, policy=policy))
        return staged

    def _sift(self, staged: Sequence[StagedFile]) -> list[Staged]:
        if self.plan is None:
            return []
        quarantined = CopyRejects(self.connection, self.lake, self.plan, notes=self.notes).sift(staged)
        return [Staged(file, count) for file, count in zip(staged, quarantined, strict=True)]

    def _watched(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self.progress:
                self.progress(len(chunk))
            yield chunk

    def _make_room(self, extra: Iterable[str]) -> StagingPlan:
        """Create staging for the first file, and add the columns that only a later one has."""
        before = self.plan
        new = [name for name in extra if name not in self.extra]
        if before is not None and not new:
            return before
        self.extra.extend(new)
        soft_copy = supports_soft_copy(self.connection)
        plan = plan_staging(self.table, self.extra, soft_copy=soft_copy, types=self._known_types())
        if before is None:
            create_staging(self.connection, plan)
        else:
            add_staging_columns(self.connection, before, plan)
        added = plan.columns[len(before.columns if before else self.table.columns) :]
        if added:
            self._add_to_main([(column.name, column.type) for column in added])
        self.plan = plan
        return plan

    def _known_types(self) -> dict[str, ServerType]:
        if self.table.document_columns and not self.types:
            self.types = resolve_types(self.connection, self.table.opened_types)
        return self.types

    def _add_to_main(self, columns: list[tuple[str, str]]) -> None:
        """Add columns over a session of its own, so that main is locked for a moment only."""
        types = list(dict.fromkeys(declared for _, declared in columns))
        names = [name for name, _ in columns]
        self.notes.append(Fact.of("columns_added", types=types, columns=names))
        with connect(self.conninfo, autocommit=True) as aside:
            ensure_main(aside, self.table, columns)

    def _refusal(self, staged: Sequence[Staged]) -> Fact | None:
        """Return why the hour cannot stand, if it cannot."""
        records = sum(entry.staged.records for entry in staged)
        bad = sum(entry.quarantined for entry in staged)
        allowed = self.table.max_quarantined
        if bad and allowed is not None and bad > (allowed if isinstance(allowed, int) else allowed * records):
            return Fact.of("too_many_quarantined", bad=bad, records=records, allowed=allowed)
        if records and bad == records:
            return Fact.of("nothing_loadable", records=records)
        return None

    def _refuse(self, staged: Sequence[Staged], fault: Fact) -> LoadReport:
        self._quarantine(staged, refused=True)
        return write_failure(self.connection, self.table, self.hour, self.run_id, fault)

    def _accept(self, staged: Sequence[Staged], newest: datetime | None) -> LoadReport:
        superseded = self._is_superseded(staged, newest)
        files = tuple(self._settle(entry, superseded=superseded) for entry in staged)
        ids = [entry.file_id for entry in files]
        gone = forget_files(self.connection, self.table, self.hour, ids)
        self._quarantine(staged, refused=False)
        if superseded and newest is not None:
            self.notes.append(Fact.of("superseded_by", hour=format_hour(newest)))
        self._replace(files, superseded=superseded)
        if self.table.load == "snapshot":
            self._settle_snapshots(staged, newest, was_there=bool(gone))
        return self._judge(files, gone)

    def _quarantine(self, staged: Sequence[Staged], *, refused: bool) -> None:
        files = []
        for entry in staged:
            key, etag = entry.staged.file.key, entry.staged.file.etag
            files.append(SourceFile(key, etag, entry.staged.records, *self.beginnings[key]))
        replace_quarantine(self.connection, self.table, self.hour, self.run_id, files, refused=refused)

    def _settle(self, entry: Staged, *, superseded: bool) -> LoadedFile:
        file_id = register_file(
            self.connection,
            self.table,
            self.hour,
            entry.staged.file,
            entry.staged.dialect.as_json(),
            self.run_id,
        )
        counts = entry.counts(superseded=superseded)
        count_file(self.connection, file_id, counts)
        return LoadedFile(entry.staged.file, file_id, counts, entry.staged.dialect, entry.staged.nuls)

    def _replace(self, files: Sequence[LoadedFile], *, superseded: bool) -> None:
        self._delete(until=self.table.load == "snapshot" and bool(files) and not superseded)
        ids = [entry.file_id for entry in files]
        if self.plan is not None and not superseded:
            self._insert_all(self.plan, files, ids)
        self._child_rows.insert(ids, moved=not superseded)

    def _delete(self, *, until: bool) -> None:
        """Delete the hour's rows of main and of child tables, or with `until` those before it as well."""
        delete = "delete_hours_until" if until else "delete_hour"
        for table in (self.table, *child_tables(self.table)):
            statement_of = statement(__package__, delete, main=main_table(table))
            self.connection.execute(statement_of, {"hour": self.hour})

    def _insert_all(self, plan: StagingPlan, files: Sequence[LoadedFile], ids: list[int]) -> None:
        inserted = self._insert(plan, ids, EVERYTHING)
        loaded = sum(entry.counts.rows for entry in files)
        if inserted != loaded:
            raise CountMismatch(
                f"{self.table.qualified} {format_hour(self.hour)}: {inserted} rows reached main, and "
                f"{loaded} good records were counted in the files. Nothing was changed."
            )

    def _insert(self, plan: StagingPlan, ids: list[int], where: sql.Composable) -> int:
        source = opened_staging(plan.documents, plan.nodes, where)
        columns = {column.name: column.value for column in plan.columns}
        if self.changed is not None:
            source, columns = self.changed.source, self.changed.values
        insert = statement(
            __package__,
            "insert_hour",
            main=main_table(self.table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(columns.values()),
            source=source,
            within=where,
        )
        return self.connection.execute(insert, {"hour": self.hour, "ids": ids}).rowcount

    def _settle_snapshots(
        self, staged: Sequence[Staged], newest: datetime | None, *, was_there: bool
    ) -> None:
        """Let the newest hour that has files be the table, whatever this load found."""
        if staged and (newest is None or newest < self.hour):
            supersede_older(self.connection, self.table, self.hour)
            supersede_children(self.connection, self.table, self.hour)
        elif not staged and was_there and newest is not None and newest < self.hour:
            ask_for_it_back(self.connection, self.table, newest, gone=self.hour)

    def _judge(self, files: tuple[LoadedFile, ...], gone: Sequence[tuple[str, int]]) -> LoadReport:
        return write_outcome(
            self.connection,
            self.table,
            self.hour,
            self.run_id,
            objects=self.objects,
            day_has_files=self.day_has_files,
            files=files,
            gone=gone,
            met=self.notes,
        )
