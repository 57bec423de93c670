"""What AWS DMS says of itself in the lake: its control tables, read as evidence and never loaded.

`awsdms_suspended_tables`, `awsdms_status` and `awsdms_history` come as CSV, in the source's folder or at the
lake's top, where their settings (`SuspendedTablesTableEnabled` and its like) are on. Their columns are those
of the DMS guide, "Using the AWS DMS control tables". What follows from them is `monitor.testimony`'s to say.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lake_assets.exceptions import LakeError
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.readers.decode import decode
from lake_assets.readers.first_bytes import packing_of, refuse_unread

STATUS = (
    "SERVER_NAME", "TASK_NAME", "TASK_STATUS", "STATUS_TIME", "PENDING_CHANGES", "DISK_SWAP_SIZE",
    "TASK_MEMORY", "SOURCE_CURRENT_POSITION", "SOURCE_CURRENT_TIMESTAMP", "SOURCE_TAIL_POSITION",
    "SOURCE_TAIL_TIMESTAMP", "SOURCE_TIMESTAMP_APPLIED",
)  # fmt: skip
SUSPENDED = (
    "SERVER_NAME", "TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "SUSPEND_REASON", "SUSPEND_TIMESTAMP",
)  # fmt: skip
HISTORY = (
    "SERVER_NAME", "TASK_NAME", "TIMESLOT_TYPE", "TIMESLOT", "TIMESLOT_DURATION", "TIMESLOT_LATENCY",
    "RECORDS", "TIMESLOT_VOLUME",
)  # fmt: skip

APPLIED = "SOURCE_TIMESTAMP_APPLIED"
NOT_RUNNING = "NOT RUNNING"

LOOK_BACK = timedelta(days=3)
MOST_FILES = 500  # of one control table, the newest
MOST_BYTES = 4 << 20  # of one file of it

Row = Mapping[str, str]


@dataclass(frozen=True)
class Suspension:
    """A table that DMS has stopped to replicate: names as in the source, when and why."""

    owner: str
    table: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Slot:
    """A stretch of time of a task, and how many records DMS moved in it."""

    task: str
    start: datetime
    end: datetime
    records: int


@dataclass(frozen=True)
class ControlTables:
    """What DMS's control tables say.

    Attributes:
        suspensions: every suspension on record, the newest of each table.
        applied: for each task, the moment up to which it has applied what was committed at the source.
        stopped: tasks that do not run, by their newest status.
        slots: the history's time slots.
        troubles: files that could not be read, and why.
    """

    suspensions: tuple[Suspension, ...] = ()
    applied: Mapping[str, datetime] = field(default_factory=dict)
    stopped: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()
    troubles: tuple[str, ...] = ()


def read_control_tables(lake: Lake, source_folder: str, now: datetime) -> ControlTables:
    """Return what the control tables of a source say: those in its folder, and those at the lake's top.

    Args:
        lake: the lake.
        source_folder: the source's folder.
        now: the present moment; status and history are read for the three days before it.
    """
    reader = _Reader(lake=lake, source_folder=source_folder, since=f"{now - LOOK_BACK:%Y%m%d}")
    suspended = reader.read("awsdms_suspended_tables", SUSPENDED, behind="")
    newest = _newest(reader.read("awsdms_status", STATUS, behind=reader.since))
    history = reader.read("awsdms_history", HISTORY, behind=reader.since)
    return ControlTables(
        suspensions=tuple(_suspensions(suspended)),
        applied=_applied(newest),
        stopped=_stopped(newest),
        slots=tuple(_slots(history)),
        troubles=tuple(reader.troubles),
    )


@dataclass
class _Reader:
    """Reads control tables; what cannot be read is kept in `troubles`."""

    lake: Lake
    source_folder: str
    since: str
    troubles: list[str] = field(default_factory=list)

    def read(self, name: str, columns: Sequence[str], *, behind: str) -> list[Row]:
        """Return the records of a control table, from the source's folder and from the lake's top."""
        rows: list[Row] = []
        for folder in (f"{self.source_folder}/{name}", name):
            for item in self.lake.list_control(folder, behind=behind)[-MOST_FILES:]:
                rows += self._read_file(item, columns)
        return rows

    def _read_file(self, item: LakeObject, columns: Sequence[str]) -> Iterator[Row]:
        url = self.lake.url(item)
        if item.size > MOST_BYTES:
            self.troubles.append(f"{url}: {item.size} bytes are too many for a control table")
            return
        try:
            yield from _parse(b"".join(self.lake.open(item)), columns)
        except (LakeError, csv.Error) as error:
            self.troubles.append(f"{url}: {error}")


def _parse(data: bytes, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the records of a file; with or without header, Op column and a column of the time before them."""
    refuse_unread(data)
    unpacked = decode([data], packing_of(data), "utf-8")
    text = b"".join(unpacked).decode("utf-8", errors="replace")
    names: Sequence[str] | None = None
    for record in csv.reader(io.StringIO(text, newline="")):
        upper = [cell.strip().upper() for cell in record]
        if columns[1] in upper:
            names = upper
        elif names is not None and len(record) == len(names):
            yield dict(zip(names, record, strict=True))
        elif len(record) >= len(columns):
            ahead = len(record) - len(columns)
            yield {"OP": record[0] if ahead else "I"} | dict(zip(columns, record[ahead:], strict=True))


def _moment(text: str) -> datetime | None:
    """Return a time of DMS's, in UTC where it does not say otherwise."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _is_deletion(row: Row) -> bool:
    return row.get("OP", "I").upper() == "D"


def _suspensions(rows: Sequence[Row]) -> Iterator[Suspension]:
    newest: dict[tuple[str, str], Suspension] = {}
    for row in rows:
        owner, table = key = (row.get("TABLE_OWNER", ""), row.get("TABLE_NAME", ""))
        if _is_deletion(row):
            newest.pop(key, None)
            continue
        at = _moment(row.get("SUSPEND_TIMESTAMP", ""))
        known = newest.get(key)
        if at and (known is None or known.at <= at):
            reason = row.get("SUSPEND_REASON", "").strip()
            newest[key] = Suspension(owner=owner, table=table, at=at, reason=reason)
    yield from newest.values()


def _newest(rows: Sequence[Row]) -> dict[str, Row]:
    """Return the newest status of each task."""
    told_at: dict[str, datetime] = {}
    newest: dict[str, Row] = {}
    for row in rows:
        told = _moment(row.get("STATUS_TIME", ""))
        if told is None or _is_deletion(row):
            continue
        task = row.get("TASK_NAME", "")
        if task not in newest or told_at[task] <= told:
            told_at[task], newest[task] = told, row
    return newest


def _applied(newest: Mapping[str, Row]) -> dict[str, datetime]:
    applied = {}
    for task, row in newest.items():
        moment = _moment(row.get(APPLIED, ""))
        if moment:
            applied[task] = moment
    return applied


def _stopped(newest: Mapping[str, Row]) -> tuple[str, ...]:
    return tuple(task for task, row in newest.items() if row.get("TASK_STATUS", "").upper() == NOT_RUNNING)


def _slots(rows: Sequence[Row]) -> Iterator[Slot]:
    for row in rows:
        start = _moment(row.get("TIMESLOT", ""))
        minutes = row.get("TIMESLOT_DURATION", "").strip()
        records = row.get("RECORDS", "").strip()
        if start and minutes.isdigit() and records.isdigit():
            end = start + timedelta(minutes=int(minutes))
            yield Slot(task=row.get("TASK_NAME", ""), start=start, end=end, records=int(records))
