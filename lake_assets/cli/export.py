"""`lake-assets quarantine export`: quarantined records in files, byte for byte as they came.

How a record's bytes go back into the encoding of their file is `readers.original`'s.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from lake_assets.cli.answer import ALL_WELL, NEEDS_ATTENTION, write_json
from lake_assets.cli.context import open_context
from lake_assets.cli.display import say, talk
from lake_assets.cli.quarantine import range_of
from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import format_hour
from lake_assets.ledger.quarantine import read_for_export
from lake_assets.pluralize import pluralize
from lake_assets.readers.original import encode_back

INDEX = "index.csv"
INDEX_COLUMNS = ("file", "table", "hour", "key", "record", "column", "reason", "value")
LONGEST = 150  # characters of a file's name; file systems take 255 bytes
UNFIT = re.compile(r"[^\w.=+-]", re.ASCII)
LINE_END = b"\n"
Row = dict[str, Any]


@dataclass
class _Export:
    """A folder on its way to be filled."""

    out: Path
    files: list[dict[str, object]] = field(default_factory=list)
    purged: int = 0

    def write(self, rows: Iterator[Row]) -> None:
        """Write the records, file by file, and the index."""
        self.out.mkdir(parents=True, exist_ok=True)
        with (self.out / INDEX).open("w", encoding="utf-8", newline="") as index:
            write = csv.writer(index).writerow
            write(INDEX_COLUMNS)
            for (table, hour, key, _), records in groupby(rows, _file_of):
                path = self._free_path(table, hour, key)
                path.parent.mkdir(parents=True, exist_ok=True)
                name = str(path.relative_to(self.out))
                with path.open("wb") as file:
                    count = self._write_file(file, (table, hour, key), name, records, write)
                if not count:
                    path.unlink()
                    continue
                self.files.append({"file": name, "table": table, "hour": hour, "key": key, "records": count})

    def _write_file(
        self, file: IO[bytes], place: tuple[str, datetime, str], name: str, records: Iterator[Row], write: Any
    ) -> int:
        table, hour, key = place
        count = 0
        for record in records:
            purged = record["raw_purged_at"] is not None
            self.purged += purged
            if not file.tell():
                file.write(record["beginning"])
            if not purged:
                line_end = encode_back(LINE_END, record["encoding"])
                file.write(encode_back(record["raw"], record["encoding"]) + line_end)
                count += 1
            said = (record["column_name"], record["reason"], record["value"])
            write(("" if purged else name, table, format_hour(hour), key, record["record"], *said))
        return count

    def _free_path(self, table: str, hour: datetime, key: str) -> Path:
        """Give the file for the records of a key, under a name that no key can lead out of the folder."""
        folder = self.out / table / format_hour(hour)
        name = UNFIT.sub("_", key.rsplit("/", 1)[-1].removesuffix(".gz"))[-LONGEST:].lstrip(".") or "file"
        path, number = folder / name, 1
        while path.exists():
            number += 1
            path = folder / f"{number}-{name}"
        return path


def run(
    names: Sequence[str], first: datetime | None, end: datetime | None, out: Path, *, as_json: bool
) -> int:
    """Write quarantined records to files; give the exit status."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigurationError(f"{out} is there already, and not empty. Give --out a new folder.")
    export = _Export(out)
    with open_context() as place:
        wanted, start, stop = range_of(place, names, first, end)
        with place.connect() as connection:
            export.write(read_for_export(connection, wanted, start, stop))
    if as_json:
        write_json({"files": export.files})
    records = sum(int(str(file["records"])) for file in export.files)
    files = pluralize(len(export.files), "file")
    said = f"{pluralize(records, 'record')} of {files} in {out}; {INDEX} says why."
    if export.files or not export.purged:
        say(talk(), said if export.files else "Quarantine is empty.")
    if export.purged:
        say(talk(), f"{pluralize(export.purged, 'record')} could not be written: the bytes were purged.")
    return NEEDS_ATTENTION if export.purged else ALL_WELL


def _file_of(row: Row) -> tuple[str, datetime, str, str | None]:
    return f"{row['source']}.{row['table_name']}", row["hour"], row["key"], row["etag"]
