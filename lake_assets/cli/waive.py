"""`lake-assets waive`: which table-hours a person may accept, and how Dagster is told.

Whether a waiver still holds is found out in `checks.row_count`; what is kept of it is `ledger.waivers`.
"""

import getpass
from collections.abc import Sequence
from datetime import datetime

import click
import psycopg

from lake_assets.catalog.models import Table
from lake_assets.checks.row_count import judge_hours
from lake_assets.cli.alerts import look_after, tell_all
from lake_assets.cli.answer import exit_status, write_table_hours
from lake_assets.cli.check import check_through_dagster
from lake_assets.cli.context import Context, hours_of, open_context
from lake_assets.cli.display import summarize, talk, watched
from lake_assets.exceptions import ConfigurationError
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.ledger.table_hours import read_hours
from lake_assets.ledger.waivers import Waiving, waive
from lake_assets.progress import Settled
from lake_assets.states.decide import Verdict
from lake_assets.states.sentences import why
from lake_assets.states.state import WAIVABLE

MEANWHILE = "it has changed while it was being waived; run the command again"


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
    """Accept the missing and failed hours of a range, or a single hour; give the exit status."""
    if (hour is None) == (first is None and end is None):
        raise click.UsageError("Give HOUR, or a range with --from and --to.")
    if not why.strip():
        raise click.UsageError("--why is empty: say why the hour is accepted.")
    by = who or _user()
    with open_context() as place:
        wanted = hours_of(place, [name], hour or first, hour + ONE_HOUR if hour else end)
        place.reach()
        look_after(place)
        waived: dict[Table, list[datetime]] = {}
        others: list[Settled] = []
        with place.connect() as connection:
            for table, hours in watched([entry for entry in wanted.items() if entry[1]], "listing tables"):
                judged = _Judged(connection, place, table, hours)
                waived[table] = waive(connection, table, judged.waivable, why=why.strip(), who=by)
                others += judged.others(waived[table])
        if not any(waived.values()) and not any(other.state == "waived" for other in others):
            raise ConfigurationError(_nothing_to_waive(others))
        outcomes = [*_tell_dagster(place, waived), *others]
        tell_all(place)
    summarize(talk(), outcomes, "")
    if as_json:
        write_table_hours(outcomes)
    return exit_status(outcomes)


class _Judged:
    """The hours of a table, each with its state and the files it has now.

    Ledger and lake are read before the states are worked out from them anew: what changes in between is found
    to differ from what was read, and so never waived unseen.
    """

    def __init__(
        self, connection: psycopg.Connection, place: Context, table: Table, hours: Sequence[datetime]
    ) -> None:
        self._table = table
        first, end = hours[0], hours[-1] + ONE_HOUR
        self._known = read_hours(connection, table, first, end)
        self._listed = place.lake.list_table(table.source_folder, table, first, end).by_hour()
        self._judged = judge_hours(connection, place.lake, table, hours)

    @property
    def waivable(self) -> list[Waiving]:
        """The hours that may be waived."""
        return [self._waiving(result) for result in self._judged if result.state in WAIVABLE]

    def others(self, waived: Sequence[datetime]) -> list[Settled]:
        """Say what the hours are that were not waived."""
        return [
            Settled(
                self._table.qualified,
                result.hour,
                result.state,
                result.counts,
                MEANWHILE if result.state in WAIVABLE else why(result),
            )
            for result in self._judged
            if result.hour not in waived
        ]

    def _waiving(self, result: Verdict) -> Waiving:
        known = self._known.get(result.hour)
        return Waiving(
            result.hour,
            result.state,
            why(result),
            {file.key: file.etag for file in self._listed.get(result.hour, ())},
            known.updated_at if known else None,
        )


def _tell_dagster(place: Context, waived: dict[Table, list[datetime]]) -> list[Settled]:
    """Let Dagster's checks of the waived hours turn green, tables with the same hours together."""
    together: dict[tuple[str, ...], list[str]] = {}
    for table, hours in waived.items():
        if hours:
            together.setdefault(tuple(map(format_hour, hours)), []).append(table.qualified)
    return [
        outcome
        for hours, names in together.items()
        for outcome in check_through_dagster(
            place, {"tables": names, "hours": list(hours)}, len(names) * len(hours)
        )
    ]


def _nothing_to_waive(others: Sequence[Settled]) -> str:
    if len(others) == 1:
        (other,) = others
        why = f" ({other.note})" if other.note else ""
        said = f"{other.table} {format_hour(other.hour)} is {other.state}{why}."
    else:
        said = "No hour of the range is missing or failed."
    return f"{said} Only hours that are missing or failed can be waived; `lake-assets status` shows them."


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, ImportError, OSError) as error:
        raise ConfigurationError("This computer does not know your name. Give it: --by NAME.") from error
