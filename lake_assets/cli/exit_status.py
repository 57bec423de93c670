"""The exit statuses that commands end with.

How a command ends belongs to `group`. This module is imported with every --help, so it imports nothing slow.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lake_assets.progress import Settled

ALL_WELL = 0
NEEDS_ATTENTION = 1
UNUSABLE = 2
"""A command, a setting or a service is wrong; click's own errors have this one too."""

STOPPED = 130
"""What shells give a command that Ctrl-C ended: 128 and the number of SIGINT."""


def exit_status(*, needs_attention: bool) -> int:
    """Return the exit status of a command that did its work."""
    return NEEDS_ATTENTION if needs_attention else ALL_WELL


def status_of_table_hours(outcomes: Iterable["Settled"]) -> int:
    """Return the exit status that tells whether any table-hour needs attention."""
    from lake_assets.states.state import NEED_ATTENTION  # noqa: PLC0415 - slow to import, and --help reads this module

    return exit_status(needs_attention=any(outcome.state in NEED_ATTENTION for outcome in outcomes))
