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
    if not _in_main_thread():
        yield
        return
    ours = [number for number in ENDINGS if signal.getsignal(number) is signal.SIG_DFL]
    _set(dict.fromkeys(ours, _leave))
    try:
        yield
    finally:
        _set(dict.fromkeys(ours, signal.SIG_DFL))


@contextmanager
def held_back() -> Iterator[None]:
    """Do not let Ctrl-C, SIGTERM or SIGHUP break in; the first of them is obeyed at the end.

    A second one is obeyed at once, for a start that hangs must not hold its user captive.
    """
    if not _in_main_thread():
        yield
        return
    handlers = _python_handlers(signal.SIGINT, *ENDINGS)
    came: list[int] = []

    def hold(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        _set(handlers)

    _set(dict.fromkeys(handlers, hold))
    try:
        yield
    finally:
        _set(handlers)
        if came:
            signal.raise_signal(signal.Signals(came[0]))


def _python_handlers(*numbers: signal.Signals) -> dict[signal.Signals, "signal._HANDLER"]:
    """Return the handlers of signals, without those that were not set from Python and cannot be set again."""
    handlers: dict[signal.Signals, signal._HANDLER] = {}
    for number in numbers:
        handler = signal.getsignal(number)
        if handler is not None:
            handlers[number] = handler
    return handlers


def _set(handlers: Mapping[signal.Signals, "signal._HANDLER"]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
