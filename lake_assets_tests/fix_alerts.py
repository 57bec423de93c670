"""Fixtures of alerts: a receiver on loopback that Apprise sends to, and a warehouse with incidents."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from lake_assets.alerts.failed_runs import FailedRun
from lake_assets.alerts.service import Told, tell
from lake_assets.catalog.models import Catalog
from lake_assets.catalog.read import read_catalog
from lake_assets.hours import ONE_HOUR
from lake_assets.ledger.install import install
from lake_assets.settings import Settings
from lake_assets.states.facts import Fact

TOKEN = "s3cr3tT0ken"  # noqa: S105 - found nowhere but in the URL, as tests prove
FIRST = datetime(2018, 9, 6, 10, tzinfo=UTC)
CATALOG = """
source: shop
start: 2018-09-01T00
tables:
  orders: {columns: {id: bigint}}
  customers: {columns: {id: bigint}}
  returns: {columns: {id: bigint}}
  notes: {expect: sparse, columns: {id: bigint}}
"""


def at(number: float) -> datetime:
    """Give a moment, in hours from `FIRST`."""
    return FIRST + number * ONE_HOUR


class Inbox:
    """A receiver: an HTTP server on loopback that keeps what it is sent.

    Attributes:
        received: the JSON documents that came, whatever was answered.
        answer: the HTTP status it answers with.
        mute: while it is not set, no answer is given.
        heard: set when something comes.
        paths: the paths that were called with GET.
    """

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.answer = 200
        self.mute = Event()
        self.mute.set()
        self.heard = Event()
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self.start()

    @property
    def url(self) -> str:
        """Its address for Apprise, with a secret in it."""
        return f"json://user:{TOKEN}@127.0.0.1:{self.port}/{TOKEN}"

    @property
    def told(self) -> list[str]:
        """The titles that came, each with Apprise's type."""
        return [f"{one['type']}: {one['title']}" for one in self.received]

    def start(self) -> None:
        """Listen, on the same port as before."""
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.received.append(json.loads(body))
                self._respond()

            def do_GET(self) -> None:
                inbox.paths.append(self.path)
                self._respond()

            def _respond(self) -> None:
                inbox.heard.set()
                inbox.mute.wait()
                self.send_response(inbox.answer)
                self.send_header("Location", f"http://127.0.0.1:{inbox.port}/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self.mute.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@dataclass
class Desk:
    """Where alerts are made: a warehouse with a ledger, a catalog, receivers.

    Attributes:
        url: the warehouse.
        connection: a session of it.
        catalog: three hourly tables and a sparse one.
        settings: what the environment would say.
    """

    url: str = field(repr=False)
    connection: psycopg.Connection
    catalog: Catalog
    settings: Settings

    def state(
        self, table: str, hours: range | int, state: str, why: str | Fact | None = None, bad: int = 0
    ) -> None:
        """Write a state of some hours into the ledger, with a fact or with words that it had noted."""
        numbers = hours if isinstance(hours, range) else range(hours, hours + 1)
        facts = [Fact.of("noted", text=why) if isinstance(why, str) else why] if why else []
        reason = facts[0].code if facts else None
        evidence = Jsonb([fact.as_json() for fact in facts])
        with self.connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO lake_assets.table_hours "
                "(source, table_name, hour, state, reason, evidence, run_id, records, loaded, quarantined) "
                "VALUES ('shop', %s, %s, %s, %s, %s, 'run', %s, 3, %s) "
                "ON CONFLICT (source, table_name, hour) DO UPDATE "
                "SET state = excluded.state, reason = excluded.reason, evidence = excluded.evidence, "
                "records = excluded.records, quarantined = excluded.quarantined",
                [(table, at(number), state, reason, evidence, 3 + bad, bad) for number in numbers],
            )

    def find(self, kind: str, note: str, table: str = "", subject: str = "") -> None:
        """Write a finding of the judge's, in words that the ledger had noted."""
        self.connection.execute(
            "INSERT INTO lake_assets.findings (kind, source, table_name, subject, evidence, note) "
            "VALUES (%s, 'shop', %s, %s, %s, '')",
            [kind, table, subject, Jsonb({"noted": note})],
        )

    def beat(self, number: float, name: str = "judge") -> None:
        """Write down that the judge has run."""
        self.connection.execute(
            "INSERT INTO lake_assets.heartbeats VALUES (%s, %s) "
            "ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at",
            [name, at(number)],
        )

    def told_by(self, *receivers: str) -> "Desk":
        """Have alerts sent to these URLs from now on."""
        self.settings = replace(self.settings, alerts=receivers)
        return self

    def tell(self, number: float, runs: list[FailedRun] | None = None) -> Told:
        """Run a round at a moment, in hours from `FIRST`."""
        return tell(self.connection, self.catalog, self.settings, at(number), runs=runs)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        return self.connection.execute(sql.encode()).fetchall()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """Run a receiver."""
    receiver = Inbox()
    yield receiver
    receiver.stop()


@pytest.fixture
def desk(warehouse_url: str, connection: psycopg.Connection, tmp_path: Path) -> Desk:
    """Give a desk on an empty warehouse, without receivers."""
    connection.execute("SET timezone = 'UTC'")
    install(connection)
    (tmp_path / "shop.yaml").write_text(CATALOG, encoding="utf-8")
    return Desk(warehouse_url, connection, read_catalog(tmp_path), Settings.from_env({}))
