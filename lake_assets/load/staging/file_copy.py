"""Bring one file into staging, and see that no record is lost on the way.

Finding the records that the server refused, and the reason of each, belongs to `load.staging.copy_rejects`;
moving the rows on to `load.main_rows`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from psycopg import sql

from lake_assets.exceptions import CountMismatch
from lake_assets.load.staging.cast_losses import KnownType
from lake_assets.load.staging.inspection import InspectedFile, naming
from lake_assets.load.staging.losses import MOST_ASKED, AskedCell, Losses, ask_for_losses
from lake_assets.load.staging.savepoints import Refused, limit_refused, savepoint
from lake_assets.load.staging.staging import CopiedFile, Staging
from lake_assets.postgres import statement
from lake_assets.readers.block_filter import filter_block
from lake_assets.readers.blocks import BadRecord, Block
from lake_assets.readers.original import beginning
from lake_assets.readers.records import read_blocks
from lake_assets.readers.relative_times import REASON as RELATIVE_TIME
from lake_assets.readers.suspects import find_suspects
from lake_assets.readers.unpacking import Room
from lake_assets.recount.recount import Recount

BAD_BYTES = 8 * 2**20  # bytes of bad records held in memory before they are handed on

Progress = Callable[[int], None]


def copy_file(
    staging: Staging, file: InspectedFile, room: Room, progress: Progress | None = None
) -> CopiedFile:
    """Bring a file into staging, and set aside the records that are not well-formed.

    Args:
        staging: where it goes.
        file: the file.
        room: how many bytes the hour's files may have once unpacked.
        progress: called with the number of bytes just read from S3.

    Raises:
        CountMismatch: loader, server and recount do not agree on the number of records.
        LakeError: the object changed, vanished or is damaged; the error names it.
    """
    with naming(file.url):
        chunks = _watched(file.read(staging.lake), progress)
        head = next(chunks, b"")
        encoding, before_records = beginning(head, file.dialect)
        read = _copy(staging, file, chain([head], chunks), room)
    return CopiedFile(
        file=file.file,
        ordinal=file.ordinal,
        dialect=file.dialect.proved_by(file.arrival.proof).with_blank_lines(read.blank_lines),
        encoding=encoding,
        beginning=before_records,
        records=read.records,
        placeholders=read.bad,
        left_out=read.records - read.staged,
        nuls=read.nuls,
        refused=read.refused,
        relative_times=read.relative_times,
        losses=read.losses,
    )


def _watched(chunks: Iterator[bytes], progress: Progress | None) -> Iterator[bytes]:
    for chunk in chunks:
        if progress:
            progress(len(chunk))
        yield chunk


def _copy(staging: Staging, file: InspectedFile, chunks: Iterable[bytes], room: Room) -> "_Read":
    """Copy a file; where one record spoils that, read it once more and find out which."""
    before = room.taken
    with suppress(Refused), savepoint(staging.connection):
        return _FileCopy(staging, file, room).run(chunks)
    room.taken = before
    return _RecordCopy(staging, file, room).run(staging.lake.open(file.file, file.arrival))


@dataclass
class _Read:
    """What has been read of a file so far.

    Attributes:
        records: how many records, bad ones included.
        staged: how many of them staging has taken.
        nuls: NUL bytes that were replaced or stripped.
        bad: how many records were not well-formed.
        blank_lines: how many lines are no records, by the recount.
        refused: records over which COPY failed, by their numbers.
        relative_times: records with a word read off the clock, by their numbers.
        losses: the cells that their types would change.
    """

    records: int = 0
    staged: int = 0
    nuls: int = 0
    bad: int = 0
    blank_lines: int = 0
    refused: dict[int, BadRecord] = field(default_factory=dict)
    relative_times: dict[int, BadRecord] = field(default_factory=dict)
    losses: Losses = field(default_factory=Losses)

    def add(self, block: Block) -> None:
        """Count a block."""
        self.records += block.records
        self.nuls += block.nuls
        self.bad += len(block.bad)


@dataclass
class _FileCopy:
    """Copies a file in as few statements as can be.

    Attributes:
        staging: where it goes.
        file: the file.
        room: how many bytes the hour's files may have once unpacked.
        read: what has been read so far.
        suspects: cells that may lose something, which the server has not been asked about.
    """

    staging: Staging
    file: InspectedFile
    room: Room
    read: _Read = field(default_factory=_Read)
    suspects: list[AskedCell] = field(default_factory=list)

    def run(self, chunks: Iterable[bytes]) -> _Read:
        """Copy the file of these raw bytes, and compare the three counts of its records."""
        recount = Recount(self.file.dialect, self.file.terms, unpacked=self.room.take)
        begin = statement(__package__, "begin_file", ordinal=sql.Literal(self.file.ordinal))
        self.staging.connection.execute(begin)
        blocks = read_blocks(_tee(chunks, recount), self.file.dialect)
        self.copy(self._filtered(blocks))
        self._compare(recount.finish())
        self.read.blank_lines = recount.blank_lines
        return self.read

    def copy(self, blocks: Iterator[Block]) -> None:
        """Hand blocks to COPY, which ends now and then so that bad records can be set aside."""
        copy_sql = self.copy_sql
        for block in blocks:
            bad: list[BadRecord] = []
            held = 0
            with self.staging.connection.cursor() as cursor:
                with cursor.copy(copy_sql) as copy:
                    for part in chain([block], blocks):
                        copy.write(part.data)
                        self.read.add(part)
                        bad.extend(part.bad)
                        held += sum(len(record.raw) for record in part.bad)
                        if held > BAD_BYTES or len(self.suspects) > MOST_ASKED:
                            break
                self.read.staged += cursor.rowcount
            self.set_aside(bad)
            self.judge_suspects()

    def set_aside(self, bad: Sequence[BadRecord]) -> None:
        """Set records aside that are not well-formed."""
        if bad:
            self.staging.reject(self.file.file.key, bad)

    def judge_suspects(self) -> None:
        """Ask the server which of the suspicious cells lose something, and note them."""
        for record, loss in ask_for_losses(self.staging.connection, self.suspects, self.losing):
            self.read.losses.add(record, loss)
        self.suspects.clear()

    @cached_property
    def losing(self) -> Mapping[str, KnownType]:
        """The types that can lose something of a cell, by columns of the file."""
        return self.staging.plan.losing(self.file.dialect.columns)

    @cached_property
    def copy_sql(self) -> sql.Composed:
        """The COPY of the file's columns."""
        dialect = self.file.dialect
        return statement(
            __package__,
            "copy_soft" if self.staging.soft_copy else "copy_text",
            columns=self.staging.plan.copy_columns(dialect.columns, op=dialect.op),
            delimiter=sql.Literal(dialect.delimiter),
            null=sql.Literal(dialect.null),
            # An Op that is empty must not pass for that of a file without the column.
            op=sql.SQL(", FORCE_NOT_NULL (_lake_op)" if dialect.op else ""),
        )

    def _filtered(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """Yield the blocks as staging takes them, and note the records with words read off the clock."""
        plan, dialect = self.staging.plan, self.file.dialect
        use = plan.use(dialect.columns)
        watched = {column: known.watched for column, known in self.losing.items()}
        first = 1
        for block in blocks:
            for suspect in find_suspects(block, dialect, watched):
                if not self.losing[suspect.column].is_plain(suspect.text):
                    self.suspects.append(AskedCell(first + suspect.record, suspect.column, suspect.text))
            filtered, words = filter_block(block, dialect, use)
            for index, (file_column, value) in words.items():
                number = first + index
                self.read.relative_times[number] = BadRecord(
                    number=number,
                    raw=b"",
                    reason=RELATIVE_TIME,
                    column_name=plan.by_file_column[file_column].name,
                    value=value,
                )
            first += block.records
            yield filtered

    def _compare(self, counted: int) -> None:
        served = 0
        if self.read.records:
            row = self.staging.connection.execute(statement(__package__, "last_record")).fetchone()
            served = row[0] if row else 0
        if not self.read.records == served == counted:
            raise CountMismatch(
                f"{self.file.url}: the loader read {self.read.records} records, the warehouse {served}, "
                f"the recount {counted}. Nothing was loaded. Look at the file's quoting and first record, "
                "and compare them with `delimiter`, `quoting` and `header` in the catalog."
            )


@dataclass
class _RecordCopy(_FileCopy):
    """Copies block by block, and those with a record that COPY fails over record by record."""

    def copy(self, blocks: Iterator[Block]) -> None:
        """Hand blocks to COPY, each in a statement of its own."""
        for block in blocks:
            first = self.read.records + 1
            self.read.add(block)
            self.set_aside(block.bad)
            try:
                self._copy_data(block.data)
            except Refused:
                self._copy_records(block, first)
            self.judge_suspects()

    def _copy_records(self, block: Block, first: int) -> None:
        """Hand the records of a block to COPY one by one; the first has the number `first`."""
        for number, line in enumerate(block.lines(), first):
            self._number(number, is_given=False)
            try:
                self._copy_data(line)
            except Refused as refused:
                self.read.refused[number] = refused.bad_record(number)
                limit_refused(len(self.read.refused), refused)
                self._number(number, is_given=True)

    def _copy_data(self, data: bytes) -> None:
        with savepoint(self.staging.connection), self.staging.connection.cursor() as cursor:
            with cursor.copy(self.copy_sql) as copy:
                copy.write(data)
            self.read.staged += cursor.rowcount

    def _number(self, record: int, *, is_given: bool) -> None:
        """Set the counter of records, which goes on counting when a COPY is undone."""
        values = {"record": record, "given": is_given}
        self.staging.connection.execute(statement(__package__, "number_next"), values)


def _tee(chunks: Iterable[bytes], recount: Recount) -> Iterator[bytes]:
    for chunk in chunks:
        recount.feed(chunk)
        yield chunk
