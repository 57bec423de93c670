"""`lake-assets quarantine`: the records that could not be loaded."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from lake_assets.cli.display import data, talk
from lake_assets.cli.main import FINE, NEEDS_ATTENTION, write_json
from lake_assets.cli.workplace import workplace
from lake_assets.hours import ONE_HOUR, floor_hour, format_hour
from lake_assets.ledger import ledger

SHOWN_VALUE = 60  # characters of a value that is shown in a terminal; --json has all of it


def run_list(
    names: Sequence[str], first: datetime | None, end: datetime | None, *, limit: int, as_json: bool
) -> int:
    """List quarantined records; give exit status 1 if there are any."""
    with workplace() as place:
        tables = place.catalog.select(names)
        start = min(place.catalog.source_of(table).start for table in tables)
        stop = floor_hour(datetime.now(UTC)) + ONE_HOUR
        with place.connect() as connection:
            rows = ledger.list_quarantine(connection, tables, first or start, end or stop)
    if as_json:
        write_json({"quarantine": rows})
    else:
        show(rows[:limit])
        if len(rows) > limit:
            talk().print(f"{len(rows) - limit} more; raise --limit, or narrow with TABLE, --from and --to.")
        if not rows:
            talk().print("Quarantine is empty.")
    return NEEDS_ATTENTION if rows else FINE


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Show quarantined records on stdout, two lines each: where it came from, and what is wrong with it."""
    console = data()
    for row in rows:
        table = f"{row['source']}.{row['table_name']}"
        file = row["key"].rsplit("/", 1)[-1]
        console.print(
            Text.assemble(
                (f"{table} {format_hour(row['hour'])}", "bold"),
                f"  {file} record {row['record']}",
                (" (its load was refused)" if row["refused"] else "", "red"),
            )
        )
        console.print(Text.assemble("    ", (_value(row), "yellow"), f": {row['reason']}"))


def _value(row: dict[str, Any]) -> str:
    name = f"{row['column_name']} = " if row["column_name"] else ""
    value = row["raw"].decode(errors="replace") if row["value"] is None else row["value"]
    return name + repr(value if len(value) <= SHOWN_VALUE else value[: SHOWN_VALUE - 1] + "…")
