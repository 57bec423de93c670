"""Dates and times, as the names of files and folders write them: local, from 2000 to 2099.

Which UTC hour they are is told by `lake.local_time`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lake_assets.lake.local_time import ONE_DAY

# Changes around midnight land in the next day's folder (DMS guide, "Validation for S3 targets").
FOLDER_SLACK = ONE_DAY

# The one partition name that cannot be told from a date without listing every file beside it.
CENTURY = "20"

_DATE_FOLDERS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<yyyy>20\d\d)(?P<by>[/_-]?)(?P<mm>\d\d)(?P=by)(?P<dd>\d\d)(?:(?P=by)(?P<hh>\d\d))?",
        r"(?P<yyyy>20\d\d)[/_-]?(?P<mm>\d\d)",
        r"(?P<mm>\d\d)(?P<by>[/_-]?)(?P<yyyy>20\d\d)(?P=by)(?P<dd>\d\d)",
        r"(?P<dd>\d\d)(?P<by>[/_-]?)(?P<mm>\d\d)(?P=by)(?P<yyyy>20\d\d)",
    )
)


@dataclass(frozen=True)
class DateFolder:
    """What a folder such as `2018/09/06/10` says: the days it is for, and the hour, where it names one."""

    first: date
    last: date
    hour: int | None


def read_date_folder(folder: str) -> DateFolder | None:
    """Read a DMS date folder, such as `2018/09/06/10`, `2018-09-06`, `201809` or `06_09_2018`.

    The orders cannot be mistaken for each other, because the years are those from 2000 to 2099.

    Returns:
        What it says, or None if it is not a date folder.
    """
    for pattern in _DATE_FOLDERS:
        match = pattern.fullmatch(folder)
        dates = match and _read_dates(match.groupdict())
        if dates:
            return dates
    return None


def _read_dates(part: Mapping[str, str | None]) -> DateFolder | None:
    """Return what the parts of a date say; None if there is no such date."""
    year, month, day, hour = (part.get(name) for name in ("yyyy", "mm", "dd", "hh"))
    try:
        first = datetime(int(year or 0), int(month or 0), int(day or 1), int(hour or 0))  # noqa: DTZ001 - no zone
    except ValueError:
        return None
    last = first
    if day is None:
        last = (first + timedelta(days=31)).replace(day=1) - ONE_DAY
    return DateFolder(
        first=first.date(),
        last=last.date(),
        hour=None if hour is None else first.hour,
    )


def read_time(day: str, clock: str) -> datetime | None:
    """Read `YYYYMMDD` and `HHMMSS`; None if there is no such time, or not in 2000 to 2099."""
    if not day.startswith(CENTURY):
        return None
    try:
        return datetime(  # noqa: DTZ001 - local time of the files
            int(day[:4]), int(day[4:6]), int(day[6:]), int(clock[:2]), int(clock[2:4]), int(clock[4:])
        )
    except ValueError:
        return None
