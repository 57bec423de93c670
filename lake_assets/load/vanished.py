"""What becomes of rows whose files have vanished from the lake: which stay, and by whose word they go.

An hour is replaced file by file: a file that is listed replaces its own rows, and those of one that vanished
stay beside them, unless the catalog or a person says that they follow. A file that lies in the same hour
under another name is no vanished one. What a vanished file means for the state of its hour is decided in
`states.decide`; files that went to another hour are `load.moved`'s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.files import has_loaded_file, read_files
from lake_assets.ledger.quarantine import files_tried
from lake_assets.states.decide import is_beyond_retention
from lake_assets.states.evidence import is_as_loaded
from lake_assets.states.facts import Fact, Facts
from lake_assets.states.records import LedgerFile

NOBODY_KNOWN = "somebody"
"""Who gave a word, where no computer knew a name."""


@dataclass(frozen=True)
class KeptFiles:
    """What stays of an hour though the lake has it no longer.

    Attributes:
        ids: the ids of loaded files whose rows stay.
        keys: the keys of files whose records in quarantine stay.
        source_is_gone: they stay though the catalog says `follow`, for all of the source has vanished.
        notes: what is to be known of those that do not stay.
    """

    ids: tuple[int, ...] = ()
    keys: tuple[str, ...] = ()
    source_is_gone: bool = False
    notes: Facts = ()


@dataclass(frozen=True)
class VanishedFiles:
    """The rule for all hours of one load.

    Attributes:
        connection: the session of the load.
        lake: the lake.
        table: the table.
        followed_by: who has given the word that rows go with their files; None where nobody has.
    """

    connection: psycopg.Connection
    lake: Lake
    table: Table
    followed_by: str | None = None

    @cached_property
    def source_is_gone(self) -> bool:
        """Whether not one loaded file of the source is in the lake any more."""
        return source_is_gone(self.connection, self.lake, self.table)

    def kept_of(self, hour: datetime, objects: Sequence[LakeObject]) -> KeptFiles:
        """Return what stays of an hour whose turn it is.

        Args:
            hour: the hour (UTC).
            objects: its files, as they were listed.
        """
        loaded = read_files(self.connection, self.table, hour, hour + ONE_HOUR).get(hour, [])
        present = {item.key for item in objects}
        gone = [file for file in loaded if file.key not in present]
        if self.followed_by is not None:
            return KeptFiles(notes=self._followed(gone))
        if gone and self._follows(hour):
            return KeptFiles()
        renamed = dict(renamed_within(gone, loaded, objects))
        kept = [file for file in gone if file.key not in renamed]
        left_behind = self._quarantined_keys(hour) - present - renamed.keys()
        return KeptFiles(
            ids=tuple(file.id for file in kept),
            keys=tuple(sorted(left_behind)),
            source_is_gone=bool(kept) and self.table.vanished == "follow",
            notes=tuple(_moved(key, item) for key, item in renamed.items()),
        )

    def _follows(self, hour: datetime) -> bool:
        if self.table.vanished != "follow":
            return False
        if is_beyond_retention(self.table, hour, datetime.now(UTC)):
            return False
        return not self.source_is_gone

    def _followed(self, gone: Sequence[LedgerFile]) -> Facts:
        if not gone:
            return ()
        records = sum(file.records for file in gone)
        at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M}"
        who = self.followed_by or NOBODY_KNOWN
        return (Fact.of("followed", who=who, at=at, files=len(gone), records=records),)

    def _quarantined_keys(self, hour: datetime) -> set[str]:
        tried = files_tried(self.connection, self.table, hour, hour + ONE_HOUR)
        return {key for key, _ in tried.get(hour, ())}


def source_is_gone(connection: psycopg.Connection, lake: Lake, table: Table) -> bool:
    """Return whether not one file of a table's source that was loaded is in the lake any more.

    Raises:
        LakeAssetsError: the lake cannot be listed.
    """
    pages = lake.list_keys(table.source_folder)
    return not any(has_loaded_file(connection, table.source, keys) for keys in pages)


def renamed_within(
    gone: Sequence[LedgerFile], loaded: Sequence[LedgerFile], objects: Sequence[LakeObject]
) -> Iterator[tuple[str, LakeObject]]:
    """Yield the files of an hour that lie there under other names now: each old key, and the object.

    An object that was not loaded takes the place of one vanished file of the same ETag and size, of the same
    base name first.

    Args:
        gone: the loaded files that are not listed.
        loaded: all loaded files of the hour.
        objects: the objects that are listed.
    """
    known = {file.key: file for file in loaded}
    left = list(gone)
    for item in objects:
        file = known.get(item.key)
        if file is not None and is_as_loaded(file, item):
            continue
        alike = [file for file in left if is_as_loaded(file, item)]
        if alike:
            chosen = min(alike, key=lambda file: base_name(file.key) != base_name(item.key))
            left.remove(chosen)
            yield chosen.key, item


def base_name(key: str) -> str:
    """Return a key without its folders."""
    return key.rpartition("/")[2]


def _moved(key: str, item: LakeObject) -> Fact:
    return Fact.of("file_moved", key=key, to=item.key, hour=format_hour(item.hour))
