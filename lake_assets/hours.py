"""Hours: the one place where an hour becomes text and text becomes an hour.

An hour is an aware `datetime` in UTC with nothing below the hour. People write it `2018-09-06T10`;
Dagster's partition key for it is `2018-09-06-10:00`. Time zones of files belong to `lake.layout`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from lake_assets.exceptions import ConfigurationError

ONE_HOUR = timedelta(hours=1)

RECENT = timedelta(hours=48)
"""What counts as recent: these hours are looked at each time, for files that come late come within days."""

HOUR_FORMAT = "%Y-%m-%dT%H"
PARTITION_FORMAT = "%Y-%m-%d-%H:%M"


def floor_hour(moment: datetime) -> datetime:
    """Return the hour that `moment` (aware) falls into."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def parse_hour(text: str) -> datetime:
    """Return an hour that people have written.

    Args:
        text: such as `2018-09-06T10`; always UTC.

    Raises:
        ConfigurationError: the text is not an hour.
    """
    try:
        return datetime.strptime(text, HOUR_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is not an hour. Write it as 2018-09-06T10 (UTC).") from error


def format_hour(hour: datetime) -> str:
    """Return an hour as people read it: `2018-09-06T10`."""
    return hour.astimezone(UTC).strftime(HOUR_FORMAT)


def partition_key(hour: datetime) -> str:
    """Return an hour as Dagster's partition key: `2018-09-06-10:00`."""
    return hour.astimezone(UTC).strftime(PARTITION_FORMAT)


def from_partition_key(key: str) -> datetime:
    """Return the hour of Dagster's partition key."""
    return datetime.strptime(key, PARTITION_FORMAT).replace(tzinfo=UTC)


def hours_between(first: datetime, end: datetime) -> Iterator[datetime]:
    """Yield every hour from `first` up to and without `end`, oldest first."""
    hour = first
    while hour < end:
        yield hour
        hour += ONE_HOUR
