"""`lake-assets quarantine list`: the records that could not be loaded, each with its reason."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from lake_assets.cli.context import open_context
from lake_assets.cli.exit_status import exit_status
from lake_assets.cli.output.console import print_line, stderr_console, stdout_console
from lake_assets.cli.output.json_document import write_json
from lake_assets.cli.selected_hours import select_hours
from lake_assets.cli.selection import Selection
from lake_assets.escapes import escape_unprintable
from lake_assets.hours import format_hour
from lake_assets.ledger.quarantine import count_listed, list_quarantine
from lake_assets.pluralize import pluralize

MOST_RECORDS = 100
"""Records in a terminal, unless --limit says otherwise."""

MOST_OF_VALUE = 60
"""Characters of a value in a terminal; --json has all of it."""

MOST_OF_REASON = 160
"""Characters of a reason, which may quote the value."""

BYTES_A_CHARACTER = 4
"""What UTF-8 takes at most."""

REASON_INDENT = 4

Record = Mapping[str, Any]
"""A row of `lake_assets.quarantine`."""


def run(selection: Selection, *, limit: int | None, as_json: bool) -> int:
    """List quarantined records, and return exit status 1 if there are any."""
    most = limit
    if most is None and not as_json:
        most = MOST_RECORDS
    with open_context() as context:
        wanted = select_hours(context, selection)
        with context.connect() as connection:
            records = list_quarantine(connection, wanted.tables, wanted.first, wanted.end, limit=most)
            total = count_listed(connection, wanted.tables, wanted.first, wanted.end)
    if as_json:
        write_json({"quarantine": records})
    else:
        show_records(records)
    print_line(stderr_console(), _summary(total=total, listed=len(records)))
    return exit_status(needs_attention=total > 0)


def _summary(*, total: int, listed: int) -> str:
    if not total:
        return "Quarantine is empty."
    records = pluralize(total, "record")
    if listed < total:
        return f"{listed:,} of {records}. Narrow the list with TABLE, --from and --to, or raise --limit."
    return f"{records} in quarantine."


def show_records(records: Sequence[Record]) -> None:
    """Write quarantined records to stdout, two lines each: where it came from, and what is wrong with it."""
    console = stdout_console()
    for record in records:
        print_line(console, _origin(record))
        print_line(console, _fault(record), indent=REASON_INDENT)


def _origin(record: Record) -> Text:
    table = f"{record['source']}.{record['table_name']}"
    file = escape_unprintable(record["key"].rsplit("/", 1)[-1])
    refused = " (its whole load was refused)" if record["refused"] else ""
    return Text.assemble(
        (f"{table} {format_hour(record['hour'])}", "bold"),
        f"  {file} record {record['record']}",
        (refused, "red"),
        (_age(record), "dim"),
    )


def _age(record: Record) -> str:
    if record["retried_at"] is None:
        return ""
    return f", since {record['quarantined_at']:%Y-%m-%dT%H:%M}, tried {record['retried_at']:%Y-%m-%dT%H:%M}"


def _fault(record: Record) -> Text:
    reason = escape_unprintable(_shortened(record["reason"], MOST_OF_REASON))
    return Text.assemble((_value(record), "yellow"), f": {reason}")


def _value(record: Record) -> str:
    """Return the column and its value; of a record that has none the beginning of its bytes."""
    value = record["value"]
    if value is None and record["raw_purged_at"] is not None:
        return "(its bytes were purged)"
    if value is None:
        beginning = record["raw"][: BYTES_A_CHARACTER * MOST_OF_VALUE]
        value = beginning.decode(errors="replace")
    column = ""
    if record["column_name"]:
        column = f"{escape_unprintable(record['column_name'])} = "
    return column + repr(_shortened(value, MOST_OF_VALUE))


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[: most - 1] + "…"
