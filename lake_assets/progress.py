"""How far a load is, for whoever shows it.

A load says what it read and what became of each table-hour; the command line listens. Dagster runs the load
between the two, so the listener travels in a context variable. Drawing belongs to `cli`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lake_assets.states.records import NOTHING, Counts
from lake_assets.states.state import State


@dataclass(frozen=True)
class Settled:
    """What became of a table-hour that was loaded or checked; `note` says why, where there is a why."""

    table: str
    hour: datetime
    state: State
    counts: Counts = NOTHING
    note: str | None = None


class Listener(Protocol):
    """Hears how far a load is."""

    def read(self, size: int) -> None:
        """Hear that `size` bytes were read from the lake."""

    def settled(self, outcome: Settled) -> None:
        """Hear what became of a table-hour; heard again, the check after the load has found otherwise."""

    def unmatched(self, url: str, reason: str) -> None:
        """Hear of an object that lies in a table's folder and is not loaded."""


class Silence:
    """A listener for when nobody listens."""

    def read(self, size: int) -> None:
        """Do nothing."""

    def settled(self, outcome: Settled) -> None:
        """Do nothing."""

    def unmatched(self, url: str, reason: str) -> None:
        """Do nothing."""


_listener: ContextVar[Listener] = ContextVar("lake_assets_listener", default=Silence())  # noqa: B039 - has no state


def listener() -> Listener:
    """Return the listener of this context."""
    return _listener.get()


@contextmanager
def listening(to: Listener) -> Iterator[None]:
    """Let `to` hear every load inside the block."""
    token = _listener.set(to)
    try:
        yield
    finally:
        _listener.reset(token)
