"""What people read of facts and verdicts: each sentence about a table-hour is made here, for its reader.

Nothing here decides anything, and no sentence is ever read back. The words of findings belong to
`monitor.findings`, those of alerts to `alerts.messages`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from lake_assets.pluralize import pluralize
from lake_assets.states.decide import Verdict
from lake_assets.states.facts import Fact, FactCode, Facts
from lake_assets.states.state import State

MOST_SHOWN = 5
"""Differences named in a sentence; the ledger's evidence has them all."""

LONG_LISTS: frozenset[State] = frozenset({"mismatch", "stale", "failed", "expected"})
"""States whose facts are a file each, of which there may be thousands."""

Details = Mapping[str, Any]

TEMPLATES: Mapping[FactCode, str] = {
    "no_file": "no file came, and one was due (expect: {expect})",
    "file_removed": "{key}: removed from the lake since it was loaded ({records} records)",
    "file_not_loaded": "{key}: in the lake and not loaded ({bytes} bytes)",
    "file_changed": (
        "{key}: changed in the lake since it was loaded ({bytes_then} bytes then, {bytes_now} now)"
    ),
    "newer_snapshot_gone": "the newer snapshot that had superseded this one is gone",
    "unknown_rows": "{rows} rows in main of file id {file_id}, which the ledger does not know",
    "child_not_loaded": "{key}: was loaded before the catalog named {child}; load the hour again",
    "unknown_child_rows": "{rows} rows in {child} of file id {file_id}, which the ledger does not know",
    "not_recounted": "{key}: cannot be counted again: {error}",
    "too_deep_to_count": (
        "{key}: a document is nested too deep for Python, so nobody can count its elements again"
    ),
    "nul_bytes": "{key}: {count} NUL bytes (`nul: {policy}`)",
    "json_nuls": "{key}: {count} NULs in JSON (`nul: {policy}`)",
    "json_not_finite": "{key}: {count} bare NaN or Infinity in JSON, put into $numberDouble",
    "superseded_by": "superseded by the snapshot of {hour}",
    "snapshot_gone": "the snapshot of {hour} is gone; load this hour again to bring it back",
    "load_failed": "{error}",
    "counts_differ": "{error}",
    "too_many_quarantined": (
        "{bad} of {records} records cannot be loaded, and max_quarantined is {allowed}. "
        "See `lake-assets quarantine list`; mend the file or the catalog, or raise the limit."
    ),
    "nothing_loadable": (
        "None of {records} records can be loaded. See `lake-assets quarantine list`: "
        "most often the catalog's columns, delimiter or header are not those of the file."
    ),
    "nothing_loadable_named": (
        "None of {records} records can be loaded. See `lake-assets quarantine list`: "
        "most often the types of the catalog's columns are not those of the file's values."
    ),
    "mode_unsupported": (
        "{table} asks for load: {load}, which is not loaded by this version. "
        "Write `load: append` or `load: snapshot` for it in the catalog."
    ),
    "task_not_running": "the DMS task {task} does not run (awsdms_status)",
    "table_not_replicated": "DMS has the table as {state!r} (describe_table_statistics)",
    "no_change_counted": "DMS counted no change of it between {before} and {after}",
    "nothing_moved": "DMS moved no record of any table in this time (awsdms_history)",
    "all_applied": "DMS had applied every change up to {applied} (awsdms_status)",
    "silent_for_long": (
        "DMS has applied every change up to {applied}, but this table brought nothing for a week: see "
        "whether the task still maps it"
    ),
    "same_hour_before": "the same hour had files in {came} of the last {weeks} weeks",
    "waived": "waived: {why} ({who})",
    "changes_too_often": (
        "loaded {times} times since {since}, for its files or rows keep changing; left alone until {until}"
    ),
    "noted": "{text}",
    "more": "and {count} more",
    "only_changes": (
        "None of {records} records can be loaded: all are updates or deletes (Op U, D), and `load: {load}` "
        "takes inserts alone. They need `load: merge` and a `key`, which this version does not load yet; see "
        "`lake-assets quarantine list`."
    ),
    "source_vanished": (
        "not one loaded file of {source} is in the lake any more: nothing follows by itself, whatever "
        "`vanished` says. See whether LAKE_ASSETS_LAKE names the right place"
    ),
    "followed": "{who} had {files} vanished files followed at {at}: {records} records went",
    "file_moved": "{key}: moved to {to}, and loaded there with hour {hour}",
    "cannot_be_recounted": "{key}: vanished from the lake, so its {records} records cannot be counted again",
    "beyond_retention": "older than lake_retention ({days} days), and not compared with the lake",
    "table_gone": "{table} is not there, into which its records were loaded",
    "values_not_compared": "its values cannot be compared with those of the lake: {error}",
    "columns_not_compared": (
        "not compared with the lake: {columns}, for the transform {transform} gives something else each time"
    ),
}
"""The sentences that are one form, filled in."""


def sentence(fact: Fact) -> str:
    """Return one fact as people read it, without a full stop."""
    template = TEMPLATES.get(fact.code)
    if template is not None:
        return template.format_map(fact.details)
    return _COMPOSED[fact.code](fact.details)


def sentences(facts: Facts, most: int | None = None) -> str | None:
    """Return facts as one line.

    Args:
        facts: the facts, what matters most first.
        most: how many are said at most; of the others it is said how many there are. None for all.

    Returns:
        The sentences, parted by semicolons; None where there are no facts.
    """
    if not facts:
        return None
    if most is None or len(facts) <= most:
        return "; ".join(sentence(fact) for fact in facts)
    said = [sentence(fact) for fact in facts[:most]]
    left_out = sum(_weight(fact) for fact in facts[most:])
    return "; ".join([*said, f"and {left_out} more"])


def _weight(fact: Fact) -> int:
    """Return how many facts one stands for."""
    return int(fact.details["count"]) if fact.code == "more" else 1


def why(verdict: Verdict) -> str | None:
    """Return why a table-hour is what it is, or what is known of it; None where there is nothing to say."""
    return note_of(verdict.state, verdict.facts)


def note_of(state: State, facts: Facts) -> str | None:
    """Return what the ledger notes beside a state, for people who read its tables."""
    return sentences(facts, MOST_SHOWN if state in LONG_LISTS else None)


def describe(verdict: Verdict) -> str:
    """Return the outcome of a check in a sentence or a few."""
    said = why(verdict)
    if verdict.found:
        return f"{verdict.state}: {said}"
    if verdict.state == "waived":
        return said or "waived"
    if not verdict.files:
        return _describe_without_files(verdict.state, said)
    return _describe_counts(verdict)


def _describe_without_files(state: State, said: str | None) -> str:
    if state == "quiet":
        return f"No file: {said}" if said else "No file, and none was due."
    if state == "expected":
        return "The hour is not over."
    return state


def _describe_counts(verdict: Verdict) -> str:
    counts = verdict.counts
    rows = counts.rows if verdict.in_main is None else verdict.in_main
    others = {
        "in quarantine": counts.quarantined,
        "superseded": counts.superseded,
        "filtered": counts.filtered,
        "rows added": counts.added,
    }
    besides = "".join(f", {count} {what}" for what, count in others.items() if count)
    records, files = pluralize(counts.records, "record"), pluralize(verdict.files, "file")
    return f"{records} in {files}: {pluralize(rows, 'row')} in main{besides}."


def _waived_files_changed(details: Details) -> str:
    waiver = tuple(Fact.from_json(kept) for kept in details["waiver"])
    return f"{sentences(waiver) or 'waived'}, but its files have changed since"


def _rows_differ(details: Details) -> str:
    due = details["loaded"] + details["added"]
    more = f" and {details['added']} added by the transform" if details["added"] else ""
    return (
        f"{details['key']}: {details['in_main']} rows in main, {details['loaded']} loaded{more} "
        f"({details['in_main'] - due:+d})"
    )


def _quarantine_differs(details: Details) -> str:
    held, counted = details["held"], details["counted"]
    return f"{details['key']}: {held} records in quarantine, {counted} put there ({held - counted:+d})"


def _child_rows_differ(details: Details) -> str:
    there, due = details["in_main"], details["loaded"]
    return f"{details['key']}: {there} rows in {details['child']}, {due} loaded ({there - due:+d})"


def _recount_differs(details: Details) -> str:
    counted, known = details["recounted"], details["counted"]
    return (
        f"{details['key']}: {counted} records by a new recount, {known} in the ledger ({counted - known:+d})"
    )


def _elements_differ(details: Details) -> str:
    counted, due = details["recounted"], details["loaded"]
    return (
        f"{details['key']}: {counted} elements for {details['child']} by a new count, {due} loaded "
        f"({counted - due:+d})"
    )


def _lossy_cells(details: Details) -> str:
    counts = [f"{count} of {column}" for column, count in sorted(details["columns"].items())]
    return f"{details['key']}: cells that their types changed (`lossy: allow`): {', '.join(counts)}"


def _file_vanished(details: Details) -> str:
    rows, held = details["rows"], details["quarantined"]
    besides = f", and {pluralize(held, 'record')} in quarantine" if held else ""
    stay = "stays" if rows == 1 else "stay"
    return (
        f"{details['key']}: vanished from the lake since it was loaded; {pluralize(rows, 'row')} of it "
        f"{stay} in main{besides}"
    )


def _columns_missing(details: Details) -> str:
    return f"{details['key']} has no column {', '.join(details['columns'])}"


def _column_renamed(details: Details) -> str:
    return f"{details['key']}: {renamed(details['found'], details['column'])}"


def renamed(found: str, column: str) -> str:
    """Return the guess that a column of a file is one of the catalog under another name."""
    return f"{found!r} may be {column!r} renamed (`from:` in the catalog would say so)"


def _columns_added(details: Details) -> str:
    return f"new columns, added as {', '.join(details['types'])}: {', '.join(details['columns'])}"


def _schema_changed(details: Details) -> str:
    told = [_schema_change(*change) for change in details["changes"]]
    if details["more"]:
        told.append(f"and {details['more']} more in lake_assets.schema_changes")
    return f"schema changes: {', '.join(told)}"


def _schema_change(change: str, column: str | None, detail: str | None) -> str:
    what = change if column is None else f"{column} {change}"
    return f"{what} ({detail})" if detail else what


def _had_failed(details: Details) -> str:
    return f"its load had failed before: {sentence(Fact.from_json(details['cause']))}"


def _suspended(details: Details) -> str:
    because = f", because: {details['because']}" if details["because"] else ""
    return f"suspended by DMS at {details['at']}{because}"


def _task_stopped(details: Details) -> str:
    because = f", because: {details['because']}" if details["because"] else ""
    return f"the DMS task {details['task']} is {details['status']}{because}"


def _neighbour_delivered(details: Details) -> str:
    how = "delivered" if details["came"] else "did not deliver either"
    return f"the other hourly table of {details['source']} {how}"


def _neighbours_delivered(details: Details) -> str:
    came, due, source = details["came"], details["due"], details["source"]
    if not came:
        return f"none of the {due} other hourly tables of {source} delivered either"
    return f"{came} of {due} other hourly tables of {source} delivered"


def _columns_gone(details: Details) -> str:
    table, columns = details["table"], details["columns"]
    old_name = columns[0].replace('"', '""')
    return (
        f"{table} has no column {', '.join(columns)} any more, and its rows were loaded with it: somebody "
        "dropped or renamed it. If it was renamed, rename it back: "
        f'`ALTER TABLE {table} RENAME COLUMN … TO "{old_name}"`. '
        f"If it was dropped, drop the table {table} too: its hours are then loaded again from the lake. "
        "If nobody wants it, take it out of the catalog and set `new_columns: ignore`"
    )


def _columns_were_gone(details: Details) -> str:
    return (
        f"{details['table']} has column {', '.join(details['columns'])} again; nobody has counted its rows "
        "since: `lake-assets check` does, or load the hour again"
    )


def _columns_not_loaded(details: Details) -> str:
    return (
        f"loaded before the catalog named {', '.join(details['columns'])} of {details['table']}, and its "
        "files have it: it is loaded again in the background (`backfill: false` at the column leaves it so)"
    )


def _values_differ(details: Details) -> str:
    """Return how rows of a table differ from what a file says."""
    told = []
    if details["rows"]:
        columns = ", ".join(f"{name} in {count}" for name, count in details["columns"])
        records = ", ".join(map(str, details["records"]))
        told.append(f"{pluralize(details['rows'], 'row')} otherwise ({columns}; records {records})")
    if details["lacking"]:
        told.append(f"no row of {pluralize(details['lacking'], 'record')}")
    if details["unknown"]:
        told.append(f"{pluralize(details['unknown'], 'row')} that the file does not give")
    return f"{details['key']}: read again beside {details['table']}, which has {'; '.join(told)}"


_COMPOSED: Mapping[FactCode, Callable[[Details], str]] = {
    "waived_files_changed": _waived_files_changed,
    "rows_differ": _rows_differ,
    "quarantine_differs": _quarantine_differs,
    "child_rows_differ": _child_rows_differ,
    "recount_differs": _recount_differs,
    "elements_differ": _elements_differ,
    "file_vanished": _file_vanished,
    "columns_missing": _columns_missing,
    "lossy_cells": _lossy_cells,
    "column_renamed": _column_renamed,
    "columns_added": _columns_added,
    "schema_changed": _schema_changed,
    "had_failed": _had_failed,
    "suspended": _suspended,
    "task_stopped": _task_stopped,
    "neighbour_delivered": _neighbour_delivered,
    "neighbours_delivered": _neighbours_delivered,
    "columns_gone": _columns_gone,
    "columns_were_gone": _columns_were_gone,
    "columns_not_loaded": _columns_not_loaded,
    "values_differ": _values_differ,
}
"""The sentences that need more than filling in."""
