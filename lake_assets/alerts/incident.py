"""Incidents: what is wrong with one table, source or run now, as facts.

Where they come from belongs to `gather`, which of them have one cause to `causes`, the words to `messages`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from lake_assets.alerts.explanation import Explanation
from lake_assets.alerts.kinds import family_of
from lake_assets.states.facts import FactCode

Key = tuple[str, str, str, str]
"""A family, a source, a table and a dedup key: what an incident keeps for as long as it lasts."""


@dataclass(frozen=True)
class Incident:
    """What is wrong with a table (or a source, or a run) now.

    Attributes:
        kind: a state of table-hours, a finding's kind, `judge_silent` or `run_failed`.
        source: its source; empty for none.
        table: its name without the source; empty for a whole source.
        dedup_key: tells incidents of one kind and table apart, such as the first of hours that follow each
            other.
        fingerprint: incidents of one kind and source with the same fingerprint have the same cause.
        first: the first hour it concerns, if any.
        last: the last hour it concerns, if any.
        hours: how many hours that is.
        records: records of those hours' files.
        loaded: those of them in main.
        quarantined: those of them in quarantine.
        codes: the reasons of those hours.
        explanation: why; of the newest hour, where there are several.
        subject: what else it concerns: a key, a folder, a task, a run.
        label: what people call it, where that is not its table.
    """

    kind: str
    source: str
    table: str = ""
    dedup_key: str = ""
    fingerprint: str = ""
    first: datetime | None = None
    last: datetime | None = None
    hours: int = 0
    records: int = 0
    loaded: int = 0
    quarantined: int = 0
    codes: frozenset[FactCode] = frozenset()
    explanation: Explanation | None = None
    subject: str = ""
    label: str = ""

    @property
    def family(self) -> str:
        """The kind it counts as, where incidents of one cause are looked for."""
        return family_of(self.kind)

    @property
    def key(self) -> Key:
        """What an incident keeps for as long as it lasts."""
        return (self.family, self.source, self.table, self.dedup_key)

    @property
    def name(self) -> str:
        """The table as people write it, or what the incident is about where there is no table."""
        if self.label:
            return self.label
        if self.table:
            return f"{self.source}.{self.table}"
        return self.subject or self.source

    @property
    def reason(self) -> str:
        """Why, in a sentence for people; empty where nothing is known."""
        return self.explanation.sentence if self.explanation else ""

    def overlaps(self, other: "Incident") -> bool:
        """Return whether hours of one lie between those of another."""
        if self.first is None or self.last is None or other.first is None or other.last is None:
            return False
        return self.first <= other.last and other.first <= self.last


def merged(one: Incident, other: Incident) -> Incident:
    """Return the incident that two are together; its explanation is that of the later hours."""
    newer = one
    if one.last is not None and other.last is not None and other.last > one.last:
        newer = other
    return replace(
        one,
        first=earliest([one.first, other.first]),
        last=newer.last,
        hours=one.hours + other.hours,
        records=one.records + other.records,
        loaded=one.loaded + other.loaded,
        quarantined=one.quarantined + other.quarantined,
        codes=one.codes | other.codes,
        explanation=newer.explanation,
    )


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the first of the moments that are known, if any is."""
    return min((moment for moment in moments if moment is not None), default=None)


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the last of the moments that are known, if any is."""
    return max((moment for moment in moments if moment is not None), default=None)
