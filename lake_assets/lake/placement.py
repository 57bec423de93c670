"""What a key may turn out to be: data of an hour, unknown with a reason, or never data at all.

These are the values, and the rules that hold for names in every layout. The layouts themselves are
`lake.auto_layout` and `lake.template_layout`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from lake_assets.lake.objects import Kind

# A template that fits the folders of most writers, for errors to offer.
EXAMPLE = "{table}/{yyyy}/{mm}/{dd}/{hh}/"

# The names that DMS gives (DMS guide, "Using Amazon S3 as a target").
# Behind them stands what others pack them with; which packing it is, and whether it is read, tell the bytes.
_PACKED = r"\.(?:gz|gzip|zst|zstd|bz2|xz|zip|lz4|lzo|snappy|sz|br|deflate|z|7z)"
PACKED_ENDING = re.compile(rf"{_PACKED}$", re.IGNORECASE)
_FORMAT = rf"(?i:(?:{_PACKED})?\.(?:csv|parquet|jsonl?|ndjson|orc|avro)(?:{_PACKED})?)"
DATA_ENDING = re.compile(rf".+{_FORMAT}", re.ASCII | re.DOTALL)
LOAD_NAME = re.compile(r"(?:SEGMENT\d+_)?LOAD[0-9A-F]{3,}" + _FORMAT, re.ASCII)
CDC_NAME = re.compile(r"(?P<date>\d{8})-(?P<time>\d{6})\d{3,4}" + _FORMAT, re.ASCII)
# What readers of Hadoop's file system pass over, and what writers leave behind.
_HIDDEN = (".", "_")
_TEMPORARY = ("_temporary", "_spark_metadata", "_delta_log", ".hive-staging", ".spark", ".Trash")
_NEVER_DATA_ENDINGS = (".tmp", ".crc", "._COPYING_", "_$folder$")


@dataclass(frozen=True)
class Placed:
    """A data file: the hour (UTC) it belongs to, and its kind."""

    hour: datetime
    kind: Kind


@dataclass(frozen=True)
class Unknown:
    """A file that is not taken for data, and why."""

    reason: str


class Layout(Protocol):
    """How the keys below one table's folder tell their hour.

    Attributes:
        zone: the time zone of the times in names and folders.
    """

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone of the times in names and folders."""

    def place(self, below: str, last_modified: datetime) -> Placed | Unknown | None:
        """Return the hour of one file.

        Args:
            below: the key below the table's folder, such as `2018/09/06/20180906-101010101.csv`.
            last_modified: when the object was written (aware).

        Returns:
            Where it belongs, or why it is unknown, or None for what is never data (markers, temporary files).
        """


def is_dms_name(name: str) -> bool:
    """Return whether DMS names a table's files so."""
    return CDC_NAME.fullmatch(name) is not None or LOAD_NAME.fullmatch(name) is not None


def is_mixed_changes(name: str) -> bool:
    """Return whether DMS names files so that hold the changes of all tables (CdcPath)."""
    return name.startswith("CDC_TXN-")


def is_temporary(path: str) -> bool:
    """Return whether some folder of a path is one that writers put unfinished files into."""
    return any(part.startswith(_TEMPORARY) for part in path.split("/"))


def is_never_data(name: str, *, may_be_hidden: bool = False) -> bool:
    """Return whether a file's name is that of a marker, a temporary file or a report of DMS.

    Args:
        name: without its folders; empty for the marker of a folder.
        may_be_hidden: whether data may have a name that begins like a hidden one.
    """
    if not name or name.startswith("awsdms_") or name.endswith(_NEVER_DATA_ENDINGS):
        return True
    return name.startswith(_HIDDEN) and not may_be_hidden


def is_control(folder: str) -> bool:
    """Return whether DMS's control tables or validation reports stand in this folder."""
    parts = folder.split("/")
    return "s3_validation_failures" in parts or any(part.startswith("awsdms_") for part in parts)


def is_hidden(path: str) -> bool:
    """Return whether some part of a path is hidden."""
    return any(part.startswith(_HIDDEN) for part in path.split("/"))


def not_loaded(name: str) -> Unknown | None:
    """Return why a file is not loaded whose name is DMS's, and that of no table alone."""
    if not is_mixed_changes(name):
        return None
    return Unknown(
        "CDC_TXN files mix the rows of all tables. Set PreserveTransactions=false on the DMS endpoint."
    )
