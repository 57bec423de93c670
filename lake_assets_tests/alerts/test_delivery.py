"""Proves that each alert reaches its receivers, once in calm weather and at least once in any."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO
from signal import SIGKILL
from threading import Thread
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from apprise import NotifyType, OverflowMode, PersistentStoreMode

from lake_assets.alerts import outbox, receivers
from lake_assets.alerts.outbox import Delivered, list_alerts
from lake_assets.alerts.receivers import checked_receivers, read_receivers
from lake_assets.exceptions import ConfigurationError
from lake_assets_tests.alerts.killed_teller import NAME
from lake_assets_tests.fix_alerts import TOKEN, Desk, Inbox, at

MISSING = "failure: missing: shop.orders, 2018-09-06T10"
OVER = "success: over: missing: shop.orders, 2018-09-06T10"


@pytest.fixture
def second() -> Iterator[Inbox]:
    """Run another receiver."""
    receiver = Inbox()
    yield receiver
    receiver.stop()


def test_each_message_arrives_once(desk: Desk, inbox: Inbox) -> None:
    """In calm weather a cause and its end are told once each, however often rounds are run."""
    desk.told_by(inbox.url).state("orders", 0, "missing")
    for number in (1, 2, 3):
        desk.tell(number)
    desk.state("orders", 0, "loaded")
    for number in (4, 5):
        desk.tell(number)

    assert inbox.told == [MISSING, OVER]
    assert not list(list_alerts(desk.connection, closed=False, limit=None))
    assert len(list(list_alerts(desk.connection, closed=True, limit=None))) == 1


def test_each_receiver_is_told(desk: Desk, inbox: Inbox, second: Inbox) -> None:
    """Every URL of the settings gets every message, and one that fails holds no other back."""
    inbox.answer = 500
    desk.told_by(inbox.url, second.url).state("orders", 0, "missing")

    told = desk.tell(1)

    assert (inbox.told, second.told) == ([MISSING], [MISSING])
    assert told.delivered.errors == ("JSON: it answered with HTTP status 500",)
    assert (told.delivered.messages, told.delivered.waiting) == (1, 1)
    desk.state("orders", 0, "loaded")
    desk.tell(1 + 10 / 3600)
    assert second.told == [MISSING, OVER]


def test_a_receiver_that_left_the_settings_is_left_aside(desk: Desk, inbox: Inbox, second: Inbox) -> None:
    """A URL that fails is tried once a round; once nobody wants it, its messages count no more."""
    inbox.answer = 500
    desk.told_by(inbox.url).state("orders", 0, "missing")
    desk.state("customers", 0, "failed", "the disk is full")
    assert desk.tell(1).delivered.waiting == 2
    desk.state("returns", 0, "failed", "the warehouse is full")

    assert desk.told_by(second.url).tell(2).delivered == Delivered(3)

    assert (len(inbox.received), len(second.received)) == (1, 3)
    assert desk.query("SELECT count(*) FROM lake_assets.alert_deliveries") == [(5,)]


def test_a_round_has_an_end(desk: Desk, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """When its time is up a round sends nothing more; what is left waits for the next."""
    monkeypatch.setattr(outbox, "ROUND", timedelta(0))
    desk.told_by(inbox.url).state("orders", 0, "missing")

    assert desk.tell(1).delivered == Delivered(0, (), 1)


def test_the_oldest_message_is_sent_first(desk: Desk, inbox: Inbox) -> None:
    """Messages of several alerts arrive as they were written."""
    desk.told_by(inbox.url).state("orders", 0, "missing")
    desk.state("customers", 0, "failed", "the disk is full")

    desk.tell(1)

    written = desk.query("SELECT title FROM lake_assets.alert_messages ORDER BY id")
    assert [one["title"] for one in inbox.received] == [title for (title,) in written]
    assert len(written) == 2


@pytest.mark.parametrize("trouble", ["status", "closed", "mute"])
def test_a_receiver_that_fails_gets_it_later(
    desk: Desk, inbox: Inbox, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer of 500, a closed port and silence are tried again until the message has arrived."""
    monkeypatch.setattr(receivers, "PATIENCE", 0.2)
    desk.told_by(inbox.url).state("orders", 0, "missing")
    if trouble == "closed":
        inbox.stop()
    inbox.answer = 500 if trouble == "status" else 200
    if trouble == "mute":
        inbox.mute.clear()
    assert desk.tell(1).delivered.waiting == 1

    inbox.mute.set()
    inbox.answer = 200
    if trouble == "closed":
        inbox.start()
    inbox.received.clear()
    assert desk.tell(1.5).delivered == Delivered(1)

    assert inbox.told == [MISSING]
    ((attempts, delivered),) = desk.query(
        "SELECT attempts, delivered_at IS NOT NULL FROM lake_assets.alert_deliveries"
    )
    assert (attempts, delivered) == (2, True)


def test_pauses_grow_up_to_a_quarter_of_an_hour(desk: Desk, inbox: Inbox) -> None:
    """A message that fails waits 30 seconds, twice as long each time, and never longer than 15 minutes."""
    inbox.answer = 500
    desk.told_by(inbox.url).state("orders", 0, "missing")
    pauses = []
    for _ in range(7):
        desk.tell(1)
        ((pause,),) = desk.query(
            f"SELECT extract(epoch FROM next_attempt_at - '{at(1)}')::int FROM lake_assets.alert_deliveries"
        )
        pauses.append(pause)
        desk.connection.execute("UPDATE lake_assets.alert_deliveries SET next_attempt_at = '2018-01-01'")

    assert pauses == [30, 60, 120, 240, 480, 900, 900]


def test_a_message_that_waits_is_not_tried_before_its_time(desk: Desk, inbox: Inbox) -> None:
    """Rounds that come too early leave a failing receiver alone."""
    inbox.answer = 500
    desk.told_by(inbox.url).state("orders", 0, "missing")
    desk.tell(1)

    assert desk.tell(1 + 29 / 3600).delivered.errors == ()
    assert desk.tell(1 + 31 / 3600).delivered.errors != ()


def test_the_messages_of_an_alert_arrive_in_order(desk: Desk, inbox: Inbox) -> None:
    """The end is not told before the beginning, which has to wait."""
    inbox.answer = 500
    desk.told_by(inbox.url).state("orders", 0, "missing")
    desk.tell(1)
    inbox.answer, inbox.received[:] = 200, []
    desk.state("orders", 0, "loaded")
    desk.tell(1 + 10 / 3600)
    assert inbox.told == []

    desk.tell(2)

    assert inbox.told == [MISSING, OVER]


def test_what_was_told_while_nobody_listened_is_kept(desk: Desk, inbox: Inbox) -> None:
    """A receiver that is new is told once what is open, and nothing of what is over."""
    desk.state("customers", 0, "failed", "the disk is full")
    desk.tell(1)
    desk.state("customers", 0, "loaded")
    desk.state("orders", 0, "missing")
    desk.tell(2)
    desk.tell(27)
    assert desk.query("SELECT count(*) FROM lake_assets.alert_messages") == [(4,)]

    desk.told_by(inbox.url).tell(28)

    assert inbox.told == [MISSING.replace("missing", "still: missing", 1)]


def test_what_others_wrote_is_delivered(desk: Desk, inbox: Inbox) -> None:
    """Messages written by commands without receivers reach those the next round knows, ends too."""
    desk.told_by(inbox.url).tell(0)
    desk.told_by().state("orders", 0, "missing")
    desk.tell(1)
    desk.state("orders", 0, "loaded")
    desk.tell(2)
    assert inbox.told == []

    desk.told_by(inbox.url).tell(3)

    assert inbox.told == [MISSING, OVER]


def test_two_at_once_do_not_double(desk: Desk, inbox: Inbox) -> None:
    """While one process sends a message, another neither sends it nor waits for it, nor opens it again."""
    desk.told_by(inbox.url).state("orders", 0, "missing")
    inbox.mute.clear()
    first = Thread(target=desk.tell, args=(1,))
    first.start()
    inbox.heard.wait()
    with psycopg.connect(desk.url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '1s'")
        other = Desk(desk.url, connection, desk.catalog, desk.settings)
        assert other.tell(1).delivered.messages == 0
    inbox.mute.set()
    first.join()

    assert inbox.told == [MISSING]


@dataclass
class Mortal:
    """A process whose rounds die where they are told to."""

    desk: Desk
    process: subprocess.Popen[str] = field(repr=False)

    def tell(self, number: float, deadly: int) -> tuple[int, int]:
        """Run a round that dies before a step; give the signal that ended it and how many steps it took."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{at(number).isoformat()} {deadly}\n")
        self.process.stdin.flush()
        ended, steps = self.process.stdout.readline().split()
        # What it was about to deliver stays claimed until the server has noticed its end.
        self.desk.connection.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = %s",
            [NAME],
        )
        return int(ended), int(steps)


@pytest.fixture
def mortal(desk: Desk, inbox: Inbox) -> Iterator[Mortal]:
    """Run a process for rounds that die."""
    desk.told_by(inbox.url)
    folder = desk.catalog.sources[0].path.parent
    environ = {"WAREHOUSE": desk.url, "LAKE_ASSETS_ALERTS": inbox.url}
    with subprocess.Popen(
        [sys.executable, "-m", "lake_assets_tests.alerts.killed_teller", str(folder)],
        env=os.environ | environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Mortal(desk, process)
        assert process.stdin
        process.stdin.close()


def test_no_alert_is_lost_wherever_a_round_is_killed(mortal: Mortal, desk: Desk, inbox: Inbox) -> None:
    """A round killed before any of its steps leaves an alert that the next one delivers, and its end too."""
    desk.state("orders", 0, "failed", "reason 0")
    _, steps = mortal.tell(1, 0)
    assert len(inbox.told) == 1
    desk.state("orders", 0, "loaded")
    desk.tell(1)
    doubled = 0
    for step in range(1, steps + 1):
        inbox.received.clear()
        desk.state("orders", step, "failed", "the disk is full")
        assert mortal.tell(step, step) == (SIGKILL, 0)
        desk.tell(step)
        beginnings = [title for title in inbox.told if "failure: failed: shop.orders" in title]
        doubled += len(beginnings) - 1
        assert beginnings, f"killed before step {step} of {steps}"
        desk.state("orders", step, "loaded")
        desk.tell(step)
        assert inbox.told[-1].startswith("success: over: failed: shop.orders")

    assert steps > 15
    assert doubled == 3  # killed after it was sent: at once, before its mark, and before the mark's commit
    assert desk.query("SELECT count(*) FROM lake_assets.alert_deliveries WHERE delivered_at IS NULL") == [
        (0,)
    ]


@pytest.fixture
def log() -> Iterator[StringIO]:
    """Give all that reaches the log of a process that logs everything."""
    written = StringIO()
    handler, root = logging.StreamHandler(written), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def test_secrets_of_receivers_are_nowhere(desk: Desk, inbox: Inbox, log: StringIO) -> None:
    """Neither the warehouse nor logs nor errors hold any part of a URL, whatever went wrong."""
    urls = (inbox.url, f"json://127.0.0.1:1/{TOKEN}", f"slack://{TOKEN}", f"nonsense://{TOKEN}", TOKEN)
    inbox.answer = 500
    desk.told_by(*urls).state("orders", 0, "missing")

    told = desk.tell(1)

    assert len(told.delivered.errors) == 2
    assert len(told.faults) == 3
    rows = desk.query(
        "SELECT (alerts, messages, deliveries, receivers)::text FROM lake_assets.alerts, "
        "lake_assets.alert_messages AS messages, lake_assets.alert_deliveries AS deliveries, "
        "lake_assets.alert_receivers AS receivers"
    )
    assert len(rows) == 4
    for text in (str(rows), str(told), log.getvalue(), repr(read_receivers(urls)), repr(desk.settings)):
        assert TOKEN not in text


def test_a_bad_url_is_an_error_that_does_not_quote_it() -> None:
    """A URL that Apprise does not take is named by its place and scheme, with a remedy."""
    with pytest.raises(ConfigurationError) as caught:
        checked_receivers((f"json://127.0.0.1/{TOKEN}", f"slack://{TOKEN}"))

    assert str(caught.value) == (
        "LAKE_ASSETS_ALERTS: URL 2 of 2 (slack://…) is none that Apprise takes. Write it as the page of its "
        "service at https://appriseit.com/services/ says."
    )


def test_what_is_no_scheme_is_not_quoted() -> None:
    """A URL that begins with a secret is named by its place alone."""
    (fault,) = read_receivers((f"{TOKEN}://host",))[1]

    assert "URL 1 of 1 (without a scheme)" in fault
    assert TOKEN not in fault


def test_the_words_of_a_service_are_not_told() -> None:
    """What Apprise logs of a failure may hold parts of the URL: of anything unforeseen nothing is quoted."""
    entry = SimpleNamespace(message=f"Failed to send to {TOKEN}")
    result: Any = SimpleNamespace(logs=lambda: [entry])

    assert receivers._why(result) == "it did not take the message"


def test_a_long_message_is_cut_rather_than_refused() -> None:
    """A service gets as much as it takes, unless its URL says otherwise; Apprise keeps nothing on disk."""
    cut, parted = (receivers._service(f"json://127.0.0.1/{query}") for query in ("", "?overflow=split"))

    assert cut
    assert parted
    assert (cut.overflow_mode, parted.overflow_mode) == (OverflowMode.TRUNCATE, OverflowMode.SPLIT)
    assert (cut.asset.storage_mode, cut.asset.app_url) == (PersistentStoreMode.MEMORY, "")


def test_one_url_given_twice_is_one_receiver(inbox: Inbox) -> None:
    """A URL that stands twice in the settings gets each message once."""
    assert len(checked_receivers((inbox.url, inbox.url))) == 1


def test_a_redirect_is_not_followed(desk: Desk, inbox: Inbox) -> None:
    """Nothing but the address of the setting is called."""
    inbox.answer = 302
    desk.told_by(inbox.url).state("orders", 0, "missing")

    assert desk.tell(1).delivered.errors == ("JSON: it answered with HTTP status 302",)
    assert len(inbox.received) == 1
    assert inbox.paths == []


def test_a_message_names_no_address_but_ours(desk: Desk, inbox: Inbox) -> None:
    """What is sent holds no image or link that a receiver would fetch from elsewhere."""
    desk.told_by(inbox.url).state("orders", 0, "missing")
    desk.tell(1)

    assert "http" not in str(inbox.received)
    service = receivers._service(inbox.url)
    assert service
    assert not service.image_url(NotifyType.FAILURE)
