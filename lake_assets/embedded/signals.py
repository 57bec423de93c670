"""Signals that ask this process to end, held back while servers start or stop, and made to clean up."""

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

ENDINGS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def tidy_endings() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise SystemExit, so that they clean up as Ctrl-C does.

    Handlers that somebody has set stay as they are.
    """
    ours = [number for number in ENDINGS if _in_main_thread() and signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _leave)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def held_back() -> Iterator[None]:
    """Do not let Ctrl-C, SIGTERM or SIGHUP break in; the first of them is obeyed at the end.

    A second one is obeyed at once, for a start that hangs must not hold its user captive.
    """
    if not _in_main_thread():
        yield
        return
    found = {number: signal.getsignal(number) for number in (signal.SIGINT, *ENDINGS)}
    handlers = {number: handler for number, handler in found.items() if handler is not None}
    came: list[int] = []

    def hold(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        _set(handlers)

    for number in handlers:
        signal.signal(number, hold)
    try:
        yield
    finally:
        _set(handlers)
        if came:
            signal.raise_signal(signal.Signals(came[0]))


def _set(handlers: Mapping[signal.Signals, "signal._HANDLER"]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
