"""`lake-assets quarantine export`: quarantined records in files, byte for byte as they came.

How a record's bytes go back into the encoding of their file is `readers.original`'s.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from lake_assets.cli.context import open_context
from lake_assets.cli.exit_status import exit_status
from lake_assets.cli.output.console import print_line, stderr_console
from lake_assets.cli.output.json_document import write_json
from lake_assets.cli.selected_hours import select_hours
from lake_assets.cli.selection import Selection
from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import format_hour
from lake_assets.ledger.quarantine import read_for_export
from lake_assets.pluralize import pluralize
from lake_assets.readers.original import encode_back

INDEX = "index.csv"
INDEX_COLUMNS = ("file", "table", "hour", "key", "record", "column", "reason", "value")

LONGEST_NAME = 150
"""Characters of a file's name; file systems take 255 bytes."""

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection")."""

UNFIT_CHARACTER = re.compile(r"[^\w.=+-]", re.ASCII)
"""What some file system does not take in a name, or takes for something else."""

NAMELESS = "file"
"""The name of a file whose key leaves none."""

LINE_END = b"\n"

Row = Mapping[str, Any]
"""A quarantined record, with what is known of its file."""

WriteIndex = Callable[[Iterable[object]], object]
"""Writes one row of the index."""


@dataclass(frozen=True)
class SourceFile:
    """A file that has records in quarantine: its table and hour, its key, and which version of it."""

    table: str
    hour: datetime
    key: str
    etag: str | None

    @classmethod
    def of(cls, row: Row) -> "SourceFile":
        """Return the file that a record came from."""
        table = f"{row['source']}.{row['table_name']}"
        return cls(table=table, hour=row["hour"], key=row["key"], etag=row["etag"])

    @property
    def folder(self) -> Path:
        """Where its records are written, below the folder of the export."""
        return Path(self.table) / format_hour(self.hour)

    @property
    def name(self) -> str:
        """The name of the file its records are written to; no key can lead out of the folder with it."""
        base_name = self.key.rsplit("/", 1)[-1].removesuffix(".gz")
        fit = UNFIT_CHARACTER.sub("_", base_name)
        return fit[-LONGEST_NAME:].lstrip(".") or NAMELESS


@dataclass
class Export:
    """A folder on its way to be filled.

    Attributes:
        out: the folder.
        files: what was written, as in the JSON.
        purged: how many records could not be written, for their bytes were purged.
    """

    out: Path
    files: list[dict[str, Any]] = field(default_factory=list)
    purged: int = 0

    @property
    def records(self) -> int:
        """How many records were written."""
        return sum(file["records"] for file in self.files)

    def write(self, rows: Iterator[Row]) -> None:
        """Write the records, file by file, and the index."""
        self.out.mkdir(parents=True, exist_ok=True)
        with (self.out / INDEX).open("w", encoding="utf-8", newline="") as index:
            write_index = csv.writer(index).writerow
            write_index(INDEX_COLUMNS)
            for source_file, records in groupby(rows, SourceFile.of):
                self._write_file(source_file, records, write_index)

    def _write_file(self, source_file: SourceFile, records: Iterator[Row], write_index: WriteIndex) -> None:
        path = self.free_path(source_file)
        path.parent.mkdir(parents=True, exist_ok=True)
        name = str(path.relative_to(self.out))
        count = 0
        with path.open("wb") as file:
            for record in records:
                is_purged = record["raw_purged_at"] is not None
                if not file.tell():
                    file.write(record["beginning"])
                if is_purged:
                    self.purged += 1
                else:
                    _write_record(file, record)
                    count += 1
                row = _index_row("" if is_purged else name, source_file, record)
                write_index([_no_formula(cell) for cell in row])
        if not count:
            path.unlink()
            return
        self.files.append(
            {
                "file": name,
                "table": source_file.table,
                "hour": source_file.hour,
                "key": source_file.key,
                "records": count,
            }
        )

    def free_path(self, source_file: SourceFile) -> Path:
        """Return where the records of a file are to be written: a path that no other file has taken."""
        folder, name = self.out / source_file.folder, source_file.name
        path = folder / name
        number = 1
        while path.exists():
            number += 1
            path = folder / f"{number}-{name}"
        return path


def _write_record(file: IO[bytes], record: Row) -> None:
    file.write(encode_back(record["raw"], record["encoding"]))
    file.write(encode_back(LINE_END, record["encoding"]))


def _no_formula(cell: object) -> object:
    """Return a cell that no spreadsheet computes: an apostrophe before it makes it text."""
    if isinstance(cell, str) and cell.startswith(FORMULA_BEGINS):
        return f"'{cell}"
    return cell


def _index_row(name: str, source_file: SourceFile, record: Row) -> tuple[object, ...]:
    """Return the row of the index for a record, as `INDEX_COLUMNS` names its cells."""
    return (
        name,
        source_file.table,
        format_hour(source_file.hour),
        source_file.key,
        record["record"],
        record["column_name"],
        record["reason"],
        record["value"],
    )


def run(selection: Selection, out: Path, *, as_json: bool) -> int:
    """Write quarantined records to files, and return exit status 1 if the bytes of some were purged.

    Raises:
        ConfigurationError: the folder has something in it.
    """
    _refuse_used_folder(out)
    export = Export(out)
    with open_context() as context:
        wanted = select_hours(context, selection)
        with context.connect() as connection:
            export.write(read_for_export(connection, wanted.tables, wanted.first, wanted.end))
    if as_json:
        write_json({"files": export.files})
    _tell(export)
    return exit_status(needs_attention=export.purged > 0)


def _refuse_used_folder(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir() or any(out.iterdir()):
        raise ConfigurationError(f"{out} is there already, and not empty. Give --out a new folder.")


def _tell(export: Export) -> None:
    console = stderr_console()
    if export.files:
        records, files = pluralize(export.records, "record"), pluralize(len(export.files), "file")
        print_line(console, f"{records} of {files} in {export.out}; {INDEX} says why.")
    elif not export.purged:
        print_line(console, "Quarantine is empty.")
    if export.purged:
        records = pluralize(export.purged, "record")
        print_line(console, f"{records} could not be written: the bytes were purged.")
