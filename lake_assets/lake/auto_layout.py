"""The layouts that AWS DMS writes (DMS guide, "Using Amazon S3 as a target"; docs/layouts.md).

A file of changes tells its hour by its name, a file of a full load by its folder or by when it was written.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lake_assets.hours import floor_hour
from lake_assets.lake.dates import CENTURY, FOLDER_SLACK, read_date_folder, read_time
from lake_assets.lake.local_time import to_utc_hour
from lake_assets.lake.placement import (
    CDC_NAME,
    DATA_ENDING,
    EXAMPLE,
    LOAD_NAME,
    Placed,
    Unknown,
    is_control,
    is_hidden,
    is_never_data,
    is_temporary,
    not_loaded,
)


@dataclass(frozen=True)
class AutoLayout:
    """Every layout that AWS DMS writes (see docs/layouts.md)."""

    zone: ZoneInfo

    def place(self, below: str, last_modified: datetime) -> Placed | Unknown | None:
        """Return the hour of one file; see `Layout.place`."""
        folder, _, name = below.rpartition("/")
        if is_never_data(name) or is_control(folder):
            return None
        change = CDC_NAME.fullmatch(name)
        is_dms_name = change is not None or LOAD_NAME.fullmatch(name) is not None
        if is_hidden(folder):
            if not DATA_ENDING.fullmatch(name) or is_temporary(folder):
                return None
            return Unknown(f"its folder {folder!r} is hidden (a name in it begins with . or _)")
        if not is_dms_name:
            return _unknown_name(name)
        if change:
            return self._place_change(folder, change)
        return self._place_load(folder, last_modified)

    def _place_change(self, folder: str, name: re.Match[str]) -> Placed | Unknown:
        moment = read_time(name["date"], name["time"])
        if moment is None:
            return Unknown(f"its name {name[0]!r} holds no time that exists between 2000 and 2099")
        placed = Placed(hour=to_utc_hour(moment, self.zone), kind="cdc")
        if not folder:
            return placed
        dates = read_date_folder(folder)
        if dates is None:
            return Unknown(f"its folder {folder!r} is none of the date folders that DMS writes")
        if not dates.first - FOLDER_SLACK <= moment.date() <= dates.last + FOLDER_SLACK:
            return Unknown(
                f"its folder {folder!r} and its name {name[0]!r} are more than a day apart. "
                f'Set a template as the layout, such as "{EXAMPLE}", to go by the folder.'
            )
        return placed

    def _place_load(self, folder: str, last_modified: datetime) -> Placed | Unknown:
        written = Placed(hour=floor_hour(last_modified), kind="full")
        if not folder:
            return written
        dates = read_date_folder(folder)
        if dates is None:
            return _partition_fault(folder) or written
        midnight = datetime(dates.first.year, dates.first.month, dates.first.day)  # noqa: DTZ001 - local time
        if dates.hour is not None:
            named = midnight.replace(hour=dates.hour)
            return Placed(hour=to_utc_hour(named, self.zone), kind="full")
        if dates.first <= last_modified.astimezone(self.zone).date() <= dates.last:
            return written
        return Placed(hour=to_utc_hour(midnight, self.zone), kind="full")


def _unknown_name(name: str) -> Unknown:
    return not_loaded(name) or Unknown(
        f"{name!r} is none of the names that DMS gives. Move it away, or describe the folders "
        f'with a template as the layout, such as "{EXAMPLE}".'
    )


def _partition_fault(folder: str) -> Unknown | None:
    """Return why this folder is not one that DMS writes for a partition of the source's table."""
    if "/" in folder:
        return Unknown(f"its folder {folder!r} is neither a date folder nor one partition of the table")
    if folder.startswith(CENTURY):
        return Unknown(
            f"its folder {folder!r} begins like a year and is none of the date folders that DMS writes"
        )
    return None
