"""What a listing of the lake gives: objects with their hour, and unmatched with the reason.

Plain values only. How they are found is `lake.s3`'s, how a key tells its hour is `lake.layout`'s.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal

Kind = Literal["full", "cdc"]


@dataclass(frozen=True)
class LakeObject:
    """One file of one table-hour, as it was when it was listed.

    Attributes:
        key: the whole key, as in S3.
        etag: S3's entity tag, without the quotes around it.
        size: bytes, as stored (compressed, where it is).
        last_modified: when the object was written (UTC).
        hour: the hour its records belong to (UTC).
        kind: `full` for a file of a full load, `cdc` for a file of changes.
        fault: why it must not be loaded although its hour is known; empty for nearly all.
    """

    key: str
    etag: str
    size: int
    last_modified: datetime
    hour: datetime
    kind: Kind
    fault: str = ""


@dataclass(frozen=True)
class UnmatchedObject:
    """A file in a table's folder that belongs to no hour: reported, never loaded.

    Attributes:
        key: the whole key, as in S3.
        reason: why it is not taken for data, and what can be done.
    """

    key: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """What was found for one table.

    Attributes:
        objects: sorted by hour, then key, which is the order DMS wrote them in.
        unmatched: sorted by key.
    """

    objects: tuple[LakeObject, ...]
    unmatched: tuple[UnmatchedObject, ...]

    def by_hour(self) -> dict[datetime, tuple[LakeObject, ...]]:
        """Return the objects of every hour that has some, oldest hour first."""
        return {hour: tuple(found) for hour, found in groupby(self.objects, key=lambda item: item.hour)}


@dataclass(frozen=True)
class FolderLook:
    """What lies right in a folder of the lake, or in it at any depth where that is said.

    Attributes:
        objects: their names below the folder, markers of folders left out.
        folders: the names of the folders in it, without a slash.
        is_whole: whether that is all there is.
    """

    objects: tuple[str, ...]
    folders: tuple[str, ...] = ()
    is_whole: bool = True
