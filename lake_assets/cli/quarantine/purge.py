"""`lake-assets quarantine purge`: the bytes of old records are emptied; all else of them stays."""

from collections.abc import Sequence
from datetime import timedelta

from lake_assets.cli.context import open_context
from lake_assets.cli.exit_status import ALL_WELL
from lake_assets.cli.output.console import print_line, stderr_console
from lake_assets.cli.output.json_document import write_json
from lake_assets.ledger.quarantine import purge
from lake_assets.pluralize import pluralize


def run(names: Sequence[str], older_than: timedelta, *, as_json: bool) -> int:
    """Empty the bytes of old records, and return exit status 0."""
    with open_context() as context, context.connect() as connection:
        purged = purge(connection, context.catalog.select(names), older_than)
    if as_json:
        write_json({"purged": purged})
    records = pluralize(purged, "record")
    print_line(stderr_console(), f"The bytes of {records} were emptied; all else of them stays.")
    return ALL_WELL
