"""Findings: what is odd and is no state of a table-hour. They open when seen and close when seen no more.

`lake_assets.findings` holds them, as facts. What is looked for belongs to `finding_rules`, what people read
of a finding to `finding_sentences`, who is told of it to the alerts.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from lake_assets.monitor.finding_sentences import finding_sentence
from lake_assets.postgres import holdable, statement

Kind = Literal[
    "unknown_source", "unknown_table", "no_folder", "silent_source", "suspended_table", "load_hole",
    "volume", "stranger", "changing_file", "dms_task", "dms_endpoint", "dms_control",
    "column_vanished", "column_new", "header_doubt",
    "loose_objects", "mixed_changes", "wrong_level",
    "old_definitions",
    "empty_hours",
]  # fmt: skip

OF_WHOLE_LISTING: tuple[Kind, ...] = ("stranger", "load_hole")
"""The kinds that only a listing of all of a table's folder can close."""


@dataclass(frozen=True)
class Finding:
    """One thing that is odd.

    Attributes:
        kind: what it is.
        details: its figures and names, as JSON holds them.
        table_name: the table; empty where it is about the source.
        hour: the hour, where it is about one.
        subject: what tells it from others of its kind, such as a folder.
    """

    kind: Kind
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)
    table_name: str = ""
    hour: datetime | None = None
    subject: str = ""

    @property
    def note(self) -> str:
        """What people read of it: the figures, and what to do."""
        return finding_sentence(self.kind, self.details)


@dataclass(frozen=True)
class OpenFinding:
    """A finding as `lake_assets.findings` has it."""

    kind: str
    source: str
    table_name: str
    hour: datetime | None
    subject: str
    evidence: Mapping[str, Any]
    found_at: datetime

    @property
    def note(self) -> str:
        """What people read of it: the figures, and what to do."""
        return finding_sentence(self.kind, self.evidence)


def settle_findings(
    connection: psycopg.Connection,
    source: str,
    seen: Iterable[Finding],
    looked_for: Collection[Kind],
    now: datetime,
    in_part: Collection[str] = (),
) -> None:
    """Open what is new, and close what was looked for and is there no more.

    Args:
        connection: a session of the warehouse.
        source: the source's name; empty for the lake as a whole.
        seen: all that was found.
        looked_for: the kinds that `seen` is complete in.
        now: the present moment.
        in_part: tables that were not listed whole; their unmatched objects and holes stay open.
    """
    distinct = {(one.kind, one.table_name, one.hour, one.subject): one for one in seen}
    found = list(distinct.values())
    values = {
        "source": source,
        "now": now,
        "looked_for": list(looked_for),
        "of_whole": list(OF_WHOLE_LISTING),
        "in_part": list(in_part),
        "kinds": [one.kind for one in found],
        "tables": [one.table_name for one in found],
        "hours": [one.hour for one in found],
        "subjects": [one.subject for one in found],
        "evidences": [Jsonb(dict(one.details)) for one in found],
        "notes": [holdable(one.note) for one in found],
    }
    with connection.transaction():
        connection.execute(statement(__package__, "close_findings"), values)
        connection.execute(statement(__package__, "open_findings"), values)


def read_findings(connection: psycopg.Connection) -> list[OpenFinding]:
    """Return the open findings, oldest first."""
    with connection.cursor(row_factory=class_row(OpenFinding)) as cursor:
        return cursor.execute(statement(__package__, "read_findings")).fetchall()
