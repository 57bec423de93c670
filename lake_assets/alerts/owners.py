"""Which open alert has which incident, by what it was last seen with.

Where an incident goes that no alert has belongs to `causes`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from lake_assets.alerts.incident import Incident, Key, latest, merged
from lake_assets.alerts.open_alert import OpenAlert

TableKey = tuple[str, str, str]
"""A family, a source and a table."""


class Owners:
    """Which open alert has which incident; what one incident of a table has come apart into counts as one.

    Attributes:
        alerts: the open alerts, oldest first.
    """

    def __init__(self, alerts: Sequence[OpenAlert]) -> None:
        self.alerts = alerts
        self._by_key: dict[Key, tuple[OpenAlert, Incident]] = {}
        self._by_table: dict[TableKey, list[tuple[OpenAlert, Incident]]] = {}
        self._groups: dict[int, dict[Key, Incident]] = {alert.id: {} for alert in alerts}
        for alert in alerts:
            self._index(alert)

    def _index(self, alert: OpenAlert) -> None:
        for member in alert.members:
            self._by_key.setdefault(member.key, (alert, member))
            # A held alert waits for one and the same hour: where hours come and go, all is well.
            if alert.told_at is not None:
                self._by_table.setdefault(member.key[:3], []).append((alert, member))

    def find(self, incident: Incident) -> tuple[OpenAlert, Incident] | None:
        """Return the alert that has an incident, and the member it was.

        It is found by its key, or by hours of the same table that were told of with it.
        """
        if incident.key in self._by_key:
            return self._by_key[incident.key]
        for alert, member in self._by_table.get(incident.key[:3], ()):
            if member.overlaps(incident):
                return alert, member
        return None

    def take(self, incident: Incident) -> bool:
        """Put an incident to the alert that has it; return whether one has."""
        found = self.find(incident)
        if found is None:
            return False
        alert, member = found
        self.give(alert, replace(incident, dedup_key=member.dedup_key))
        return True

    def give(self, alert: OpenAlert, incident: Incident) -> None:
        """Put an incident to an alert."""
        add(self._groups[alert.id], incident)

    def incidents_of(self, alert: OpenAlert) -> tuple[Incident, ...]:
        """Return what an alert has now."""
        return tuple(self._groups[alert.id].values())

    def last_hours(self) -> dict[int, datetime | None]:
        """Return the last hour of each alert that has incidents, by its number."""
        found = {}
        for number, group in self._groups.items():
            if group:
                found[number] = latest(incident.last for incident in group.values())
        return found


def add(group: dict[Key, Incident], incident: Incident) -> None:
    """Put an incident into a group, as one with what has the same key there."""
    key = incident.key
    group[key] = merged(group[key], incident) if key in group else incident
