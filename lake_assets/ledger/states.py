"""What state a table-hour is in: pure functions of what lake, ledger and clock say.

Gathering what they say belongs to `load.hour` and `checks.row_count`.
"""

from datetime import datetime, timedelta

from lake_assets.catalog.models import Table
from lake_assets.hours import ONE_HOUR
from lake_assets.ledger.ledger import LedgerHour, State

LAST_HOUR = 23

FINE: frozenset[State] = frozenset({"loaded", "quiet", "expected", "waived"})
"""The states that need nobody's attention."""

LETTERS: dict[State, str] = {
    "loaded": "=",
    "quarantined": "Q",
    "missing": "M",
    "failed": "F",
    "mismatch": "X",
    "stale": "S",
    "quiet": ".",
    "expected": "~",
    "waived": "w",
}
"""One letter a state, legible without colour."""

LOADABLE: frozenset[State] = frozenset({"failed", "mismatch", "stale"})
"""The states a load can mend; of a missing hour there is nothing to load."""

REMOVED = "removed from the lake since it was loaded"


def nothing_came(table: Table) -> str:
    """Say that an hour has no file."""
    return f"no file came, and one was due (expect: {table.expect})"


def removed(key: str, records: int) -> str:
    """Say that a file which was loaded is gone."""
    return f"{key}: {REMOVED} ({records} records)"


def says_removed(finding: str) -> bool:
    """Tell whether a finding, or a part of a note, is of a file that was loaded and is gone."""
    return REMOVED in finding


def lost_files(known: LedgerHour | None) -> list[str]:
    """Give what the note of a missing table-hour says of files that were loaded and are gone."""
    if known is None or known.state != "missing":
        return []
    return [part for part in (known.note or "").split("; ") if says_removed(part)]


def is_over(hour: datetime, now: datetime, grace: timedelta) -> bool:
    """Tell whether an hour and its grace are over, so that its files are due."""
    return now >= hour + ONE_HOUR + grace


def state_without_files(
    table: Table, hour: datetime, now: datetime, *, day_has_files: bool, lost: bool = False
) -> State:
    """Judge an hour for which the lake has no file.

    Args:
        table: the table as the catalog has it; its `expect` decides.
        hour: the hour (UTC).
        now: the present moment.
        day_has_files: another hour of the same UTC day has files; all that `expect: daily` asks for.
        lost: records of it were loaded from files that are gone since, so that somebody must look.
    """
    if not is_over(hour, now, table.grace):
        return "expected"
    if table.expect == "sparse":
        return "missing" if lost else "quiet"
    if table.expect == "daily" and (day_has_files or hour.hour != LAST_HOUR or _is_cut_short(table, hour)):
        return "quiet"
    return "missing"


def _is_cut_short(table: Table, hour: datetime) -> bool:
    """Tell whether an hour's day began before the source did: its file may have come in that part."""
    return table.start is not None and hour.replace(hour=0) < table.start


def why_not_loaded(table: Table) -> str | None:
    """Say why this version loads no hour of a table, and what to do; None where it does."""
    if table.load != "merge":
        return None
    return (
        f"{table.qualified} asks for load: merge, which is not loaded by this version. "
        "Write `load: append` or `load: snapshot` for it in the catalog."
    )
