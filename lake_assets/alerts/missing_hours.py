"""Missing hours, and the findings that say why no files come: a table is told of once for both.

What a finding says belongs to `monitor.finding_rules`, which cause an incident has to `causes`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lake_assets.alerts.incident import Incident, Key, earliest, latest
from lake_assets.alerts.kinds import kind_info
from lake_assets.alerts.owners import Owners

Incidents = dict[tuple[str, Key], Incident]
"""Incidents by kind and key: a finding and the hours it explains may have a key in common."""


def fold_explained(incidents: Sequence[Incident], owners: Owners) -> list[Incident]:
    """Return incidents with one for missing hours and the finding that says why no files come.

    Where people were told of the finding, it stays and takes in hours that nobody was told of; else the hours
    stay, and the finding becomes their explanation.

    Args:
        incidents: all that is wrong now.
        owners: which alert has which incident.
    """
    findings = [incident for incident in incidents if kind_info(incident.kind).explains_missing]
    if not findings:
        return list(incidents)
    kept = {_place(incident): incident for incident in incidents}
    for finding in findings:
        explained = _explained_by(finding, kept.values())
        if owners.find(finding) is not None:
            untold = [incident for incident in explained if owners.find(incident) is None]
            _take_in(kept, finding, untold)
        elif explained:
            _explain(kept, finding, explained)
    return list(kept.values())


def _place(incident: Incident) -> tuple[str, Key]:
    return incident.kind, incident.key


def _explained_by(finding: Incident, incidents: Iterable[Incident]) -> list[Incident]:
    """Return the missing hours a finding explains: those that last, for older ones had other causes."""
    missing = [incident for incident in incidents if _may_explain(finding, incident)]
    newest = latest(incident.last for incident in missing)
    return [incident for incident in missing if incident.last == newest]


def _may_explain(finding: Incident, incident: Incident) -> bool:
    if incident.kind != "missing" or incident.source != finding.source:
        return False
    is_of_whole_source = not finding.table
    return is_of_whole_source or incident.table == finding.table


def _take_in(kept: Incidents, finding: Incident, hours: Iterable[Incident]) -> None:
    """Make missing hours part of the finding that people know."""
    for incident in hours:
        del kept[_place(incident)]
        known = kept[_place(finding)]
        kept[_place(finding)] = replace(
            known,
            first=earliest([known.first, incident.first]),
            last=latest([known.last, incident.last]),
            hours=known.hours + incident.hours,
        )


def _explain(kept: Incidents, finding: Incident, hours: Iterable[Incident]) -> None:
    """Make a finding the explanation of missing hours."""
    del kept[_place(finding)]
    for incident in hours:
        kept[_place(incident)] = replace(incident, explanation=finding.explanation)
