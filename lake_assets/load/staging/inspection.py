"""Look at every file of a table-hour before any is copied: how it is written, and which columns it has.

What the catalog says of columns that are missing belongs to `load.column_drift`, copying the files to
`load.staging.file_copy`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from lake_assets.catalog.models import Table
from lake_assets.exceptions import LakeError
from lake_assets.lake.dates import read_date_folder
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.proof import Arrival
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.headed_files import HeadedFile
from lake_assets.load.column_drift import (
    refuse_foreign,
    refuse_headerless,
    refuse_missing,
    refuse_mixed,
    refuse_named,
)
from lake_assets.readers.detect import detect
from lake_assets.readers.dialect import Dialect
from lake_assets.recount.first_record import HeaderTerms

# Bytes of small files, all together, that are kept from the look at them until they are copied: asking S3
# once more for a file of a few kilobytes takes longer than copying it.
KEPT_BYTES = 8 * 2**20

# Larger files that stay open from the look at them until they are copied: breaking a transfer off and
# beginning anew costs a few megabytes of reading. One that the server closes meanwhile is taken up again.
MOST_OPEN = 8


@dataclass(frozen=True)
class InspectedFile:
    """A file that is about to be copied.

    Attributes:
        file: the object, as it was listed.
        ordinal: its number within the load, from 1.
        dialect: how it is to be read.
        url: its address.
        arrival: what proves its bytes, once all have come.
        chunks: its raw bytes, where they need not be asked for again.
        terms: what the recount judges its first record by; None where the catalog says what it is.
    """

    file: LakeObject
    ordinal: int
    dialect: Dialect
    url: str
    arrival: Arrival = field(repr=False)
    chunks: Iterable[bytes] | None = field(default=None, repr=False)
    terms: HeaderTerms | None = field(default=None, repr=False)

    def read(self, lake: Lake) -> Iterator[bytes]:
        """Return its raw bytes from the beginning; to be asked for once.

        Args:
            lake: where it lies.

        Raises:
            LakeError: while they are read: the object changed or vanished since it was listed.
        """
        return lake.open(self.file, self.arrival) if self.chunks is None else iter(self.chunks)


@contextmanager
def naming(url: str) -> Iterator[None]:
    """Let an error of a file's bytes name the file."""
    try:
        yield
    except LakeError as error:
        if url in str(error):
            raise
        raise LakeError(f"{url}: {error}") from error


def inspect_files(
    lake: Lake, table: Table, objects: Sequence[LakeObject], headed: HeadedFile | None = None
) -> list[InspectedFile]:
    """Find out how each file of a table-hour is written; some large ones stay open until they are copied.

    Args:
        lake: where they lie.
        table: the table as the catalog has it.
        objects: the files, as they were listed.
        headed: a loaded file of the table that had a header; None where none had.

    Raises:
        LakeError: a file cannot be read as what it seems to be.
        LoadError: a file has none of the catalog's columns, or lacks some and must not; or it may have a
            header that nobody knows; or files are of different tables.
    """
    inspected: list[InspectedFile] = []
    room = KEPT_BYTES
    open_files = 0
    for ordinal, file in enumerate(objects, 1):
        url = lake.url(file)
        arrival = Arrival()
        chunks: Iterable[bytes] | None
        with naming(url):
            if file.fault:
                raise LakeError(file.fault)
            dialect, chunks = detect(file, table, partial(lake.open, arrival=arrival))
            refuse_foreign(url, dialect, table)
            refuse_named(url, dialect, table)
            refuse_missing(url, dialect, table)
            if len(objects) > 1 and file.size <= room:
                chunks = list(chunks)
                room -= file.size
            elif open_files < MOST_OPEN:
                open_files += 1
            else:
                chunks = None
        inspected.append(
            InspectedFile(
                file=file, ordinal=ordinal, dialect=dialect, url=url, arrival=arrival, chunks=chunks
            )
        )
    partitions = [(file.url, file.dialect) for file in inspected if _is_of_partition(file.file, table)]
    refuse_mixed(partitions)
    return [_with_terms(found, table, headed or _headed_beside(found, inspected)) for found in inspected]


def _headed_beside(file: InspectedFile, files: Iterable[InspectedFile]) -> HeadedFile | None:
    """Return the first of the other files of a load that has a header; None where none has."""
    for other in files:
        if other is not file and other.dialect.header and other.dialect.format == "csv":
            return HeadedFile(key=other.file.key, columns=other.dialect.columns)
    return None


def _with_terms(file: InspectedFile, table: Table, headed: HeadedFile | None) -> InspectedFile:
    """Return a file with what the recount judges its first record by.

    Raises:
        LoadError: it may have a header that nobody knows.
    """
    refuse_headerless(file.url, file.dialect, table, headed)
    terms = HeaderTerms.of_table(table, headed.columns if headed else None)
    return replace(file, terms=terms)


def _is_of_partition(file: LakeObject, table: Table) -> bool:
    """Return whether a file of a full load lies in a folder below the table's that is no date's."""
    if file.kind != "full" or table.files.layout != "auto":
        return False
    _, _, below = file.key.partition(f"{table.source_folder}/{table.folder}/")
    folder, _, _ = below.rpartition("/")
    return bool(folder) and read_date_folder(folder) is None


def extra_columns(files: Iterable[InspectedFile]) -> list[str]:
    """Return the columns that the catalog does not name, each once, in the order in which files have them."""
    extra: dict[str, None] = {}
    for file in files:
        extra |= dict.fromkeys(file.dialect.extra)
    return list(extra)
