"""Signals that are held back while servers start or stop."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake_assets.embedded.processes import is_gone, launch, wait_for
from lake_assets.embedded.signals import ENDINGS, held_back, tidy_endings


@pytest.fixture
def nobody_handles_sigterm() -> Iterator[None]:
    """Take SIGTERM's handler away; Dagster, once it has run in this process, leaves one of its own."""
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


def interrupted(times: int, done: list[str]) -> None:
    """Get Ctrl-C so many times inside the block, and note that the block came to its end."""
    with held_back():
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        done.append("the rest")


def test_a_held_back_signal_is_obeyed_at_the_end() -> None:
    """Ctrl-C inside the block lets the block end, and is obeyed then."""
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(1, done)
    assert done == ["the rest"]


def test_a_second_signal_is_obeyed_at_once() -> None:
    """Who presses Ctrl-C twice does not wait."""
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(2, done)
    assert done == []


def test_a_server_can_be_ended_by_a_signal_its_starter_ignores(tmp_path: Path) -> None:
    """A command under nohup ignores signals; what it starts does not, for it is ended by them."""
    code = "import signal; print([signal.getsignal(number) for number in (1, 2, 15)])"
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (*ENDINGS, signal.SIGINT)}
    try:
        child = launch([sys.executable, "-c", code], tmp_path / "log", os.environ)
        ignored = {signal.getsignal(number) for number in before}
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    assert wait_for(lambda: is_gone(child), 60)
    assert "SIG_IGN" not in (tmp_path / "log").read_text()
    assert ignored == {signal.SIG_IGN}


@pytest.mark.usefixtures("nobody_handles_sigterm")
def test_sigterm_cleans_up() -> None:
    """SIGTERM raises SystemExit with the status a shell would give, and the old handler comes back."""
    with pytest.raises(SystemExit) as caught, tidy_endings():
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
