"""Open alerts, and the step that each of them takes in a round.

Which step that is belongs to `causes`, keeping alerts and steps to `outbox`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lake_assets.alerts.incident import Incident, Key
from lake_assets.alerts.kinds import family_of

Event = Literal["opened", "grown", "reminder", "closed"]


@dataclass(frozen=True)
class OpenAlert:
    """An alert whose cause lasts, as it was last told.

    Attributes:
        id: its number.
        kind: the kind of incident it was opened for.
        source: their source.
        fingerprint: what they had in common.
        opened_at: when the cause was first seen.
        told_at: when people were last told; None while it is held back.
        told_hours: how many table-hours it had then.
        whole: it was a whole source that delivered nothing.
        members: its incidents, as they were last seen.
        told: the keys that people have been told of.
    """

    id: int
    kind: str
    source: str
    fingerprint: str
    opened_at: datetime
    told_at: datetime | None
    told_hours: int
    whole: bool
    members: tuple[Incident, ...]
    told: frozenset[Key]

    @property
    def family(self) -> str:
        """The kind it counts as, where incidents of one cause are looked for."""
        return family_of(self.kind)

    def has_told(self, incident: Incident) -> bool:
        """Return whether people have been told of an incident."""
        return incident.key in self.told


@dataclass(frozen=True)
class Step:
    """What becomes of a cause now.

    Attributes:
        alert: the open alert; None for a cause that is new.
        incidents: its incidents now; those it had, where it is over.
        event: what to tell; None for nothing.
        over: nothing of it is left.
    """

    alert: OpenAlert | None
    incidents: tuple[Incident, ...]
    event: Event | None
    over: bool = False

    @property
    def kind(self) -> str:
        """The kind it is told as."""
        return self.alert.kind if self.alert else self.incidents[0].kind

    @property
    def hours(self) -> int:
        """How many table-hours it has."""
        return sum(incident.hours for incident in self.incidents)

    @property
    def told(self) -> frozenset[Key]:
        """The keys people will have been told of, once its event is told."""
        keys = frozenset(incident.key for incident in self.incidents)
        if self.event is not None:
            return keys
        if self.alert is None:
            return frozenset()
        return keys & self.alert.told
