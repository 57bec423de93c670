"""`lake-assets quarantine list` and `purge`: the records that could not be loaded.

Loading them again is `retry`'s, writing them to files `export`'s.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.text import Text

from lake_assets.catalog.models import Table
from lake_assets.cli.answer import ALL_WELL, NEEDS_ATTENTION, write_json
from lake_assets.cli.context import Context, hours_of, open_context
from lake_assets.cli.display import data, one_line, say, talk
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.ledger.quarantine import count_listed, list_quarantine, purge
from lake_assets.pluralize import pluralize

SHOWN = 100  # records in a terminal, unless --limit says otherwise
SHOWN_VALUE = 60  # characters of a value in a terminal; --json has all of it
SHOWN_REASON = 160  # of a reason, which may quote the value


def run_list(
    names: Sequence[str],
    first: datetime | None,
    end: datetime | None,
    *,
    limit: int | None,
    as_json: bool,
) -> int:
    """List quarantined records; give exit status 1 if there are any."""
    with open_context() as place:
        wanted, start, stop = range_of(place, names, first, end)
        most = limit or (None if as_json else SHOWN)
        with place.connect() as connection:
            rows = list_quarantine(connection, wanted, start, stop, limit=most)
            total = count_listed(connection, wanted, start, stop)
    if as_json:
        write_json({"quarantine": rows})
    else:
        show(rows)
    _tell(total, len(rows))
    return NEEDS_ATTENTION if total else ALL_WELL


def range_of(
    place: Context, names: Sequence[str], first: datetime | None, end: datetime | None
) -> tuple[dict[Table, list[datetime]], datetime, datetime]:
    """Give the tables that people named, each with its hours in the range, and the range as a whole.

    Raises:
        ConfigurationError: a name is unknown, or no table has an hour in the range.
    """
    wanted = {table: hours for table, hours in hours_of(place, names, first, end).items() if hours}
    start = min(hours[0] for hours in wanted.values())
    return wanted, start, max(hours[-1] for hours in wanted.values()) + ONE_HOUR


def run_purge(names: Sequence[str], older_than: timedelta, *, as_json: bool) -> int:
    """Empty the bytes of old records; give exit status 0."""
    with open_context() as place, place.connect() as connection:
        purged = purge(connection, place.catalog.select(names), older_than)
    if as_json:
        write_json({"purged": purged})
    say(talk(), f"The bytes of {pluralize(purged, 'record')} were emptied; all else of them stays.")
    return ALL_WELL


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Show quarantined records on stdout, two lines each: where it came from, and what is wrong with it."""
    console = data()
    for row in rows:
        table = f"{row['source']}.{row['table_name']}"
        file = one_line(row["key"].rsplit("/", 1)[-1])
        say(
            console,
            Text.assemble(
                (f"{table} {format_hour(row['hour'])}", "bold"),
                f"  {file} record {row['record']}",
                (" (its whole load was refused)" if row["refused"] else "", "red"),
                (_age(row), "dim"),
            ),
        )
        why = Text.assemble((_value(row), "yellow"), f": {one_line(_short(row['reason'], SHOWN_REASON))}")
        say(console, why, indent=4)


def _age(row: dict[str, Any]) -> str:
    if row["retried_at"] is None:
        return ""
    return f", since {row['quarantined_at']:%Y-%m-%dT%H:%M}, tried {row['retried_at']:%Y-%m-%dT%H:%M}"


def _value(row: dict[str, Any]) -> str:
    if row["value"] is None and row["raw_purged_at"] is not None:
        return "(its bytes were purged)"
    name = f"{one_line(row['column_name'])} = " if row["column_name"] else ""
    raw = row["raw"][: 4 * SHOWN_VALUE]  # UTF-8 takes up to four bytes a character
    value = raw.decode(errors="replace") if row["value"] is None else row["value"]
    return name + repr(_short(value, SHOWN_VALUE))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _tell(total: int, listed: int) -> None:
    console = talk()
    if not total:
        say(console, "Quarantine is empty.")
    elif listed < total:
        say(
            console,
            f"{listed:,} of {pluralize(total, 'record')}. Narrow the list with TABLE, --from and --to, or "
            "raise --limit.",
        )
    else:
        say(console, f"{pluralize(total, 'record')} in quarantine.")
