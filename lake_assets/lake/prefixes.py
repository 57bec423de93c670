"""Which parts of a table's folder can hold the files of a few hours, so that not all of it need be listed.

Pure functions over the layouts of `lake.layout`; the listing itself is `lake.s3`'s. What is left out here can
never hold a file that the layout places in those hours: `lake_assets_tests/lake/test_s3.py` proves it.

SeaweedFS sorts a folder `2018` before `2018-09`, and S3 sorts `2018/` behind `2018-09/`. The bounds used here
(`20`, and a character behind every other) cut the same keys off in both orders.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from lake_assets.hours import RECENT
from lake_assets.lake.auto_layout import AutoLayout
from lake_assets.lake.dates import CENTURY, FOLDER_SLACK, read_date_folder
from lake_assets.lake.local_time import ONE_DAY, local_hours
from lake_assets.lake.placement import Layout
from lake_assets.lake.template_layout import TemplateLayout

# Who looks at the recent hours widens them to whole days first, and no two days are widened by more than one.
LONGEST_SPAN = RECENT + ONE_DAY
BEHIND_ALL = "\U0010ffff"

# With a file a minute, a day is two answers of S3: no more than a few hours one by one.
_MOST_SINGLE_HOURS = 4


@dataclass(frozen=True)
class Part:
    """One part of a table's folder to be listed.

    Attributes:
        prefix: how its keys begin, below the table's folder.
        after: only keys behind this one, below the table's folder; empty for all.
        flat: only what lies in the folder itself, not in folders below it.
        guard: if nothing at all begins so, the part is empty; empty if it is not worth asking.
    """

    prefix: str
    after: str = ""
    flat: bool = False
    guard: str = ""

    def can_lie_in(self, names: Iterable[str]) -> bool:
        """Return whether the part can hold anything.

        Args:
            names: of all objects and folders right in the table's folder, folders with a slash behind them.
        """
        return any(name.startswith(self.prefix) or self.prefix.startswith(name) for name in names)


def parts_of_hours(layout: Layout, first: datetime, end: datetime) -> tuple[Part, ...]:
    """Return the parts that are known by the hours alone; with `auto`, `parts_of_folder` names the others.

    Args:
        layout: the table's.
        first: the first hour (UTC).
        end: the hour after the last.
    """
    hours = local_hours(first, end, layout.zone)
    if isinstance(layout, TemplateLayout):
        prefixes = dict.fromkeys(map(layout.prefix_of, hours))
        return tuple(map(Part, prefixes))
    days = _days(hours)
    found = [*_change_files(hours), *_months(days)]
    for day in days:
        found += _year_first(day)
        found += _beginning_with(CENTURY, _year_last(day))
    return tuple(found)


def parts_of_folder(folder: str, layout: AutoLayout, first: datetime, end: datetime) -> tuple[Part, ...]:
    """Return the parts to list of a folder right below the table's, whose name does not begin with 20.

    Args:
        folder: its name, without a slash.
        layout: the table's.
        first: the first hour (UTC).
        end: the hour after the last.
    """
    days = _days(local_hours(first, end, layout.zone))
    dates = read_date_folder(folder)
    if dates is not None:
        if any(dates.first <= day <= dates.last for day in days):
            return (Part(f"{folder}/"),)
        return ()
    found = [Part(f"{folder}/", flat=True)]
    for day in days:
        found += _beginning_with(f"{folder}/", _year_last(day))
    return tuple(found)


def _days(hours: Iterable[datetime]) -> list[date]:
    """Return the days whose folders can hold files of these local hours, oldest first."""
    days: set[date] = set()
    for hour in hours:
        day = hour.date()
        days |= {day - FOLDER_SLACK, day, day + FOLDER_SLACK}
    return sorted(days)


def _beginning_with(prefix: str, parts: Iterable[Part]) -> list[Part]:
    return [part for part in parts if part.prefix.startswith(prefix)]


def _change_files(hours: Iterable[datetime]) -> Iterator[Part]:
    by_day: dict[date, list[datetime]] = {}
    for hour in hours:
        by_day.setdefault(hour.date(), []).append(hour)
    for day, of_day in by_day.items():
        if len(of_day) > _MOST_SINGLE_HOURS:
            yield Part(f"{day:%Y%m%d}-")
        else:
            for hour in of_day:
                yield Part(f"{hour:%Y%m%d-%H}")


def _months(days: Iterable[date]) -> Iterator[Part]:
    """Return the folders of whole months."""
    for month in dict.fromkeys(day.replace(day=1) for day in days):
        yield Part(f"{month:%Y/%m/}", flat=True, guard=f"{month:%Y/}")
        yield Part(f"{month:%Y-%m/}", guard=f"{month:%Y-}")
        yield Part(f"{month:%Y_%m/}", guard=f"{month:%Y_}")
        yield Part(f"{month:%Y%m/}")


def _year_first(day: date) -> Iterator[Part]:
    """Return the folders of one day, with those of its hours, that begin with the year."""
    yield Part(f"{day:%Y/%m/%d/}", guard=f"{day:%Y/}")
    yield Part(f"{day:%Y-%m-%d}", guard=f"{day:%Y-}")
    yield Part(f"{day:%Y_%m_%d}", guard=f"{day:%Y_}")
    yield Part(f"{day:%Y%m%d/}")
    yield Part(f"{day:%Y%m%d}", after=f"{day:%Y%m%d}-{BEHIND_ALL}")


def _year_last(day: date) -> Iterator[Part]:
    """Return the folders of one day that begin with its month or its day."""
    for by in ("/", "-", "_", ""):
        yield Part(f"{day:%m}{by}{day:%Y}{by}{day:%d}/")
        yield Part(f"{day:%d}{by}{day:%m}{by}{day:%Y}/")
