"""Evidence: all that catalog, lake, ledger, main and a load say of one table-hour.

Plain values. Gathering them belongs to `checks`, `monitor` and `load`; what they make to `decide`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lake_assets.catalog.models import Table
from lake_assets.lake.objects import LakeObject
from lake_assets.states.facts import Fact, Facts
from lake_assets.states.records import LedgerFile, LedgerHour


@dataclass(frozen=True)
class LoadResult:
    """What a load that has just come to its end says of its table-hour.

    Attributes:
        failure: why it changed nothing; None where it did what it should.
        met: what it met and went on with.
        removed: the files that were loaded before and are gone (`file_removed`), of those with records.
    """

    failure: Fact | None = None
    met: Facts = ()
    removed: Facts = ()


@dataclass(frozen=True)
class Evidence:
    """All that is known of one table-hour.

    Attributes:
        table: the table as the catalog has it.
        hour: the hour (UTC).
        known: the hour as the ledger had it before; None where it did not know it.
        files: its files as the ledger has them now.
        listed: its files as the lake lists them now.
        rows_in_main: rows of main by file id; None where they were not counted.
        held: records in quarantine by key.
        waived_files: key and etag of the files it had when a person accepted it; None where nobody has.
        differences: what main's columns, child tables and a new look at the bytes say beside the ledger.
        is_newest_snapshot: whether no newer hour of a snapshot table has files.
        day_has_files: whether another hour of the same UTC day has files.
        testimony: what DMS and the neighbours say; None where nobody asked, so that what is known stands.
        cannot_load: why this version loads no hour of the table; None where it does.
        source_is_gone: not one file of the source that was loaded is in the lake any more.
        load: what a load that has just ended says; None where none has.
        not_loaded: columns of the catalog that the hour's files have and its load did not know.
        is_deep: whether the files' bytes were looked at again.
        remarks: what that look could not tell.
    """

    table: Table
    hour: datetime
    known: LedgerHour | None = None
    files: Sequence[LedgerFile] = ()
    listed: Sequence[LakeObject] = ()
    rows_in_main: Mapping[int, int] | None = None
    held: Mapping[str, int] | None = None
    waived_files: Mapping[str, str] | None = None
    differences: Facts = ()
    is_newest_snapshot: bool = False
    day_has_files: bool = False
    testimony: Facts | None = None
    cannot_load: Fact | None = None
    source_is_gone: bool = False
    load: LoadResult | None = None
    not_loaded: Facts = ()
    is_deep: bool = False
    remarks: Facts = ()

    @property
    def known_facts(self) -> Facts:
        """What the ledger knew of the hour before."""
        return self.known.facts if self.known else ()

    @property
    def vanished_files(self) -> list[LedgerFile]:
        """The files that were loaded and are not in the lake any more, in the order of their keys."""
        present = {item.key for item in self.listed}
        gone = [file for file in self.files if file.key not in present]
        return sorted(gone, key=lambda file: file.key)

    def unchanged_files(self) -> list[tuple[LakeObject, LedgerFile]]:
        """Return the files that lie in the lake as they were loaded: of each what lake and ledger have."""
        loaded = {file.key: file for file in self.files}
        unchanged = []
        for item in self.listed:
            file = loaded.get(item.key)
            if file is not None and is_as_loaded(file, item):
                unchanged.append((item, file))
        return unchanged


def is_as_loaded(file: LedgerFile, item: LakeObject) -> bool:
    """Return whether an object is the one that was loaded, by ETag and size."""
    return (file.etag, file.bytes) == (item.etag, item.size)
