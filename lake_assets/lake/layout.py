"""Which hour a file belongs to, by its key alone and, for full loads, by when it was written.

Pure functions: nothing here talks to S3. `auto` knows every way AWS DMS lays out files (DMS guide, "Using
Amazon S3 as a target"); any other tree is described by a template. Which parts of a folder are worth listing
for a few hours is `lake.prefixes`'s; opening files and telling their dialect are not done here either.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from string import Formatter
from typing import NoReturn, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import ONE_HOUR, floor_hour
from lake_assets.lake.objects import Kind

EXAMPLE = "{table}/{yyyy}/{mm}/{dd}/{hh}/"
ONE_DAY = timedelta(days=1)

# Changes around midnight land in the next day's folder (DMS guide, "Validation for S3 targets").
FOLDER_SLACK = ONE_DAY

# The one partition name that cannot be told from a date without listing every file beside it.
CENTURY = "20"

_FORMAT = r"\.(?:csv|parquet|jsonl?|ndjson)(?:\.gz)?"
_LOAD = re.compile(r"(?:SEGMENT\d+_)?LOAD[0-9A-F]{3,}" + _FORMAT, re.ASCII)
_CDC = re.compile(r"(?P<date>\d{8})-(?P<time>\d{6})\d{3,4}" + _FORMAT, re.ASCII)
_HIDDEN = (".", "_")
_NEVER_DATA_ENDINGS = (".tmp", ".crc", "._COPYING_", "_$folder$")
_DATE_FOLDERS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<yyyy>20\d\d)(?P<by>[/_-]?)(?P<mm>\d\d)(?P=by)(?P<dd>\d\d)(?:(?P=by)(?P<hh>\d\d))?",
        r"(?P<yyyy>20\d\d)[/_-]?(?P<mm>\d\d)",
        r"(?P<mm>\d\d)(?P<by>[/_-]?)(?P<yyyy>20\d\d)(?P=by)(?P<dd>\d\d)",
        r"(?P<dd>\d\d)(?P<by>[/_-]?)(?P<mm>\d\d)(?P=by)(?P<yyyy>20\d\d)",
    )
)
_TEMPLATE_FIELDS = {"yyyy": r"20\d\d", "mm": r"\d\d", "dd": r"\d\d", "hh": r"\d\d"}


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


@dataclass(frozen=True)
class DateFolder:
    """What a folder such as `2018/09/06/10` says: the days it is for, and the hour, where it names one."""

    first: date
    last: date
    hour: int | None


@dataclass(frozen=True)
class AutoLayout:
    """Every layout that AWS DMS writes (see docs/layouts.md)."""

    zone: ZoneInfo

    def place(self, below: str, last_modified: datetime) -> Placed | Unknown | None:
        """Return the hour of one file; see `Layout.place`."""
        folder, _, name = below.rpartition("/")
        if _is_never_data(name) or _is_control(folder):
            return None
        change = _CDC.fullmatch(name)
        is_dms_name = change is not None or _LOAD.fullmatch(name) is not None
        if _is_hidden(folder):
            if not is_dms_name:
                return None
            return Unknown(f"its folder {folder!r} is hidden (a name in it begins with . or _)")
        if not is_dms_name:
            return _unknown_name(name)
        if change:
            return self._place_change(folder, change)
        return self._place_load(folder, last_modified)

    def _place_change(self, folder: str, name: re.Match[str]) -> Placed | Unknown:
        moment = _read_time(name["date"], name["time"])
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


@dataclass(frozen=True)
class TemplateLayout:
    """A tree of folders that the catalog describes, such as `{table}/{yyyy}/{mm}/{dd}/{hh}/`.

    Attributes:
        zone: the time zone of the times in folders.
        template: as the catalog has it.
        folder: the table's folder, which `{table}` stands for.
        pattern: matches the beginning of the keys below the table's folder.
    """

    zone: ZoneInfo
    template: str
    folder: str
    pattern: re.Pattern[str]

    def place(self, below: str, last_modified: datetime) -> Placed | Unknown | None:  # noqa: ARG002 - Layout's
        """Return the hour of one file; see `Layout.place`."""
        folder, _, name = below.rpartition("/")
        if _is_never_data(name, may_be_hidden=True) or _is_control(folder):
            return None
        match = self.pattern.match(below)
        if match is None:
            if _is_hidden(below):
                return None
            return Unknown(f"its key does not match the layout {self.template!r}")
        if _is_hidden(_rest_behind(match[0], below)):
            return None
        day = match["yyyy"] + match["mm"] + match["dd"]
        hour = match.groupdict().get("hh", "00")
        moment = _read_time(day, f"{hour}0000")
        if moment is None:
            return Unknown(f"{match[0]!r} in its key holds no time that exists")
        kind: Kind = "full" if _LOAD.fullmatch(name) else "cdc"
        return _not_loaded(name) or Placed(hour=to_utc_hour(moment, self.zone), kind=kind)

    def prefix_of(self, local: datetime) -> str:
        """Return how keys of this local hour begin, below the table's folder."""
        filled = self.template.format(
            table=self.folder, yyyy=f"{local:%Y}", mm=f"{local:%m}", dd=f"{local:%d}", hh=f"{local:%H}"
        )
        return filled[len(self.folder) + 1 :]


@lru_cache(maxsize=1024)
def read_layout(layout: str, timezone: str, folder: str) -> Layout:
    """Read the `layout` and `timezone` of the catalog's `files` options.

    Args:
        layout: `auto`, or a template.
        timezone: an IANA name, such as `UTC` or `Pacific/Auckland`.
        folder: the table's folder, which `{table}` stands for.

    Raises:
        ConfigurationError: there is no such time zone, or the template cannot tell an hour.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"The time zone {timezone!r} is unknown. Write an IANA name, such as UTC or Pacific/Auckland."
        ) from error
    if layout == "auto":
        return AutoLayout(zone)
    return TemplateLayout(zone, layout, folder, _compile(layout, folder))


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


def _read_time(day: str, clock: str) -> datetime | None:
    """Read `YYYYMMDD` and `HHMMSS`; None if there is no such time, or not in 2000 to 2099."""
    if not day.startswith(CENTURY):
        return None
    try:
        return datetime(  # noqa: DTZ001 - local time of the files
            int(day[:4]), int(day[4:6]), int(day[6:]), int(clock[:2]), int(clock[2:4]), int(clock[4:])
        )
    except ValueError:
        return None


def _is_never_data(name: str, *, may_be_hidden: bool = False) -> bool:
    return (
        not name
        or (name.startswith(_HIDDEN) and not may_be_hidden)
        or name.startswith("awsdms_")
        or name.endswith(_NEVER_DATA_ENDINGS)
    )


def _is_control(folder: str) -> bool:
    """Return whether DMS's control tables or validation reports stand in this folder."""
    return any(part.startswith("awsdms_") or part == "s3_validation_failures" for part in folder.split("/"))


def _is_hidden(path: str) -> bool:
    return any(part.startswith(_HIDDEN) for part in path.split("/"))


def _rest_behind(matched: str, below: str) -> str:
    """Return what stands behind the folders and the name that a template has matched, if only in part."""
    told = matched.count("/")
    if not matched.endswith("/"):
        told += 1
    return "/".join(below.split("/")[told:])


def _not_loaded(name: str) -> Unknown | None:
    if not name.startswith("CDC_TXN-"):
        return None
    return Unknown(
        "CDC_TXN files mix the rows of all tables. Set PreserveTransactions=false on the DMS endpoint."
    )


def _unknown_name(name: str) -> Unknown:
    return _not_loaded(name) or Unknown(
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


def _compile(template: str, folder: str) -> re.Pattern[str]:
    """Return the pattern of a template.

    Raises:
        ConfigurationError: the template cannot tell an hour.
    """
    pieces = _parse(template)
    if not template.startswith("{table}/"):
        _refuse(template, "does not begin with {table}/")
    fields = {field for _, field in pieces}
    for field in ("yyyy", "mm", "dd"):
        if field not in fields:
            _refuse(template, f"lacks {{{field}}}, so it cannot tell an hour")
    return re.compile(_pattern(pieces, folder), re.ASCII)


def _parse(template: str) -> list[tuple[str, str | None]]:
    """Return the pieces of a template: what stands there as it is, and the field behind it, if one is.

    Raises:
        ConfigurationError: it cannot be taken apart, or a field has no meaning.
    """
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        _refuse(template, f"cannot be read: {error}", error)
    pieces: list[tuple[str, str | None]] = []
    formatted: list[str] = []
    unknown: list[str] = []
    for literal, field, spec, conversion in parsed:
        pieces.append((literal, field))
        if field is None:
            continue
        if spec or conversion:
            formatted.append(field)
        if field != "table" and field not in _TEMPLATE_FIELDS:
            unknown.append(field)
    for field in formatted + unknown:
        known = "{table}, {yyyy}, {mm}, {dd} and {hh}"
        _refuse(template, f"has {{{field}}}, and only {known} have a meaning")
    return pieces


def _pattern(pieces: Sequence[tuple[str, str | None]], folder: str) -> str:
    written: list[str] = []
    seen: set[str] = set()
    for literal, field in pieces:
        written.append(re.escape(literal))
        if field == "table":
            written.append(re.escape(folder))
        elif field in seen:
            written.append(f"(?P={field})")
        elif field is not None:
            seen.add(field)
            written.append(f"(?P<{field}>{_TEMPLATE_FIELDS[field]})")
    below = "".join(written).removeprefix(re.escape(folder) + "/")
    ends_with_digits = pieces[-1][1] is not None
    if ends_with_digits:
        below += r"(?!\d)"
    return below


def _refuse(template: str, fault: str, cause: Exception | None = None) -> NoReturn:
    raise ConfigurationError(
        f'The layout {template!r} {fault}. Write auto, or a template such as "{EXAMPLE}".'
    ) from cause
