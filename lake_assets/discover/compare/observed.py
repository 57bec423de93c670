"""What the files of a table of the catalog hold, read as the loader reads them.

What differs from the catalog is found out in `column_drift` and `document_drift`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from lake_assets.catalog.models import Table
from lake_assets.discover.cells.column_profile import ColumnProfile
from lake_assets.discover.survey.batches import Batch, read_csv_batches, read_named_batches
from lake_assets.discover.survey.object_reader import ObjectReader
from lake_assets.exceptions import LakeError
from lake_assets.lake.objects import LakeObject
from lake_assets.readers.detect import detect
from lake_assets.readers.dialect import Dialect


@dataclass
class Observed:
    """What the files of a table of the catalog hold.

    Attributes:
        columns: by the file's name for them.
        absent: columns of the catalog that no file has so far.
        newest: the columns of the newest file.
        last_files: the name of the newest file that has each column.
        bad: how many bad records there are, by reason.
        records: how many good ones.
        files: how many files were read.
        unreadable: files that cannot be read, with the reason.
    """

    columns: dict[str, ColumnProfile] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    newest: frozenset[str] = frozenset()
    last_files: dict[str, str] = field(default_factory=dict)
    bad: Counter[str] = field(default_factory=Counter)
    records: int = 0
    files: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def note_file(self, file: str, dialect: Dialect) -> None:
        """Note a file and its columns."""
        self.files += 1
        self.absent -= set(dialect.columns)
        self.newest = frozenset(dialect.columns)
        self.last_files |= dict.fromkeys(dialect.columns, file)

    def absorb(self, batch: Batch, file: str, dialect: Dialect) -> None:
        """Take in some records of a file, given by its key, its header left aside."""
        self.bad.update(batch.bad)
        self.records += len(batch.numbers)
        has_header = dialect.header and dialect.format == "csv"
        below = batch
        if has_header:
            below = batch.without_header()
        for name, cells in zip(dialect.columns, below.columns[dialect.op :], strict=True):
            profile = self.columns.setdefault(name, ColumnProfile())
            profile.absorb(cells, below.numbers, file)


def nothing() -> None:
    """Do nothing: nobody wants to know how far it is."""


def observe(
    reader: ObjectReader,
    table: Table,
    objects: Sequence[LakeObject],
    progress: Callable[[], None] = nothing,
) -> Observed:
    """Return what all files of a table hold, read as the loader reads them.

    Args:
        reader: where the bytes come from.
        table: as the catalog has it.
        objects: its files.
        progress: called after each file.
    """
    observed = Observed(absent=set(table.file_columns))
    for target in objects:
        try:
            _read(reader, table, target, observed)
        except LakeError as error:
            observed.unreadable.append((reader.lake.url(target), str(error)))
        progress()
    return observed


def _read(reader: ObjectReader, table: Table, target: LakeObject, observed: Observed) -> None:
    dialect, chunks = detect(target, table, reader.chunks)
    _, _, file = target.key.rpartition("/")
    observed.note_file(file, dialect)
    for batch in _batches(chunks, table, dialect):
        observed.absorb(batch, target.key, dialect)


def _batches(chunks: Iterator[bytes], table: Table, dialect: Dialect) -> Iterator[Batch]:
    if dialect.format != "csv":
        return read_named_batches(chunks, dialect)
    settled = {"compression": dialect.compression, "encoding": dialect.encoding}
    width = len(dialect.columns) + dialect.op
    return read_csv_batches(chunks, table.files.model_copy(update=settled), width)
