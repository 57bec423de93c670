"""What people are told of a cause: title and body in plain text, fit for mail and chat.

Each alert names tables, hours, what was expected, what came, the first reasons, where to look and the
command that mends it. Values of data are not in it. What is told when belongs to `causes`.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from lake_assets.alerts.causes import Event, Incident, Step
from lake_assets.hours import ONE_HOUR, format_hour, partition_key

LONGEST_TITLE = 100
LONGEST_REASON = 300
LONGEST_BODY = 4000  # characters; some chats take no more
MOST_SHOWN = 10
MOST_NAMED = 30
NOT_BLANK = 2

PREFIX: Mapping[Event, str] = {"opened": "", "grown": "more: ", "reminder": "still: ", "closed": "over: "}

REMOVED_LEAD = "Files that were loaded are gone from the lake, and their rows from the warehouse."
LEAD: Mapping[str, str] = {
    "missing": "No file came, and one was due.",
    "silent_source": "The source delivers nothing.",
    "no_folder": "The catalog has a table for which the lake has no folder.",
    "suspended_table": "DMS has suspended the table: nothing comes for it.",
    "failed": "The load failed; main is as it was before.",
    "mismatch": "Lake, ledger and main do not count the same.",
    "stale": "The lake has what main has not, for two hours or longer.",
    "quarantined": "Records could not be loaded and are in quarantine; the others are in main.",
    "unknown_source": "The lake has a folder of a source that no catalog names: its files are not loaded.",
    "unknown_table": "The lake has folders that no catalog names: their files are not loaded.",
    "load_hole": "A number is missing among the LOAD files: one may have been lost.",
    "volume": "The number of records is far from what this hour had in other weeks.",
    "stranger": "Files that are not understood lie in a table's folder: they are not loaded.",
    "changing_file": "A file keeps changing; it is not loaded again until it rests.",
    "dms_task": "A DMS task does not run as it should.",
    "dms_endpoint": "A DMS endpoint does not write as the catalog expects.",
    "dms_control": "A control table of DMS cannot be read.",
    "judge_silent": "The judge has not run for two hours: nobody looks for what is missing.",
    "run_failed": "A run failed and left hours of its tables as they were.",
}

MENDED_BY: Mapping[str, str] = {
    "missing": "See whether DMS runs and writes. Files that came late are taken by:\n  {load}\n"
    "If none will come:\n  {waive}",
    "silent_source": "See whether DMS runs and writes to this folder; then:\n  lake-assets load {source}",
    "no_folder": "See whether DMS delivers it, and whether `from` in the catalog names its folder; then:\n"
    "  lake-assets load {name}",
    "suspended_table": "Mend the cause and reload the table in DMS; then:\n  lake-assets load {name}",
    "failed": "Mend what the reason says; then:\n  {load}",
    "mismatch": "If nobody should have changed main, see who did; then:\n  {load}",
    "stale": "See whether the daemon runs; or load it now:\n  {load}",
    "quarantined": "See the records:\n  {quarantine}\nMend the file or the catalog; then:\n  {load}",
    "unknown_source": "Write a catalog for it:\n  lake-assets discover {name}",
    "unknown_table": "Add them to the catalog:\n  lake-assets discover {source}",
    "run_failed": "Mend what the reason says; then:\n  {load}",
    "judge_silent": "Start dagster-daemon and the code location, and see that schedules and sensors are on. "
    "Meanwhile:\n  lake-assets load",
}
OF_A_JOB = "Mend what the reason says; then run it again in the UI.\nSee the states:\n  lake-assets status"
OTHERWISE = "See the state of the tables:\n  lake-assets status {source}"

EXPECTED: Mapping[str, str] = {
    "missing": "expected files, got none",
    "failed": "expected the hour in main, got none of it",
    "mismatch": "expected the counts to agree: {records:,} records of its files, {loaded:,} loaded",
    "quarantined": "expected {records:,} records in main, got {loaded:,}; {quarantined:,} in quarantine",
}


@dataclass(frozen=True)
class Message:
    """What a receiver gets."""

    title: str
    body: str


@dataclass(frozen=True)
class Background:
    """What else is known when a message is written.

    Attributes:
        ui_url: where the Dagster UI is; empty if no setting says so.
        whole: the cause is a whole source that delivers nothing.
        reasons: the first reasons of quarantined records, by key of the trouble.
        states: the states the table-hours of a cause that is over are in now.
    """

    ui_url: str = ""
    whole: bool = False
    reasons: Mapping[tuple[str, str, str, str], Sequence[str]] | None = None
    states: Mapping[str, int] | None = None


def write(step: Step, background: Background) -> Message:
    """Write what is to be told of a cause."""
    title = PREFIX[step.event or "opened"] + _title(step, background)
    return Message(_cut(title, LONGEST_TITLE), _cut(_body(step, background), LONGEST_BODY))


def _title(step: Step, background: Background) -> str:
    troubles = step.troubles
    names = list(dict.fromkeys(trouble.name for trouble in troubles))
    what = names[0] if len(names) == 1 else f"{len(names)} {_what(troubles)}"
    if background.whole and troubles[0].source:
        what = f"all of {troubles[0].source} ({len(names)} tables)"
    return f"{step.kind.replace('_', ' ')}: {what}{_when(troubles)}"


def _what(troubles: Sequence[Incident]) -> str:
    if all(trouble.table for trouble in troubles):
        sources = sorted({trouble.source for trouble in troubles})
        return f"tables of {sources[0]}" if len(sources) == 1 else "tables"
    what = {"unknown_table": "folders", "run_failed": "runs"}.get(troubles[0].kind, "things")
    return what + (f" of {troubles[0].source}" if troubles[0].source else "")


def _when(troubles: Sequence[Incident]) -> str:
    firsts = [trouble.first for trouble in troubles if trouble.first]
    lasts = [trouble.last for trouble in troubles if trouble.last]
    if not firsts or not lasts:
        return ""
    first, last = min(firsts), max(lasts)
    return f", {format_hour(first)}" + (f" to {format_hour(last)}" if last > first else "")


def _lead(step: Step) -> str:
    if step.kind == "missing" and all(trouble.removed for trouble in step.troubles):
        return REMOVED_LEAD
    return LEAD.get(step.kind, "")


def _body(step: Step, background: Background) -> str:
    lead = _lead(step)
    if step.over:
        return "\n".join(filter(None, [f"This is over: {lead}", *_overview(step.troubles), _now(background)]))
    shown, rest = step.troubles[:MOST_SHOWN], step.troubles[MOST_SHOWN:]
    parts = [lead, *("\n".join(_describe(trouble, background)) for trouble in shown)]
    if rest:
        parts.append(_and_more(rest))
    parts.append(f"What to do: {_mending(step)}")
    return "\n\n".join(filter(None, parts))


def _overview(troubles: Sequence[Incident]) -> list[str]:
    lines = [f"{trouble.name}{_when([trouble])}{_count(trouble)}" for trouble in troubles[:MOST_SHOWN]]
    return [*lines, _and_more(troubles[MOST_SHOWN:])] if troubles[MOST_SHOWN:] else lines


def _now(background: Background) -> str:
    if not background.states:
        return ""
    states = ", ".join(f"{count:,} {state}" for state, count in background.states.items())
    return f"These table-hours are now: {states}."


def _describe(trouble: Incident, background: Background) -> list[str]:
    lines = [f"{trouble.name}{_when([trouble])}{_count(trouble)}"]
    if expected := EXPECTED.get(trouble.kind):
        lines.append("  " + expected.format(**vars(trouble)))
    if trouble.subject and trouble.subject != trouble.name:
        lines.append(f"  about: {trouble.subject}")
    reasons = [trouble.reason, *(background.reasons or {}).get(trouble.key, ())]
    lines += [f"  why: {_one_line(reason)}" for reason in dict.fromkeys(reasons) if reason]
    if link := _link(trouble, background.ui_url):
        lines.append(f"  see: {link}")
    return lines


def _count(trouble: Incident) -> str:
    return f", {trouble.hours:,} hours" if trouble.hours > 1 else ""


def _and_more(troubles: Sequence[Incident]) -> str:
    named = ", ".join(trouble.name for trouble in troubles[:MOST_NAMED])
    unnamed = len(troubles) - MOST_NAMED
    return f"and {len(troubles):,} more: {named}" + (f", and {unnamed:,} others" if unnamed > 0 else "")


def _link(trouble: Incident, ui_url: str) -> str:
    """Give the page of the Dagster UI that shows a trouble, as its 1.13 names it."""
    if not ui_url:
        return ""
    if trouble.kind == "run_failed":
        return f"{ui_url}/runs/{quote(trouble.subject, safe='')}"
    if not trouble.table or trouble.kind == "unknown_table":
        return ""
    page = f"{ui_url}/assets/{quote(trouble.source, safe='')}/{quote(trouble.table, safe='')}"
    if not trouble.last:
        return page
    return f"{page}?view=partitions&partition={quote(partition_key(trouble.last), safe='')}"


def _mending(step: Step) -> str:
    first = step.troubles[0]
    text = MENDED_BY.get(step.kind, OTHERWISE)
    if step.kind == "run_failed" and not first.table:
        text = OF_A_JOB
    hours = _range(first.first, first.last)
    table = shlex.quote(first.name)
    mending = text.format(
        name=table,
        source=shlex.quote(first.source),
        load=f"lake-assets load {table}{hours}",
        quarantine=f"lake-assets quarantine list {table}{hours}",
        waive=f"lake-assets waive {table} {format_hour(first.first) if first.first else 'HOUR'} --why '…'",
    )
    alike = len({trouble.name for trouble in step.troubles}) >= NOT_BLANK
    return mending + ("\nThe others alike." if alike and "{load}" in text else "")


def _range(first: datetime | None, last: datetime | None) -> str:
    if not first or not last:
        return ""
    return f" --from {format_hour(first)} --to {format_hour(last + ONE_HOUR)}"


def _one_line(text: str) -> str:
    return _cut(" ".join(text.split()), LONGEST_REASON)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
