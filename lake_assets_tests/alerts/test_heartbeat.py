"""Proves that an outside monitor hears of each run of the judge, and nobody of its address."""

import logging

import pytest

from lake_assets.alerts.heartbeat import note_load, ping
from lake_assets.exceptions import ConfigurationError
from lake_assets.settings import Settings
from lake_assets_tests.fix_alerts import TOKEN, Desk, Inbox, at


def address(inbox: Inbox) -> str:
    """Give a heartbeat URL with a secret in it."""
    return f"http://127.0.0.1:{inbox.port}/{TOKEN}"


def test_each_run_of_the_judge_is_told_once(desk: Desk, inbox: Inbox) -> None:
    """The URL is called once for each run of the judge, and not where there was none."""
    assert ping(desk.connection, address(inbox), at(0)) is None
    assert inbox.paths == []
    for number in (0, 1):
        desk.beat(number)
        for _ in range(2):
            assert ping(desk.connection, address(inbox), at(number)) is None

    assert inbox.paths == [f"/{TOKEN}"] * 2


def test_a_load_is_a_sign_of_life_where_one_is_expected(desk: Desk) -> None:
    """Where no judge ever ran a load of everything is written down only if somebody is to miss the next."""
    for number, anew in ((0, False), (1, True), (2, False)):
        note_load(desk.connection, at(number), anew=anew)
        known = desk.query("SELECT * FROM lake_assets.heartbeats")
        assert known == ([("load", at(number))] if number else [])


def test_a_judge_that_is_silent_gives_no_sign_of_life(desk: Desk, inbox: Inbox) -> None:
    """A run more than two hours ago is not told any more: the monitor is to miss it."""
    desk.beat(0)

    assert ping(desk.connection, address(inbox), at(3)) is None
    assert inbox.paths == []


@pytest.mark.parametrize("answer", [500, 302])
def test_a_call_that_fails_is_tried_again(desk: Desk, inbox: Inbox, answer: int) -> None:
    """A failure is told without the address, no redirect is followed, and the next round calls again."""
    desk.beat(0)
    inbox.answer = answer
    error = ping(desk.connection, address(inbox), at(0))
    assert error == f"the heartbeat URL answered with HTTP status {answer}"

    inbox.answer = 200
    assert ping(desk.connection, address(inbox), at(0)) is None
    assert inbox.paths == [f"/{TOKEN}"] * 2


def test_nobody_there_is_an_error_without_the_address(desk: Desk, inbox: Inbox) -> None:
    """A closed port is told in words that hold no part of the URL."""
    desk.beat(0)
    inbox.stop()

    assert (
        ping(desk.connection, address(inbox), at(0))
        == "the heartbeat URL could not be called (ConnectionError)"
    )


@pytest.mark.parametrize(
    ("url", "kind"), [(f"http://host:{TOKEN}", "InvalidURL"), (f"http://[::1/{TOKEN}", "InvalidURL")]
)
def test_an_address_that_nobody_can_call_is_an_error_of_a_round(desk: Desk, url: str, kind: str) -> None:
    """What only turns out to be malformed when it is called keeps no alert from being told."""
    desk.beat(0)

    assert ping(desk.connection, url, at(0)) == f"the heartbeat URL could not be called ({kind})"


def test_the_address_is_in_no_log(desk: Desk, inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    """A process that logs everything logs nothing of the URL, whatever came of the call."""
    caplog.set_level(logging.DEBUG)
    desk.beat(0)
    ping(desk.connection, address(inbox), at(0))
    desk.beat(1)
    inbox.stop()
    ping(desk.connection, address(inbox), at(1))

    assert inbox.paths == [f"/{TOKEN}"]
    assert TOKEN not in caplog.text


def test_the_proxy_of_the_environment_is_asked(
    desk: Desk, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that reaches the outside through a proxy alone gives its sign of life through it."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{inbox.port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    desk.beat(0)

    assert ping(desk.connection, f"http://monitor.example/{TOKEN}", at(0)) is None
    assert inbox.paths == [f"http://monitor.example/{TOKEN}"]


@pytest.mark.parametrize("name", ["LAKE_ASSETS_HEARTBEAT_URL", "LAKE_ASSETS_UI_URL"])
@pytest.mark.parametrize("url", [f"ftp://host/{TOKEN}", f"file:///{TOKEN}", TOKEN, f"https://a b/{TOKEN}"])
def test_a_malformed_address_is_refused_and_not_quoted(name: str, url: str) -> None:
    """Addresses are web addresses; another is named by its setting alone."""
    with pytest.raises(ConfigurationError, match=f"{name} is not a web address") as caught:
        Settings.from_env({name: url})

    assert TOKEN not in str(caught.value)


def test_a_limit_that_is_no_number_is_refused() -> None:
    """The limit of quarantined records is a whole number."""
    assert Settings.from_env({"LAKE_ASSETS_ALERT_QUARANTINED": "25"}).alert_quarantined == 25
    with pytest.raises(ConfigurationError, match="Write it as 0, 10 or 1000"):
        Settings.from_env({"LAKE_ASSETS_ALERT_QUARANTINED": "many"})
