"""Find the records that cannot become rows of main, and take them out of staging.

The records of a file are numbered by staging's identity column, which goes on counting over those that COPY
leaves out; so the gaps tell which records the server refused, and a second reading of the object tells why
(`load.staging.reject_reasons`). Bringing files into staging belongs to `load.staging.file_copy`, records that
only main refuses to `load.insert_rejects`.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import sql

from lake_assets.load.staging.documents import EVERYTHING
from lake_assets.load.staging.reject_reasons import RejectReasons
from lake_assets.load.staging.savepoints import Refused, Stretch, bisect, savepoint
from lake_assets.load.staging.staging import CopiedFile, Staging
from lake_assets.postgres import statement
from lake_assets.readers.blocks import BadRecord, Record
from lake_assets.states.facts import Fact

BATCH = 500  # records asked about at once: a few thousand values
BATCH_BYTES = 8 * 2**20  # and what they may hold together, far below a message's limit


@dataclass(frozen=True)
class CopyRejects:
    """Parts good from bad in a staging table that holds all files of a load.

    Attributes:
        staging: the staging.
        notes: what a person should know is added here.
        unasked: records that the server cannot even be asked about, by the file's ordinal, then by number.
    """

    staging: Staging
    notes: list[Fact] = field(default_factory=list)
    unasked: dict[int, dict[int, BadRecord]] = field(default_factory=dict)

    def set_aside(self, copied: Sequence[CopiedFile]) -> list[int]:
        """Leave in staging what becomes a row of main, and set everything else aside.

        It is done for all files together, for each look at staging reads the whole of it.

        Args:
            copied: the files, in the order of their ordinals.

        Returns:
            For each file, how many of its records are set aside.

        Raises:
            LakeError: an object changed or vanished since it was read.
        """
        rejected = self._find(copied)
        counts = []
        for file in copied:
            numbers = rejected[file.ordinal]
            known = {**file.refused, **file.relative_times, **self.unasked.get(file.ordinal, {})}
            put_back = self._explain(file, numbers, known)
            counts.append(file.placeholders + len(numbers) - put_back)
            self.notes.extend(self._allowed_losses(file, numbers))
        return counts

    def take_out(self, file: CopiedFile, refused: Mapping[int, BadRecord]) -> None:
        """Set records of a file aside that main refused after all, given by their numbers."""
        self.staging.take_out(file.ordinal, refused)
        self._explain(file, sorted(refused), refused)

    def _allowed_losses(self, file: CopiedFile, rejected: Sequence[int]) -> Iterator[Fact]:
        """Yield what the records that stay lose, where the catalog allows it."""
        if self.staging.lossy != "allow":
            return
        counts = file.losses.counts(rejected)
        if counts:
            names = self.staging.plan.by_file_column
            columns = {names[column].name: count for column, count in counts.items()}
            yield Fact.of("lossy_cells", key=file.key, columns=columns)

    def _find(self, copied: Sequence[CopiedFile]) -> dict[int, "array[int]"]:
        """Find the records that are no rows of main, and take them out of staging.

        Returns:
            For each file, by its ordinal, their numbers, ascending.
        """
        stretches = self._left_out(copied)
        if any(file.placeholders for file in copied):
            keys = {"keys": [file.key for file in copied]}
            self.staging.connection.execute(statement(__package__, "take_out_placeholders"), keys)
        for file in copied:
            if file.relative_times:
                gone = self.staging.take_out(file.ordinal, file.relative_times)
                stretches += [Stretch(file.ordinal, number, number) for number in gone]
            if self.staging.lossy == "quarantine":
                stretches += self._take_out_lossy(file)
        stretches += self._uncastable(copied)
        rejected = {file.ordinal: array("q") for file in copied}
        for ordinal, first, last in sorted(stretches):
            rejected[ordinal].extend(range(first, last + 1))
        return rejected

    def _take_out_lossy(self, file: CopiedFile) -> list[Stretch]:
        """Take out what its types would change; COPY may have left out some of it for another cause."""
        if not file.losses.records:
            return []
        gone = self.staging.take_out(file.ordinal, file.losses.records)
        return [Stretch(file.ordinal, first, last) for first, last in _runs(sorted(gone))]

    def _left_out(self, copied: Sequence[CopiedFile]) -> list[Stretch]:
        """Find what COPY has left out; it may have left out placeholders too, where a type refuses NULL."""
        with_gaps = [file for file in copied if file.left_out]
        if not with_gaps:
            return []
        values = {
            "ordinals": [file.ordinal for file in with_gaps],
            "records": [file.records for file in with_gaps],
            "keys": [file.key for file in with_gaps],
        }
        rows = self.staging.connection.execute(statement(__package__, "left_out"), values)
        return [Stretch(*row) for row in rows]

    def _uncastable(self, copied: Sequence[CopiedFile]) -> list[Stretch]:
        """Find what cannot be cast, and take it out; also the records that cannot even be asked about."""
        with_op = [file for file in copied if file.dialect.op]
        castable = self.staging.plan.castable(
            op=bool(with_op),
            full_loads=[file.ordinal for file in with_op if file.file.kind == "full"],
            null=with_op[0].dialect.null if with_op else "",
        )
        if castable is None:
            return []
        try:
            return self._take_out_uncastable(castable, EVERYTHING)
        except Refused:
            self.staging.index()
        found: list[Stretch] = []

        def look_at(part: Stretch) -> None:
            found.extend(self._take_out_uncastable(castable, part.within))

        whole = [Stretch(file.ordinal, 1, file.records) for file in copied if file.records]
        for stretch, refused in bisect(whole, look_at):
            number = stretch.first
            of_file = self.unasked.setdefault(stretch.ordinal, {})
            of_file[number] = refused.bad_record(number)
            self.staging.take_out(stretch.ordinal, [number])
            found.append(stretch)
        return found

    def _take_out_uncastable(self, castable: sql.Composed, within: sql.Composable) -> list[Stretch]:
        take_out = statement(__package__, "take_out_uncastable", castable=castable, within=within)
        with savepoint(self.staging.connection):
            rows = self.staging.connection.execute(take_out).fetchall()
        return [Stretch(*row) for row in rows]

    def _explain(self, file: CopiedFile, numbers: Sequence[int], known: Mapping[int, BadRecord]) -> int:
        """Set records aside with their reasons; return how many could be mended and put back instead.

        Args:
            file: their file.
            numbers: their numbers, ascending.
            known: those of them whose reason is known already.
        """
        if not numbers:
            return 0
        reasons = RejectReasons(self.staging, file, known)
        for batch in _batches(self.staging.read_again(file, numbers)):
            self.staging.reject(file.key, reasons.judge(batch))
        self.notes.extend(reasons.repairs.notes())
        return reasons.repairs.mended["records"]


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Return ascending numbers as runs without a gap: the first and the last of each."""
    run: list[int] = []
    for number in numbers:
        if run and number > run[1] + 1:
            yield run[0], run[1]
            run = []
        run = [run[0], number] if run else [number, number]
    if run:
        yield run[0], run[1]


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    held = 0
    for record in records:
        batch.append(record)
        held += len(record.raw)
        if len(batch) == BATCH or held > BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
