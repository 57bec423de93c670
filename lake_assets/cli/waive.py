"""`lake-assets waive`: which table-hours a person may accept, and how Dagster is told.

Whether a waiver still holds is found out in `checks.row_count`; what is kept of it is `ledger.waivers`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import click
import psycopg

from lake_assets.catalog.models import Table
from lake_assets.checks.row_count import judge_hours
from lake_assets.cli.alerts.round import prepare_alerts, tell_alerts
from lake_assets.cli.check import check_again
from lake_assets.cli.context import Context, open_context
from lake_assets.cli.exit_status import status_of_table_hours
from lake_assets.cli.output.console import stderr_console
from lake_assets.cli.output.json_document import write_table_hours
from lake_assets.cli.output.progress_bar import with_progress
from lake_assets.cli.output.summary import summarize
from lake_assets.cli.selected_hours import HoursOfTables, SelectedHours, select_hours
from lake_assets.cli.selection import Selection
from lake_assets.cli.user import user_name
from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.lake.objects import LakeObject
from lake_assets.ledger.table_hours import read_hours
from lake_assets.ledger.waivers import Waiving, waive
from lake_assets.progress import Settled
from lake_assets.states import sentences
from lake_assets.states.decide import Verdict
from lake_assets.states.records import LedgerHour

CHANGED_MEANWHILE = "it has changed while it was being waived; run the command again"


@dataclass(frozen=True)
class Reason:
    """Why hours are accepted, and by whom."""

    why: str
    who: str


@dataclass
class Accepted:
    """What became of the hours that a person wanted to accept.

    Attributes:
        waived: the hours of each table that are waived by this command.
        others: the hours that are not, each with what it is; it may have been waived before.
    """

    waived: HoursOfTables = field(default_factory=dict)
    others: list[Settled] = field(default_factory=list)

    @property
    def has_waived_hours(self) -> bool:
        """Whether any hour is waived now."""
        was_waived_before = any(other.state == "waived" for other in self.others)
        return was_waived_before or any(self.waived.values())


def run(
    name: str,
    hour: datetime | None,
    first: datetime | None,
    end: datetime | None,
    *,
    why: str,
    who: str | None,
    as_json: bool,
) -> int:
    """Accept the hours of a range that may be, or a single hour, and return the exit status.

    Raises:
        click.UsageError: neither an hour nor a range was given, or both, or no reason.
        ConfigurationError: no hour can be waived.
    """
    selection = _selection(name, hour, first, end)
    if not why.strip():
        raise click.UsageError("--why is empty: say why the hour is accepted.")
    reason = Reason(why=why.strip(), who=who or _user())
    with open_context() as context:
        wanted = select_hours(context, selection)
        context.reach()
        prepare_alerts(context)
        accepted = _accept(context, wanted, reason)
        if not accepted.has_waived_hours:
            raise ConfigurationError(_nothing_to_waive(accepted.others))
        outcomes = [*check_again(context, accepted.waived), *accepted.others]
        tell_alerts(context)
    summarize(stderr_console(), outcomes, nothing="")
    if as_json:
        write_table_hours(outcomes)
    return status_of_table_hours(outcomes)


def _selection(name: str, hour: datetime | None, first: datetime | None, end: datetime | None) -> Selection:
    of_range = Selection(names=[name], first=first, end=end)
    if hour is None and of_range.has_range:
        return of_range
    if hour is not None and not of_range.has_range:
        return Selection(names=[name], first=hour, end=hour + ONE_HOUR)
    raise click.UsageError("Give HOUR, or a range with --from and --to.")


def _accept(context: Context, wanted: SelectedHours, reason: Reason) -> Accepted:
    accepted = Accepted()
    with context.connect() as connection:
        for table, hours in with_progress(list(wanted.of_tables.items()), "listing tables"):
            seen = _look_at(connection, context, table, hours)
            waived = waive(connection, table, seen.waivable, why=reason.why, who=reason.who)
            accepted.waived[table] = waived
            accepted.others += seen.without(waived)
    return accepted


@dataclass(frozen=True)
class SeenHours:
    """The hours of a table, each with its state and the files it has now.

    Attributes:
        table: the table.
        known: the hours as the ledger has them.
        listed: their files as the lake has them.
        verdicts: their states.
    """

    table: Table
    known: Mapping[datetime, LedgerHour]
    listed: Mapping[datetime, Sequence[LakeObject]]
    verdicts: Sequence[Verdict]

    @property
    def waivable(self) -> list[Waiving]:
        """The hours that may be waived."""
        return [self._waiving(verdict) for verdict in self.verdicts if self._may_be_waived(verdict)]

    def _may_be_waived(self, verdict: Verdict) -> bool:
        """Return whether an hour may be waived; one without records is meant only if it is named alone."""
        is_named_alone = len(self.verdicts) == 1
        return verdict.is_waivable or (is_named_alone and verdict.is_empty)

    def _waiving(self, verdict: Verdict) -> Waiving:
        known = self.known.get(verdict.hour)
        files = self.listed.get(verdict.hour, ())
        return Waiving(
            hour=verdict.hour,
            state=verdict.state,
            reason=sentences.why(verdict),
            files={file.key: file.etag for file in files},
            known_since=known.updated_at if known else None,
        )

    def without(self, waived: Sequence[datetime]) -> list[Settled]:
        """Return what the hours are that were not waived."""
        return [_not_waived(self.table, verdict) for verdict in self.verdicts if verdict.hour not in waived]


def _look_at(
    connection: psycopg.Connection, context: Context, table: Table, hours: Sequence[datetime]
) -> SeenHours:
    """Return hours as they are now.

    Ledger and lake are read before the states are worked out from them anew: what changes in between is found
    to differ from what was read, and so never waived unseen.
    """
    first, end = hours[0], hours[-1] + ONE_HOUR
    known = read_hours(connection, table, first, end)
    listed = context.lake.list_table(table.source_folder, table, first, end).by_hour()
    verdicts = judge_hours(connection, context.lake, table, hours)
    return SeenHours(table=table, known=known, listed=listed, verdicts=verdicts)


def _not_waived(table: Table, verdict: Verdict) -> Settled:
    note = CHANGED_MEANWHILE if verdict.is_waivable else sentences.why(verdict)
    return Settled(
        table=table.qualified, hour=verdict.hour, state=verdict.state, counts=verdict.counts, note=note
    )


def _nothing_to_waive(others: Sequence[Settled]) -> str:
    said = "No hour of the range is missing or failed, or without its files."
    if len(others) == 1:
        (other,) = others
        note = f" ({other.note})" if other.note else ""
        said = f"{other.table} {format_hour(other.hour)} is {other.state}{note}."
    return (
        f"{said} Only hours that are missing or failed, or whose files vanished, can be waived; "
        "`lake-assets status` shows them."
    )


def _user() -> str:
    name = user_name()
    if name is None:
        raise ConfigurationError("This computer does not know your name. Give it: --by NAME.")
    return name
