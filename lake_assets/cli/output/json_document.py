"""What machines read: the one JSON document that a command with --json writes to stdout."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime

import click

from lake_assets.progress import Settled

DELETE, DELETE_ESCAPED = "\x7f", "\\u007f"
"""The one control character that Python's json leaves as it is."""


def write_table_hours(outcomes: Sequence[Settled]) -> None:
    """Write table-hours to stdout as JSON; `docs/commands.md` explains the fields."""
    write_json({"table_hours": [table_hour_row(outcome) for outcome in outcomes]})


def write_json(data: object) -> None:
    """Write data to stdout as JSON; hours as 2018-09-06T10:00:00Z, bytes as hexadecimal digits."""
    takes_every_character = (sys.stdout.encoding or "").lower() in {"utf-8", "utf8"}
    document = json.dumps(data, indent=2, default=_plain, ensure_ascii=not takes_every_character)
    click.echo("\n".join(_escape_unprintable(line) for line in document.split("\n")))


def _escape_unprintable(line: str) -> str:
    """Return a line of JSON of the same value, in which no character can steer a terminal or hide."""
    if line.isprintable():
        return line
    return "".join(character if character.isprintable() else _escape(character) for character in line)


def _escape(character: str) -> str:
    if character == DELETE:
        return DELETE_ESCAPED
    return json.dumps(character)[1:-1]


def table_hour_row(outcome: Settled) -> dict[str, object]:
    """Return a table-hour as --json writes it."""
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
