"""The finding that a process goes on with definitions that are older than the catalog.

Dagster's daemon reads the catalog anew each minute; a code server of one's own does when it is reloaded. What
needs a reload is told by `catalog.current`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from lake_assets.catalog.current import CurrentCatalog
from lake_assets.monitor.findings import Finding, Kind, settle_findings

OLD_DEFINITIONS: Kind = "old_definitions"

RELOADED_WITHIN = timedelta(minutes=10)
"""For so long nobody is told: the daemon does it by itself, and a person is about to."""


@dataclass
class ReloadReminder:
    """Notices that definitions are out of date, in the process that has them.

    Attributes:
        current: the catalog.
        since: when they were first seen to be; None while they are not.
    """

    current: CurrentCatalog
    since: datetime | None = None

    def settle(self, connection: psycopg.Connection, now: datetime) -> None:
        """Open the finding once the definitions have been out of date for a while, and close it when not."""
        details = self.current.why_reload()
        if details is None:
            self.since = None
        elif self.since is None:
            self.since = now
        findings = []
        if details is not None and self.since is not None and now - self.since >= RELOADED_WITHIN:
            findings.append(Finding(kind=OLD_DEFINITIONS, details=details))
        settle_findings(connection, "", findings, (OLD_DEFINITIONS,), now)
