"""What people are told of a cause: title and body in plain text, fit for mail and chat.

Each alert names tables, hours, what was expected, what came, the first reasons, where to look and the
command that mends it. Values of data are not in it. The words of each kind stand in `kinds`; what is told
when belongs to `causes`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from lake_assets.alerts.background import Background
from lake_assets.alerts.incident import Incident, earliest, latest
from lake_assets.alerts.kinds import OF_A_JOB, kind_info
from lake_assets.alerts.open_alert import Event, Step
from lake_assets.escapes import escape_unprintable, shell_word
from lake_assets.hours import ONE_HOUR, format_hour, partition_key

LONGEST_TITLE = 100
"""Characters: what the subject of a mail shows."""

LONGEST_BODY = 4000
"""Characters: some chats take no more."""

LONGEST_REASON = 300
"""Characters of a reason: ten of them leave room for the rest of the body."""

MOST_SHOWN = 10
"""Incidents that are told with all that is known."""

MOST_NAMED = 30
"""Further incidents that are told by name; of others it is told how many there are."""

PREFIX: Mapping[Event, str] = {"opened": "", "grown": "more: ", "reminder": "still: ", "closed": "over: "}

REMOVED_LEAD = "Files that were loaded are gone from the lake, and their rows from the warehouse."
"""What it means that an hour is missing whose files had come."""

NOUNS: Mapping[str, str] = {
    "unknown_table": "folders",
    "run_failed": "runs",
    "loose_objects": "places",
    "mixed_changes": "folders",
}
"""What several incidents without tables are."""


@dataclass(frozen=True)
class Message:
    """What a receiver gets."""

    title: str
    body: str


def write(step: Step, background: Background) -> Message:
    """Return what is to be told of a cause."""
    title = PREFIX[step.event or "opened"] + _title(step, background)
    body = _body_of_end(step, background) if step.over else _body(step, background)
    return Message(title=_cut(title, LONGEST_TITLE), body=_cut(body, LONGEST_BODY))


def shown_incidents(step: Step) -> Sequence[Incident]:
    """Return the incidents of a cause that are told with all that is known."""
    return step.incidents[:MOST_SHOWN]


def _title(step: Step, background: Background) -> str:
    kind = step.kind.replace("_", " ")
    return f"{kind}: {_subject(step, background)}{_when(step.incidents)}"


def _subject(step: Step, background: Background) -> str:
    names = _names(step.incidents)
    source = step.incidents[0].source
    if background.whole and source:
        return f"all of {source} ({len(names)} tables)"
    if len(names) == 1:
        return names[0]
    return f"{len(names)} {_noun(step.incidents)}"


def _names(incidents: Sequence[Incident]) -> list[str]:
    return list(dict.fromkeys(_shown_name(incident) for incident in incidents))


def _shown_name(incident: Incident) -> str:
    """Return an incident's name, which may be a key or a folder of the lake, as people may be shown it."""
    return escape_unprintable(incident.name)


def _noun(incidents: Sequence[Incident]) -> str:
    first = incidents[0]
    sources = {incident.source for incident in incidents}
    if not all(incident.table for incident in incidents):
        noun = NOUNS.get(first.kind, "things")
        return f"{noun} of {first.source}" if first.source else noun
    return f"tables of {first.source}" if len(sources) == 1 else "tables"


def _when(incidents: Sequence[Incident]) -> str:
    first = earliest(incident.first for incident in incidents)
    last = latest(incident.last for incident in incidents)
    if first is None or last is None:
        return ""
    if last <= first:
        return f", {format_hour(first)}"
    return f", {format_hour(first)} to {format_hour(last)}"


def _lead(step: Step) -> str:
    are_removed = all(incident.codes == {"file_removed"} for incident in step.incidents)
    if step.kind == "missing" and are_removed:
        return REMOVED_LEAD
    return kind_info(step.kind).lead


def _body(step: Step, background: Background) -> str:
    paragraphs = [_lead(step)]
    paragraphs += [_describe(incident, background) for incident in shown_incidents(step)]
    rest = step.incidents[MOST_SHOWN:]
    if rest:
        paragraphs.append(_and_more(rest))
    paragraphs.append(f"What to do: {_mending(step)}")
    return "\n\n".join(filter(None, paragraphs))


def _body_of_end(step: Step, background: Background) -> str:
    lines = [f"This is over: {_lead(step)}"]
    lines += [_headline(incident) for incident in shown_incidents(step)]
    rest = step.incidents[MOST_SHOWN:]
    if rest:
        lines.append(_and_more(rest))
    if background.states:
        states = ", ".join(f"{count:,} {state}" for state, count in background.states.items())
        lines.append(f"These table-hours are now: {states}.")
    return "\n".join(lines)


def _describe(incident: Incident, background: Background) -> str:
    lines = [_headline(incident)]
    expected = kind_info(incident.kind).expected
    if expected:
        figures = expected.format(
            records=incident.records, loaded=incident.loaded, quarantined=incident.quarantined
        )
        lines.append(f"  {figures}")
    if incident.subject and incident.subject != incident.name:
        lines.append(f"  about: {escape_unprintable(incident.subject)}")
    lines += [f"  why: {_one_line(reason)}" for reason in _reasons(incident, background)]
    link = _link(incident, background.ui_url)
    if link:
        lines.append(f"  see: {link}")
    return "\n".join(lines)


def _headline(incident: Incident) -> str:
    hours = f", {incident.hours:,} hours" if incident.hours > 1 else ""
    return f"{_shown_name(incident)}{_when([incident])}{hours}"


def _reasons(incident: Incident, background: Background) -> list[str]:
    """Return why an incident is, and why its records are in quarantine; nothing twice."""
    reasons = [incident.reason, *background.reasons.get(incident.key, ())]
    return list(filter(None, dict.fromkeys(reasons)))


def _and_more(incidents: Sequence[Incident]) -> str:
    named = ", ".join(_shown_name(incident) for incident in incidents[:MOST_NAMED])
    said = f"and {len(incidents):,} more: {named}"
    unnamed = len(incidents) - MOST_NAMED
    return f"{said}, and {unnamed:,} others" if unnamed > 0 else said


def _link(incident: Incident, ui_url: str) -> str:
    """Return the page of the Dagster UI that shows an incident, as its 1.13 names it; empty for none."""
    if not ui_url:
        return ""
    if incident.kind == "run_failed":
        return f"{ui_url}/runs/{_quoted(incident.subject)}"
    if not incident.table or incident.kind == "unknown_table":
        return ""
    page = f"{ui_url}/assets/{_quoted(incident.source)}/{_quoted(incident.table)}"
    if incident.last is None:
        return page
    return f"{page}?view=partitions&partition={_quoted(partition_key(incident.last))}"


def _quoted(part: str) -> str:
    return quote(part, safe="")


def _mending(step: Step) -> str:
    """Return what to do about a cause, with the commands for its first incident."""
    first = step.incidents[0]
    text = kind_info(step.kind).mended_by
    if step.kind == "run_failed" and not first.table:
        text = OF_A_JOB
    table = shell_word(first.name)
    hours = _range(first.first, first.last)
    hour = format_hour(first.first) if first.first else "HOUR"
    mending = text.format(
        name=table,
        source=shell_word(first.source),
        load=f"lake-assets load {table}{hours}",
        quarantine=f"lake-assets quarantine list {table}{hours}",
        waive=f"lake-assets waive {table} {hour} --why '…'",
        waive_all=f"lake-assets waive {table}{hours} --why '…'",
    )
    has_others = len(_names(step.incidents)) > 1
    return f"{mending}\nThe others alike." if has_others and "{load}" in text else mending


def _range(first: datetime | None, last: datetime | None) -> str:
    if first is None or last is None:
        return ""
    return f" --from {format_hour(first)} --to {format_hour(last + ONE_HOUR)}"


def _one_line(text: str) -> str:
    return _cut(escape_unprintable(" ".join(text.split())), LONGEST_REASON)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
