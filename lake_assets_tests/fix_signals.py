"""The signals that end a process, in force for tests and for the processes they start.

A process that is started with a signal ignored hands that on to its children: `nohup` ignores SIGHUP, and a
script's `command &` SIGINT. What a test expects of Ctrl-C must not depend on how the suite was started.
"""

import signal
from collections.abc import Iterator
from types import FrameType

import pytest


def _stay(_number: int, _frame: FrameType | None) -> None:
    """Do nothing, as if the signal were ignored."""


IN_FORCE: dict[signal.Signals, "signal._HANDLER"] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    # The suite itself outlives its terminal, as `nohup` promises. Its children do not inherit that, for a
    # handler, other than SIG_IGN, ends with the exec that starts them.
    signal.SIGHUP: _stay,
}
"""What takes the place of each signal that was found ignored."""


@pytest.fixture(scope="session", autouse=True)
def signals_in_force() -> Iterator[None]:
    """Take back that signals are ignored, in each process that runs tests, before anything is started."""
    ignored = [number for number in IN_FORCE if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, IN_FORCE[number])
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
