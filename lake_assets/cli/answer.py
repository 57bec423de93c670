"""What a command answers to machines: an exit status, and JSON on stdout. What people read is `display`'s."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from lake_assets.progress import Settled

ALL_WELL, NEEDS_ATTENTION, UNUSABLE = 0, 1, 2
STOPPED = 130  # what shells give a command that Ctrl-C ended: 128 and the number of SIGINT


def exit_status(outcomes: Sequence["Settled"]) -> int:
    """Give 0 if no table-hour needs attention, else 1."""
    from lake_assets.states.state import FINE  # noqa: PLC0415 - slow to import, and --help reads this module

    return ALL_WELL if all(outcome.state in FINE for outcome in outcomes) else NEEDS_ATTENTION


def write_table_hours(outcomes: Sequence["Settled"]) -> None:
    """Write table-hours to stdout as JSON; `docs/commands.md` explains the fields."""
    write_json({"table_hours": [_as_row(outcome) for outcome in outcomes]})


def write_json(data: object) -> None:
    """Write data to stdout as JSON; hours as 2018-09-06T10:00:00Z, bytes as hexadecimal digits."""
    every_character = (sys.stdout.encoding or "").lower() in {"utf-8", "utf8"}
    click.echo(json.dumps(data, indent=2, default=_plain, ensure_ascii=not every_character))


def _as_row(outcome: "Settled") -> dict[str, object]:
    return {
        "table": outcome.table,
        "hour": outcome.hour,
        "state": outcome.state,
        **vars(outcome.counts),
        "note": outcome.note,
    }


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
