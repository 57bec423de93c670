"""Which troubles have one cause, and what is to be told of it: pure functions of troubles, alerts and clock.

A trouble is what is wrong with one table; a cause is what people are told of once, with a list. Where
troubles come from belongs to `gather`, the words to `words`, keeping and sending to `outbox`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from lake_assets.hours import ONE_HOUR

Event = Literal["opened", "grown", "reminder", "closed"]

FAMILY = {"no_folder": "missing", "silent_source": "missing", "suspended_table": "missing"}
"""Findings that say why files are missing: a table is never told of twice for both."""

URGENT = frozenset(
    {
        "missing",
        "silent_source",
        "suspended_table",
        "failed",
        "mismatch",
        "stale",
        "dms_task",
        "judge_silent",
        "run_failed",
    }
)
"""Kinds with data not where it belongs, told as failures; the others are warnings."""

HOLD = {"stale": timedelta(hours=2)}
"""How long a kind may last untold: a stale hour is loaded again by itself, as a rule within minutes."""

TOGETHER = timedelta(hours=1)
"""Troubles of a kind found within this time join one alert: tables are judged one after the other."""

SETTLE = timedelta(minutes=15)
"""The least time between an alert and the word that more tables share its cause."""

STRETCHES = frozenset({"missing", "quarantined"})
"""Kinds whose hours are parted into stretches; years of them may come to light at once."""

EARLIER = "earlier"

DAILY, WEEKLY = timedelta(days=1), timedelta(days=7)

Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Incident:
    """What is wrong with a table (or a source, or a run) now.

    Attributes:
        kind: a state of table-hours, a finding's kind, `judge_silent` or `run_failed`.
        source: its source; empty for none.
        table: its name without the source; empty for a whole source.
        mark: tells troubles of one kind and table apart, such as the first of hours that follow each other.
        gist: troubles of one kind and source with the same gist have the same cause.
        first: the first hour it concerns, if any.
        last: the last hour it concerns, if any.
        hours: how many hours that is.
        records: records of those hours' files.
        loaded: those of them in main.
        quarantined: those of them in quarantine.
        reason: why, in a sentence; the newest, where there are several.
        subject: what else it concerns: a key, a folder, a task, a run.
        removed: its files were loaded and are gone.
    """

    kind: str
    source: str
    table: str = ""
    mark: str = ""
    gist: str = ""
    first: datetime | None = None
    last: datetime | None = None
    hours: int = 0
    records: int = 0
    loaded: int = 0
    quarantined: int = 0
    reason: str = ""
    subject: str = ""
    removed: bool = False

    @property
    def key(self) -> Key:
        """What a trouble keeps for as long as it lasts."""
        return (FAMILY.get(self.kind, self.kind), self.source, self.table, self.mark)

    @property
    def name(self) -> str:
        """The table as people write it, or what the trouble is about where there is no table."""
        if self.kind == "unknown_table":
            return f"{self.source}/{self.subject}"
        if self.kind == "run_failed" and not self.table:
            return self.mark.removeprefix("__ASSET_JOB ")
        return f"{self.source}.{self.table}" if self.table else self.subject or self.source


@dataclass(frozen=True)
class OpenAlert:
    """An alert whose cause lasts, as it was last told.

    Attributes:
        id: its number.
        kind: the kind of trouble it was opened for.
        source: their source.
        gist: what they had in common.
        opened_at: when the cause was first seen.
        told_at: when people were last told; None while it is held back.
        told_hours: how many table-hours it had then.
        whole: it was a whole source that delivered nothing.
        members: its troubles, as they were last seen.
        told: the keys that people have been told of.
    """

    id: int
    kind: str
    source: str
    gist: str
    opened_at: datetime
    told_at: datetime | None
    told_hours: int
    whole: bool
    members: tuple[Incident, ...]
    told: frozenset[Key]


@dataclass(frozen=True)
class Step:
    """What becomes of a cause now.

    Attributes:
        alert: the open alert; None for a cause that is new.
        troubles: its troubles now; those it had, where it is over.
        event: what to tell; None for nothing.
        over: nothing of it is left.
    """

    alert: OpenAlert | None
    troubles: tuple[Incident, ...]
    event: Event | None
    over: bool = False

    @property
    def kind(self) -> str:
        """The kind it is told as."""
        return self.alert.kind if self.alert else self.troubles[0].kind

    @property
    def hours(self) -> int:
        """How many table-hours it has."""
        return sum(trouble.hours for trouble in self.troubles)

    @property
    def told(self) -> frozenset[Key]:
        """The keys people will have been told of, once its event is told."""
        if self.event:
            return frozenset(trouble.key for trouble in self.troubles)
        alert = self.alert
        return frozenset(trouble.key for trouble in self.troubles if alert and _was_told(trouble, alert))


def decide(
    troubles: Iterable[Incident],
    alerts: Sequence[OpenAlert],
    now: datetime,
    *,
    unseen: frozenset[str] = frozenset(),
) -> list[Step]:
    """Put every trouble to its cause, and say what is to be told of each.

    A trouble stays with the alert that has it. A new one joins an alert of the same kind, source and gist
    that is younger than an hour, or the one of a source that delivers nothing at all; the rest become new
    alerts, one for each kind, source and gist. An alert without troubles is over.

    Args:
        troubles: all that is wrong now.
        alerts: the open alerts, oldest first.
        now: the present moment.
        unseen: the kinds that were not looked for; alerts of these stay as they are.
    """
    owners = _Owners([alert for alert in alerts if alert.kind not in unseen])
    new: dict[Key, Incident] = {}
    for trouble in _folded(list(troubles), owners):
        if not owners.take(trouble):
            renamed = _past(trouble, now)
            if not owners.take(renamed):
                known = new.get(renamed.key)
                new[renamed.key] = _merged(known, renamed) if known else renamed
    lasting = owners.lasting()
    fresh: dict[tuple[str, str, str], list[Incident]] = {}
    for trouble in new.values():
        joined = _joined(trouble, owners.alerts, lasting, now)
        if joined:
            owners.give(joined, trouble)
        else:
            fresh.setdefault((trouble.key[0], trouble.source, trouble.gist), []).append(trouble)
    old = [_continued(alert, owners.troubles_of(alert), now) for alert in owners.alerts]
    return old + [
        Step(None, tuple(group), None if group[0].kind in HOLD else "opened") for group in fresh.values()
    ]


class _Owners:
    """Which open alert has which trouble; what one trouble of a table has come apart into counts as one."""

    def __init__(self, alerts: Sequence[OpenAlert]) -> None:
        self.alerts = alerts
        self._by_key: dict[Key, tuple[OpenAlert, Incident]] = {}
        self._by_table: dict[tuple[str, str, str], list[tuple[OpenAlert, Incident]]] = {}
        self._groups: dict[int, dict[Key, Incident]] = {alert.id: {} for alert in alerts}
        for alert in alerts:
            for member in alert.members:
                self._by_key.setdefault(member.key, (alert, member))
                # A held alert waits for one and the same hour: where hours come and go, all is well.
                if alert.told_at:
                    self._by_table.setdefault(member.key[:3], []).append((alert, member))

    def find(self, trouble: Incident) -> tuple[OpenAlert, Incident] | None:
        """Find the alert that has a trouble: by its key, or by hours of the same table it was told with."""
        if trouble.key in self._by_key:
            return self._by_key[trouble.key]
        near = self._by_table.get(trouble.key[:3], ())
        return next(((alert, member) for alert, member in near if _overlap(member, trouble)), None)

    def take(self, trouble: Incident) -> bool:
        """Put a trouble to the alert that has it, if one has."""
        owner = self.find(trouble)
        if owner:
            self.give(owner[0], replace(trouble, mark=owner[1].mark))
        return owner is not None

    def give(self, alert: OpenAlert, trouble: Incident) -> None:
        """Put a trouble to an alert."""
        group = self._groups[alert.id]
        known = group.get(trouble.key)
        group[trouble.key] = _merged(known, trouble) if known else trouble

    def troubles_of(self, alert: OpenAlert) -> tuple[Incident, ...]:
        """Give what an alert has now."""
        return tuple(self._groups[alert.id].values())

    def lasting(self) -> dict[int, datetime | None]:
        """Give the last hour of each alert that has troubles."""
        return {
            number: max((trouble.last for trouble in group.values() if trouble.last), default=None)
            for number, group in self._groups.items()
            if group
        }


def _past(trouble: Incident, now: datetime) -> Incident:
    """Call hours of long ago, which nobody was told of in their time, by one name: they are told together."""
    if trouble.kind not in STRETCHES or not trouble.last or now - trouble.last <= DAILY:
        return trouble
    return replace(trouble, mark=EARLIER, gist=EARLIER)


def _merged(one: Incident, other: Incident) -> Incident:
    newer = other if (other.last and one.last and other.last > one.last) else one
    return replace(
        one,
        first=min((hour for hour in (one.first, other.first) if hour), default=None),
        last=newer.last,
        hours=one.hours + other.hours,
        records=one.records + other.records,
        loaded=one.loaded + other.loaded,
        quarantined=one.quarantined + other.quarantined,
        reason=newer.reason,
    )


def _folded(troubles: list[Incident], owners: _Owners) -> list[Incident]:
    """Make one trouble of missing hours and the finding that says why no files come."""
    findings = [trouble for trouble in troubles if trouble.kind in FAMILY]
    if not findings:
        return troubles
    kept = {(trouble.kind, *trouble.key): trouble for trouble in troubles}
    for why in findings:
        covered = _explained(why, list(kept.values()))
        if owners.find(why):
            for trouble in covered:
                if not owners.find(trouble):
                    del kept[trouble.kind, *trouble.key]
                    kept[why.kind, *why.key] = _covering(kept[why.kind, *why.key], trouble)
        elif covered:
            del kept[why.kind, *why.key]
            for trouble in covered:
                kept[trouble.kind, *trouble.key] = replace(trouble, reason=why.reason)
    return list(kept.values())


def _explained(why: Incident, troubles: Sequence[Incident]) -> list[Incident]:
    """Find the missing hours a finding explains: those that last, for older ones had causes of their own."""
    missing = [
        trouble
        for trouble in troubles
        if trouble.kind == "missing" and trouble.source == why.source and why.table in {"", trouble.table}
    ]
    newest = max((trouble.last for trouble in missing if trouble.last), default=None)
    return [trouble for trouble in missing if trouble.last == newest]


def _covering(why: Incident, covered: Incident) -> Incident:
    firsts = [hour for hour in (why.first, covered.first) if hour]
    lasts = [hour for hour in (why.last, covered.last) if hour]
    return replace(
        why,
        first=min(firsts, default=None),
        last=max(lasts, default=None),
        hours=why.hours + covered.hours,
    )


def _overlap(member: Incident, trouble: Incident) -> bool:
    if not (member.first and member.last and trouble.first and trouble.last):
        return False
    return member.first <= trouble.last and trouble.first <= member.last


def _joined(
    trouble: Incident, alerts: Sequence[OpenAlert], lasting: Mapping[int, datetime | None], now: datetime
) -> OpenAlert | None:
    """Find the alert whose cause a new trouble shares.

    Args:
        trouble: the new trouble.
        alerts: the open alerts.
        lasting: the last hour of those that still have troubles.
        now: the present moment.
    """
    family = trouble.key[0]
    for alert in alerts:
        if (FAMILY.get(alert.kind, alert.kind), alert.source) != (family, trouble.source):
            continue
        if alert.whole and alert.id in lasting and _follows(trouble, lasting[alert.id]):
            return alert
        if alert.gist == trouble.gist and now - alert.opened_at < TOGETHER:
            return alert
    return None


def _follows(trouble: Incident, last: datetime | None) -> bool:
    return last is None or trouble.first is None or trouble.first <= last + ONE_HOUR


def _continued(alert: OpenAlert, troubles: tuple[Incident, ...], now: datetime) -> Step:
    if not troubles:
        return Step(alert, alert.members, "closed" if alert.told_at else None, over=True)
    return Step(alert, troubles, _due(alert, troubles, now))


def _due(alert: OpenAlert, troubles: Sequence[Incident], now: datetime) -> Event | None:
    if alert.told_at is None:
        return "opened" if now - alert.opened_at >= HOLD.get(alert.kind, timedelta(0)) else None
    since = now - alert.told_at
    if since >= SETTLE and any(not _was_told(trouble, alert) for trouble in troubles):
        return "grown"
    grown = sum(trouble.hours for trouble in troubles) > alert.told_hours
    if since >= WEEKLY or (since >= DAILY and (grown or alert.kind in URGENT)):
        return "reminder"
    return None


def _was_told(trouble: Incident, alert: OpenAlert) -> bool:
    return trouble.key in alert.told
