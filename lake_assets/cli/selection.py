"""What people asked for on the command line: tables, and a range of hours.

Which table-hours that makes is worked out in `selected_hours`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Selection:
    """The words TABLE, --from and --to of a command.

    Attributes:
        names: tables (`shop.orders`) and sources (`shop`); none means every table of the catalog.
        first: the first hour wanted (UTC); None for each source's start.
        end: the hour to stop before (UTC); None for no bound.
    """

    names: Sequence[str] = ()
    first: datetime | None = None
    end: datetime | None = None

    @property
    def has_range(self) -> bool:
        """Whether a range was given, be it open at one end."""
        return self.first is not None or self.end is not None

    @property
    def is_everything(self) -> bool:
        """Whether neither tables nor a range were given."""
        return not self.names and not self.has_range
