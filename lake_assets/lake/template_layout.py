"""A tree of folders that the catalog describes, such as `{table}/{yyyy}/{mm}/{dd}/{hh}/`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import NoReturn
from zoneinfo import ZoneInfo

from lake_assets.exceptions import ConfigurationError
from lake_assets.lake.dates import read_time
from lake_assets.lake.local_time import to_utc_hour
from lake_assets.lake.objects import Kind
from lake_assets.lake.placement import (
    EXAMPLE,
    LOAD_NAME,
    Placed,
    Unknown,
    is_control,
    is_hidden,
    is_never_data,
    not_loaded,
)

_TEMPLATE_FIELDS = {"yyyy": r"20\d\d", "mm": r"\d\d", "dd": r"\d\d", "hh": r"\d\d"}


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
        if is_never_data(name, may_be_hidden=True) or is_control(folder):
            return None
        match = self.pattern.match(below)
        if match is None:
            if is_hidden(below):
                return None
            return Unknown(f"its key does not match the layout {self.template!r}")
        if is_hidden(_rest_behind(match[0], below)):
            return None
        day = match["yyyy"] + match["mm"] + match["dd"]
        hour = match.groupdict().get("hh", "00")
        moment = read_time(day, f"{hour}0000")
        if moment is None:
            return Unknown(f"{match[0]!r} in its key holds no time that exists")
        kind: Kind = "full" if LOAD_NAME.fullmatch(name) else "cdc"
        return not_loaded(name) or Placed(hour=to_utc_hour(moment, self.zone), kind=kind)

    @classmethod
    def of(cls, template: str, folder: str, zone: ZoneInfo) -> "TemplateLayout":
        """Read a template.

        Args:
            template: as the catalog has it.
            folder: the table's folder, which `{table}` stands for.
            zone: the time zone of the times in folders.

        Raises:
            ConfigurationError: the template cannot tell an hour.
        """
        return cls(zone=zone, template=template, folder=folder, pattern=_compile(template, folder))

    def prefix_of(self, local: datetime) -> str:
        """Return how keys of this local hour begin, below the table's folder."""
        filled = self.template.format(
            table=self.folder, yyyy=f"{local:%Y}", mm=f"{local:%m}", dd=f"{local:%d}", hh=f"{local:%H}"
        )
        return filled[len(self.folder) + 1 :]


def _rest_behind(matched: str, below: str) -> str:
    """Return what stands behind the folders and the name that a template has matched, if only in part."""
    told = matched.count("/")
    if not matched.endswith("/"):
        told += 1
    return "/".join(below.split("/")[told:])


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
