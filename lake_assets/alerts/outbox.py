"""The outbox: causes, messages and deliveries, kept in the warehouse.

Causes and messages are written in the caller's transaction; a delivery is claimed, sent and marked in one of
its own, so that whatever dies in between sends again. What is told belongs to `causes` and `words`, sending
to `receivers`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from lake_assets.alerts.causes import URGENT, Incident, OpenAlert, Step
from lake_assets.alerts.messages import Message
from lake_assets.alerts.receivers import Receiver
from lake_assets.postgres import statement

ROUND = timedelta(seconds=30)
"""How long one round of deliveries begins new ones; Dagster ends a sensor's tick after 60 seconds."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
MOMENTS = ("first", "last")

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
    """Read the alerts whose cause lasts, oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement(__package__, "read_open_alerts")).fetchall()
    return [
        OpenAlert(
            **row
            | {
                "members": tuple(_trouble(member) for member in row["members"]),
                "told": frozenset(tuple(key) for key in row["told"]),
            }
        )
        for row in rows
    ]


def _trouble(member: Row) -> Incident:
    known = {field.name for field in fields(Incident)}
    moments = {name: datetime.fromisoformat(member[name]) for name in MOMENTS if member.get(name)}
    return Incident(**{name: value for name, value in member.items() if name in known} | moments)


def _member(trouble: Incident) -> Row:
    return asdict(trouble) | {
        name: moment.isoformat() for name in MOMENTS if (moment := getattr(trouble, name)) is not None
    }


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
    values = _values(step, now, message) | {"whole": whole}
    if step.alert is None:
        row = connection.execute(statement(__package__, "open_alert"), values).fetchone()
        values["id"] = row[0] if row else None
    elif step.over:
        ending = "close_alert" if step.event else "forget_alert"
        connection.execute(statement(__package__, ending), values)
    else:
        connection.execute(statement(__package__, "keep_alert"), values)
    if step.event:
        connection.execute(statement(__package__, "write_message"), values)
        if not step.over:
            connection.execute(statement(__package__, "mark_told"), values)


def _values(step: Step, now: datetime, message: Message) -> Row:
    first = step.troubles[0]
    return {
        "id": step.alert.id if step.alert else None,
        "kind": step.kind,
        "source": first.source,
        "gist": first.gist,
        "severity": "failure" if step.kind in URGENT else "warning",
        "title": message.title,
        "body": message.body,
        "tables": sorted({trouble.name for trouble in step.troubles if trouble.table}),
        "hours": step.hours,
        "members": Jsonb([_member(trouble) for trouble in step.troubles]),
        "told": Jsonb(sorted(step.told)),
        "event": step.event,
        "now": now,
    }


def address(connection: psycopg.Connection, receivers: Iterable[Receiver], now: datetime) -> None:
    """Write down which messages each receiver is still to get."""
    known = list(receivers)
    for receiver in known:
        values = {"receiver": receiver.id, "service": receiver.service, "now": now}
        connection.execute(statement(__package__, "add_receiver"), values)
    if known:
        values = {"receivers": [receiver.id for receiver in known], "now": now}
        connection.execute(statement(__package__, "address_messages"), values)


def deliver(
    connection: psycopg.Connection, receivers: Sequence[Receiver], now: datetime, send: Send
) -> Delivered:
    """Send what is due, oldest first, for half a minute at most.

    A receiver that fails is left alone for the rest of the round; its message waits half a minute, then twice
    as long after each failure, up to a quarter of an hour, for ever.

    Args:
        connection: a session without an open transaction, each statement committed by itself.
        receivers: who is configured.
        now: the present moment.
        send: sends a message of a severity to a receiver; gives the error, if any.
    """
    waiting = {receiver.id: receiver for receiver in receivers}
    end = monotonic() + ROUND.total_seconds()
    messages, errors = 0, []
    while waiting and monotonic() < end:
        outcome = _deliver_one(connection, waiting, now, send)
        if outcome is None:
            break
        receiver, error = outcome
        if error:
            errors.append(f"{receiver.service}: {error}")
            del waiting[receiver.id]
        else:
            messages += 1
    return Delivered(messages, tuple(errors), undelivered(connection, receivers))


def _deliver_one(
    connection: psycopg.Connection, receivers: dict[str, Receiver], now: datetime, send: Send
) -> tuple[Receiver, str | None] | None:
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        values: Row = {"now": now, "receivers": list(receivers)}
        row = cursor.execute(statement(__package__, "claim_delivery"), values).fetchone()
        if row is None:
            return None
        receiver = receivers[row["receiver"]]
        severity = "success" if row["event"] == "closed" else row["severity"]
        error = send(receiver, Message(row["title"], row["body"]), severity)
        pause = min(FIRST_PAUSE * 2 ** min(row["attempts"], 10), LONGEST_PAUSE)
        result = {"error": error, "now": now, "next_attempt_at": now + pause}
        cursor.execute(statement(__package__, "mark_delivery"), row | result)
        return receiver, error


def undelivered(connection: psycopg.Connection, receivers: Iterable[Receiver]) -> int:
    """Count the messages that some of the receivers have not got yet."""
    values = {"receivers": [receiver.id for receiver in receivers]}
    row = connection.execute(statement(__package__, "count_undelivered"), values).fetchone()
    return int(row[0]) if row else 0


def list_alerts(connection: psycopg.Connection, *, closed: bool, limit: int | None) -> Iterator[Row]:
    """List the alerts that are open, or all of them, newest first."""
    values = {"all": closed, "limit": limit}
    with connection.cursor(row_factory=dict_row) as cursor:
        yield from cursor.execute(statement(__package__, "list_alerts"), values)
