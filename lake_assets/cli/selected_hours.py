"""The table-hours that a selection makes: each table that people named, with its hours in the range.

What is done with them belongs to the commands, and which of them need it to `monitor` and `checks`.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from lake_assets.catalog.models import Catalog, Table
from lake_assets.cli.context import Context
from lake_assets.cli.selection import Selection
from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import ONE_HOUR, format_hour

HoursOfTables = dict[Table, list[datetime]]
"""Tables, each with some of its hours, oldest first."""


@dataclass(frozen=True)
class SelectedHours:
    """The hours of each table that has any; there is at least one.

    Attributes:
        of_tables: the tables, each with its hours, oldest first.
    """

    of_tables: HoursOfTables

    @property
    def tables(self) -> Collection[Table]:
        """The tables."""
        return self.of_tables.keys()

    @property
    def first(self) -> datetime:
        """The first hour of all."""
        return min(hours[0] for hours in self.of_tables.values())

    @property
    def end(self) -> datetime:
        """The hour behind the last of all."""
        return max(hours[-1] for hours in self.of_tables.values()) + ONE_HOUR

    @property
    def count(self) -> int:
        """How many table-hours these are."""
        return sum(len(hours) for hours in self.of_tables.values())


def select_hours(context: Context, selection: Selection) -> SelectedHours:
    """Return the table-hours of a selection; a table without an hour in the range is left out.

    Args:
        context: what the command works with.
        selection: the tables and the range.

    Raises:
        ConfigurationError: a name is unknown, or no table has an hour in the range.
    """
    tables = context.catalog.select(selection.names)
    _refuse_empty_range(selection)
    # The tables of a source share one list: five years have 43,800 hours.
    one_of_each = {table.source: table for table in tables}
    of_source = {
        source: context.hours(table, selection.first, selection.end) for source, table in one_of_each.items()
    }
    of_tables = {table: of_source[table.source] for table in tables if of_source[table.source]}
    if not of_tables:
        raise ConfigurationError(_no_hour(context.catalog, tables, selection))
    return SelectedHours(of_tables=of_tables)


def _refuse_empty_range(selection: Selection) -> None:
    first, end = selection.first, selection.end
    if first is None or end is None or first < end:
        return
    raise ConfigurationError(
        f"The range from {format_hour(first)} to {format_hour(end)} holds no hour. "
        "Give a --to later than --from: it is the hour to stop before."
    )


def _no_hour(catalog: Catalog, tables: Iterable[Table], selection: Selection) -> str:
    first = format_hour(selection.first) if selection.first else "the start"
    end = format_hour(selection.end) if selection.end else "now"
    starts = {table.source: catalog.source_of(table).start for table in tables}
    known = ", ".join(f"{source} begins at {format_hour(start)}" for source, start in starts.items())
    return (
        f"No table has an hour between {first} and {end}: {known} (`start` in the catalog), and the last "
        "hour is the running one (UTC). Give another --from or --to."
    )


def tables_by_hours(of_tables: HoursOfTables) -> Iterator[tuple[list[Table], list[datetime]]]:
    """Yield tables that have the very same hours together, with these hours; those without are left out."""
    together: dict[tuple[datetime, ...], list[Table]] = {}
    for table, hours in of_tables.items():
        if hours:
            together.setdefault(tuple(hours), []).append(table)
    for same_hours, tables in together.items():
        yield tables, list(same_hours)
