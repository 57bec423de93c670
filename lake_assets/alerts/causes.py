"""Which incidents have one cause, and what is to be told of it: pure functions of these and the clock.

A cause is what people are told of once, with a list. Where incidents come from belongs to `gather`, the words
to `messages`, keeping and sending to `outbox`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from lake_assets.alerts.incident import Incident, Key
from lake_assets.alerts.kinds import kind_info
from lake_assets.alerts.missing_hours import fold_explained
from lake_assets.alerts.open_alert import Event, OpenAlert, Step
from lake_assets.alerts.owners import Owners, add
from lake_assets.hours import ONE_HOUR

TOGETHER = timedelta(hours=1)
"""Incidents of a kind found within this time join one alert: tables are judged one after the other."""

SETTLE = timedelta(minutes=15)
"""The least time between an alert and the word that more tables share its cause."""

DAILY, WEEKLY = timedelta(days=1), timedelta(days=7)
"""How often people are reminded: of what is urgent or grows, and of anything else."""

LONG_AGO = timedelta(days=1)
"""After which hours that nobody was told of are told together, by no hour of their own."""

EARLIER = "earlier"
"""The dedup key and fingerprint of hours of long ago."""


def decide(
    incidents: Sequence[Incident],
    alerts: Sequence[OpenAlert],
    now: datetime,
    *,
    unseen: frozenset[str] = frozenset(),
) -> list[Step]:
    """Return what becomes of each cause: every incident is put to its own.

    An incident stays with the alert that has it. A new one joins an alert of the same kind, source and
    fingerprint that is younger than an hour, or the one of a source that delivers nothing at all; the rest
    become new alerts, one for each kind, source and fingerprint. An alert without incidents is over.

    Args:
        incidents: all that is wrong now.
        alerts: the open alerts, oldest first.
        now: the present moment.
        unseen: the kinds that were not looked for; alerts of these stay as they are.
    """
    owners = Owners([alert for alert in alerts if alert.kind not in unseen])
    unowned = _take_known(fold_explained(incidents, owners), owners, now)
    groups = _join_or_group(unowned, owners, now)
    continued = [_continued(alert, owners.incidents_of(alert), now) for alert in owners.alerts]
    return [*continued, *(_opened(group) for group in groups)]


def _take_known(incidents: Sequence[Incident], owners: Owners, now: datetime) -> list[Incident]:
    """Put incidents to the alerts that have them; return those that no alert has."""
    unowned: dict[Key, Incident] = {}
    for incident in incidents:
        if owners.take(incident):
            continue
        aged = _aged(incident, now)
        if not owners.take(aged):
            add(unowned, aged)
    return list(unowned.values())


def _aged(incident: Incident, now: datetime) -> Incident:
    """Return an incident that no alert has; hours of long ago by one name, for they are told together."""
    if incident.last is None or now - incident.last <= LONG_AGO:
        return incident
    if not kind_info(incident.kind).comes_in_stretches:
        return incident
    return replace(incident, dedup_key=EARLIER, fingerprint=EARLIER)


def _join_or_group(unowned: Sequence[Incident], owners: Owners, now: datetime) -> list[tuple[Incident, ...]]:
    """Put new incidents to alerts whose cause they share; return the others, a group for each new cause."""
    last_hours = owners.last_hours()
    groups: dict[tuple[str, str, str], list[Incident]] = {}
    for incident in unowned:
        alert = _find_shared(incident, owners.alerts, last_hours, now)
        if alert is not None:
            owners.give(alert, incident)
            continue
        cause = (incident.family, incident.source, incident.fingerprint)
        groups.setdefault(cause, []).append(incident)
    return [tuple(group) for group in groups.values()]


def _find_shared(
    incident: Incident,
    alerts: Sequence[OpenAlert],
    last_hours: Mapping[int, datetime | None],
    now: datetime,
) -> OpenAlert | None:
    """Return the alert whose cause a new incident shares, if one does.

    Args:
        incident: the new incident.
        alerts: the open alerts.
        last_hours: the last hour of those that still have incidents, by number.
        now: the present moment.
    """
    for alert in alerts:
        if (alert.family, alert.source) != (incident.family, incident.source):
            continue
        still_silent = alert.whole and alert.id in last_hours
        if still_silent and _follows(incident, last_hours[alert.id]):
            return alert
        is_young = now - alert.opened_at < TOGETHER
        if is_young and alert.fingerprint == incident.fingerprint:
            return alert
    return None


def _follows(incident: Incident, last: datetime | None) -> bool:
    if last is None or incident.first is None:
        return True
    return incident.first <= last + ONE_HOUR


def _opened(group: tuple[Incident, ...]) -> Step:
    is_held = kind_info(group[0].kind).held_for > timedelta(0)
    return Step(alert=None, incidents=group, event=None if is_held else "opened")


def _continued(alert: OpenAlert, incidents: tuple[Incident, ...], now: datetime) -> Step:
    if incidents:
        return Step(alert=alert, incidents=incidents, event=_due(alert, incidents, now))
    was_told = alert.told_at is not None
    return Step(alert=alert, incidents=alert.members, event="closed" if was_told else None, over=True)


def _due(alert: OpenAlert, incidents: Sequence[Incident], now: datetime) -> Event | None:
    """Return what is to be told now of a cause that lasts."""
    if alert.told_at is None:
        is_held = now - alert.opened_at < kind_info(alert.kind).held_for
        return None if is_held else "opened"
    since = now - alert.told_at
    has_untold = not all(alert.has_told(incident) for incident in incidents)
    if has_untold and since >= SETTLE:
        return "grown"
    has_grown = sum(incident.hours for incident in incidents) > alert.told_hours
    pause = DAILY if has_grown or kind_info(alert.kind).is_urgent else WEEKLY
    return "reminder" if since >= pause else None
