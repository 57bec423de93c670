"""Parquet files: read from a private copy on disk, for their schema stands at the end (docs/bad-input.md).

How many records are read together is told by `readers.parquet_batches`, what values become by
`readers.parquet_values`, how records are written for COPY by `readers.rows`.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import IO

import pyarrow as pa
from pyarrow import parquet

from lake_assets.exceptions import LakeError
from lake_assets.readers.csv_splitter import LIMITS, Limits
from lake_assets.readers.decode import decode
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.parquet_batches import OpenFile, read_batches
from lake_assets.readers.parquet_values import (
    BAD_TEXT,
    Cell,
    Fault,
    cells_of,
    holds_binary,
    json_of,
    json_text,
    type_of,
)
from lake_assets.readers.rows import Broken, Cells
from lake_assets.readers.unpacking import Room

ENCRYPTED = b"PARE"  # Parquet's format, "Parquet Modular Encryption": the magic of an encrypted footer
NO_ROOM = "Give the program more, or let fewer hours be loaded at once; the file may well be whole."
PAGE_BUFFER = 2**18  # so that a column is read page by page and not whole


def read_rows(chunks: Iterable[bytes], dialect: Dialect, limits: Limits = LIMITS) -> Iterator["ArrowRows"]:
    """Read a Parquet file, some records at a time.

    Raises:
        LakeError: the file is damaged, encrypted, or written in a way that Arrow cannot read, or a record is
            larger than one of a CSV file may be.
    """
    with _spooled(chunks, dialect.compression) as spool, _errors():
        file = _open(spool)
        texts = _text_columns(file.plain)
        for batch in read_batches(file, limits.max_record):
            columns = list(batch.columns)
            for place in texts:
                columns[place] = _as_text(columns[place])
            yield ArrowRows(names=tuple(_names(batch.schema)), columns=tuple(columns), count=batch.num_rows)


def schema_of(
    chunks: Iterable[bytes], compression: str, room: Room | None = None
) -> tuple[tuple[str, ...], tuple[str | None, ...]]:
    """Return the names of a file's columns, and the type of PostgreSQL that keeps what each may hold.

    Args:
        chunks: the object's raw bytes, cut anywhere.
        compression: `gzip`, `zstd`, `bz2`, `xz` or `none`; that of pages is Parquet's own matter.
        room: how many bytes the file may have once unpacked; None for any number.

    Raises:
        LakeError: the file is damaged, encrypted, or written in a way that Arrow cannot read.
    """
    with _spooled(chunks, compression, room) as spool, _errors():
        file = _open(spool).plain
        texts = _text_columns(file)
        types = [type_of(field.type) for field in file.schema_arrow]
        for place in texts:
            types[place] = "text"
        return tuple(_names(file.schema_arrow)), tuple(types)


@dataclass(frozen=True)
class ArrowRows:
    """Some records of a file, as `readers.rows` wants them.

    Attributes:
        names: of the columns.
        columns: their values.
        count: how many records there are.
    """

    names: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    count: int

    def __len__(self) -> int:
        """Return the number of records."""
        return self.count

    def raw(self, index: int) -> bytes:
        """Return a record as a JSON line; bytes that are no text stand in it as they are."""
        pairs: list[str] = []
        for name, column in zip(self.names, self.columns, strict=True):
            (piece,) = json_of(column.slice(index, 1))
            pairs.append(f"{json_text(name)}:{_kept(piece)}")
        line = "{" + ",".join(pairs).replace("\0", "\\u0000") + "}"
        return line.encode(errors="surrogateescape")

    def cells(self, index: int) -> Cells:
        """Return a record's values; see `readers.rows.Rows`."""
        row = self._rows[index] if self.columns else ()
        cells: list[str | None] = []
        for name, cell in zip(self.names, row, strict=True):
            if isinstance(cell, Fault):
                raise Broken(f"{BAD_TEXT} in column {name!r}")
            cells.append(cell)
        return cells

    def judged(self, index: int) -> Cells:
        """Return the same."""
        return self.cells(index)

    @cached_property
    def _rows(self) -> list[tuple[Cell, ...]]:
        return list(zip(*map(cells_of, self.columns), strict=True))


def _kept(piece: str | Fault) -> str:
    if isinstance(piece, Fault):
        return json_text(piece.raw.decode(errors="surrogateescape"))
    return piece


def _names(schema: pa.Schema) -> Iterator[str]:
    return (field.name.replace("\0", "\N{REPLACEMENT CHARACTER}") for field in schema)


@contextmanager
def _spooled(chunks: Iterable[bytes], compression: str, room: Room | None = None) -> Iterator[IO[bytes]]:
    """Copy a file into one that has no name and goes with this program, however that ends."""
    with tempfile.TemporaryFile() as spool:
        for piece in decode(chunks, compression, "utf-8", room=room):
            _write(spool, piece)
        yield spool


def _write(spool: IO[bytes], piece: bytes) -> None:
    try:
        spool.write(piece)
        spool.flush()
    except OSError as error:
        raise LakeError(
            f"A Parquet file is copied to {tempfile.gettempdir()} to be read, and that failed: {error}. "
            "Make room there, or set TMPDIR to another folder."
        ) from error


def _open(spool: IO[bytes]) -> OpenFile:
    spool.seek(0)
    if spool.read(len(ENCRYPTED)) == ENCRYPTED:
        raise LakeError(
            "The Parquet file is encrypted, and nothing here has its keys. Write it without encryption of "
            "its own; S3 can encrypt objects (SSE-KMS)."
        )
    # Of INT96 the range matters more than nanoseconds, in which the year 9999 would wrap around.
    options = {"pre_buffer": False, "buffer_size": PAGE_BUFFER, "coerce_int96_timestamp_unit": "us"}
    plain = parquet.ParquetFile(spool, **options)
    leaves = [plain.schema.column(place) for place in range(len(plain.schema))]
    paths = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    deduplicated = parquet.ParquetFile(spool, read_dictionary=paths, metadata=plain.metadata, **options)
    return OpenFile(plain=plain, deduplicated=deduplicated)


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except MemoryError as error:  # Arrow's own too, which is one of its errors besides
        raise LakeError(
            f"There is too little memory to read the Parquet file ({error}). {NO_ROOM}"
        ) from error
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())
        raise LakeError(
            f"The Parquet file is damaged, cut short, or written in a way that Arrow cannot read ({said}). "
            "Write the object again, then load the hour again."
        ) from error


def _as_text(column: pa.Array) -> pa.Array:
    """Return binary data as the texts that they are, judged one by one when they are written."""
    if pa.types.is_dictionary(column.type):
        values = _as_text(column.dictionary)
        return pa.DictionaryArray.from_arrays(column.indices, values)
    if pa.types.is_large_binary(column.type):
        return column.view(pa.large_string())
    return column.view(pa.string())


def _text_columns(file: parquet.ParquetFile) -> set[int]:
    """Find the columns that Parquet calls ENUM, which are text and which Arrow takes for binary data."""
    leaves = (file.schema.column(place) for place in range(len(file.schema)))
    enums = {leaf.path for leaf in leaves if leaf.logical_type.type == "ENUM"}
    places: set[int] = set()
    for place, field in enumerate(file.schema_arrow):
        if field.name in enums and holds_binary(field.type):
            places.add(place)
    return places
