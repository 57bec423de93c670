"""The outbox: causes, messages and deliveries, kept in the warehouse.

Causes and messages are written in the caller's transaction; a delivery is claimed, sent and marked in one of
its own, so that whatever dies in between sends again. What is told belongs to `causes` and `messages`,
sending to `receivers`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from lake_assets.alerts.incident import Incident
from lake_assets.alerts.kinds import kind_info
from lake_assets.alerts.messages import Message
from lake_assets.alerts.open_alert import OpenAlert, Step
from lake_assets.alerts.receivers import Receiver
from lake_assets.postgres import statement

ROUND = timedelta(seconds=30)
"""How long one round of deliveries begins new ones; Dagster ends a sensor's tick after 60 seconds."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
"""How long a message waits after a receiver failed once, and at most."""

MOST_DOUBLINGS = 10
"""Of the pause, which is at its longest by then: without an end the figure would grow past any clock."""

Row = dict[str, Any]
Send = Callable[[Receiver, Message, str], str | None]


@dataclass(frozen=True)
class Delivered:
    """How a round of deliveries went.

    Attributes:
        messages: how many messages a receiver took.
        errors: the services whose receivers did not, each with why.
        waiting: how many messages are still to be delivered.
    """

    messages: int = 0
    errors: tuple[str, ...] = ()
    waiting: int = 0


def read_open(connection: psycopg.Connection) -> list[OpenAlert]:
    """Return the alerts whose cause lasts, oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [_alert_of(row) for row in cursor.execute(statement(__package__, "read_open_alerts"))]


def _alert_of(row: Row) -> OpenAlert:
    return OpenAlert(
        id=row["id"],
        kind=row["kind"],
        source=row["source"],
        fingerprint=row["fingerprint"],
        opened_at=row["opened_at"],
        told_at=row["told_at"],
        told_hours=row["told_hours"],
        whole=row["whole"],
        members=tuple(_incident_of(member) for member in row["members"]),
        told=frozenset(tuple(key) for key in row["told"]),
    )


def _member_of(incident: Incident) -> Row:
    """Return what is kept of an incident: what tells it from others, and what its end is told with.

    Its facts are not: the ledger has them, and they hold values of data.
    """
    return {
        "kind": incident.kind,
        "source": incident.source,
        "table": incident.table,
        "dedup_key": incident.dedup_key,
        "fingerprint": incident.fingerprint,
        "first": _as_text(incident.first),
        "last": _as_text(incident.last),
        "hours": incident.hours,
        "codes": sorted(incident.codes),
        "subject": incident.subject,
        "label": incident.label,
    }


def _incident_of(member: Row) -> Incident:
    return Incident(
        kind=member["kind"],
        source=member["source"],
        table=member["table"],
        dedup_key=member["dedup_key"],
        fingerprint=member["fingerprint"],
        first=_as_moment(member["first"]),
        last=_as_moment(member["last"]),
        hours=member["hours"],
        codes=frozenset(member["codes"]),
        subject=member["subject"],
        label=member["label"],
    )


def _as_text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _as_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def keep(
    connection: psycopg.Connection, step: Step, now: datetime, message: Message, *, whole: bool = False
) -> None:
    """Write down what became of a cause, and the message that tells it, if it is to be told.

    Args:
        connection: a session in a transaction that holds the lock of the alerts.
        step: what became of it.
        now: the present moment.
        message: what the cause is about now, in words.
        whole: it is a whole source that delivers nothing.
    """
    values = _values(step, now, message, whole=whole)
    if step.alert is None:
        row = connection.execute(statement(__package__, "open_alert"), values).fetchone()
        values["id"] = row[0] if row else None
    elif step.over:
        ending = "close_alert" if step.event else "forget_alert"
        connection.execute(statement(__package__, ending), values)
    else:
        connection.execute(statement(__package__, "keep_alert"), values)
    if step.event is None:
        return
    connection.execute(statement(__package__, "write_message"), values)
    if not step.over:
        connection.execute(statement(__package__, "mark_told"), values)


def _values(step: Step, now: datetime, message: Message, *, whole: bool) -> Row:
    first = step.incidents[0]
    return {
        "id": step.alert.id if step.alert else None,
        "kind": step.kind,
        "source": first.source,
        "fingerprint": first.fingerprint,
        "severity": "failure" if kind_info(step.kind).is_urgent else "warning",
        "title": message.title,
        "body": message.body,
        "tables": sorted({incident.name for incident in step.incidents if incident.table}),
        "hours": step.hours,
        "members": Jsonb([_member_of(incident) for incident in step.incidents]),
        "told": Jsonb(sorted(step.told)),
        "event": step.event,
        "now": now,
        "whole": whole,
    }


def address(connection: psycopg.Connection, receivers: Sequence[Receiver], now: datetime) -> None:
    """Write down which messages each receiver is still to get."""
    for receiver in receivers:
        values: Row = {"receiver": receiver.id, "service": receiver.service, "now": now}
        connection.execute(statement(__package__, "add_receiver"), values)
    if receivers:
        values = {"receivers": [receiver.id for receiver in receivers], "now": now}
        connection.execute(statement(__package__, "address_messages"), values)


def deliver(
    connection: psycopg.Connection, receivers: Sequence[Receiver], now: datetime, send: Send
) -> Delivered:
    """Send what is due, oldest first, for half a minute at most; return how it went.

    A receiver that fails is left alone for the rest of the round; its message waits half a minute, then twice
    as long after each failure, up to a quarter of an hour, for ever.

    Args:
        connection: a session without an open transaction, each statement committed by itself.
        receivers: who is configured.
        now: the present moment.
        send: sends a message of a severity to a receiver; returns the error, if any.
    """
    able = {receiver.id: receiver for receiver in receivers}
    end = monotonic() + ROUND.total_seconds()
    messages = 0
    errors = []
    while able and monotonic() < end:
        outcome = _deliver_one(connection, able, now, send)
        if outcome is None:
            break
        receiver, error = outcome
        if error is None:
            messages += 1
        else:
            errors.append(f"{receiver.service}: {error}")
            del able[receiver.id]
    return Delivered(
        messages=messages, errors=tuple(errors), waiting=_count_undelivered(connection, receivers)
    )


def _deliver_one(
    connection: psycopg.Connection, receivers: Mapping[str, Receiver], now: datetime, send: Send
) -> tuple[Receiver, str | None] | None:
    """Send the oldest message that is due; return to whom and the error, if any. None where none is due."""
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        wanted: Row = {"now": now, "receivers": list(receivers)}
        row = cursor.execute(statement(__package__, "claim_delivery"), wanted).fetchone()
        if row is None:
            return None
        receiver = receivers[row["receiver"]]
        severity = "success" if row["event"] == "closed" else row["severity"]
        error = send(receiver, Message(title=row["title"], body=row["body"]), severity)
        values = {
            "message_id": row["message_id"],
            "receiver": receiver.id,
            "error": error,
            "now": now,
            "next_attempt_at": now + _pause_after(row["attempts"]),
        }
        cursor.execute(statement(__package__, "mark_delivery"), values)
        return receiver, error


def _pause_after(attempts: int) -> timedelta:
    """Return how long a message waits after one more attempt than these has failed."""
    doublings = min(attempts, MOST_DOUBLINGS)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def _count_undelivered(connection: psycopg.Connection, receivers: Iterable[Receiver]) -> int:
    """Return how many messages some of the receivers have not got yet."""
    values = {"receivers": [receiver.id for receiver in receivers]}
    row = connection.execute(statement(__package__, "count_undelivered"), values).fetchone()
    return int(row[0]) if row else 0


def list_alerts(connection: psycopg.Connection, *, closed: bool, limit: int | None) -> Iterator[Row]:
    """Return the alerts that are open, or all of them, newest first.

    Args:
        connection: a session of the warehouse, the ledger installed.
        closed: those that are over, too.
        limit: how many at most; None for all.
    """
    values = {"all": closed, "limit": limit}
    with connection.cursor(row_factory=dict_row) as cursor:
        yield from cursor.execute(statement(__package__, "list_alerts"), values)
