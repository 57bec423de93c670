"""Between the hours of files, which are local, and those of the ledger, which are UTC.

How files and folders write a time is told by `lake.dates`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from lake_assets.hours import ONE_HOUR, floor_hour

ONE_DAY = timedelta(days=1)


def to_utc_hour(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC hour of a local time (naive).

    A time that comes twice when clocks go back is the first of the two. A time that is left out when clocks
    go forward is as much later as was left out.
    """
    return floor_hour(local.replace(tzinfo=zone, fold=0))


@lru_cache(maxsize=64)
def local_hours(first: datetime, end: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return every local hour (naive) that files of the UTC hours from `first` up to `end` can bear."""
    shown = {
        (first + minutes).astimezone(zone).replace(tzinfo=None, minute=0)
        for minutes in _steps(end - first, timedelta(minutes=30))
    }
    # A zone can leave out or repeat as much as a day (Samoa did on 2011-12-30).
    earliest, latest = min(shown) - ONE_DAY, max(shown) + ONE_DAY
    found: list[datetime] = []
    for hours in _steps(latest - earliest + ONE_HOUR, ONE_HOUR):
        hour = earliest + hours
        if hour in shown or _holds(hour, first, end, zone):
            found.append(hour)
    return tuple(found)


def _holds(local: datetime, first: datetime, end: datetime, zone: ZoneInfo) -> bool:
    """Return whether a time of this local hour is placed in the UTC hours from `first` up to `end`."""
    quarters = (local.replace(minute=minute) for minute in (0, 15, 30, 45))
    return any(first <= to_utc_hour(quarter, zone) < end for quarter in quarters)


def _steps(span: timedelta, step: timedelta) -> Iterator[timedelta]:
    return (step * number for number in range(-(-span // step)))
