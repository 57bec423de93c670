"""What people read of findings: every sentence about one is made here, when somebody reads.

Nothing here decides anything, and no sentence is ever read back. Table-hours have theirs in
`states.sentences`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from lake_assets.escapes import shell_word
from lake_assets.lake.levels import WrongLevel
from lake_assets.lake.loose_objects import loose_sentence
from lake_assets.pluralize import pluralize

Details = Mapping[str, Any]


def finding_sentence(kind: str, details: Details) -> str:
    """Return a finding as people read it: what was seen, with the figures, and what to do.

    Args:
        kind: the finding's kind.
        details: its figures and names; of one that was opened before there were any, its words as `noted`.
    """
    if "noted" in details:
        return str(details["noted"])
    return _SENTENCES[kind](details)


def _unknown_source(details: Details) -> str:
    folder = details["folder"]
    return (
        f"The lake has the folder {folder} ({details['tables']} below it), and the catalog no source for it: "
        f"`lake-assets discover {shell_word(folder)}` writes one, or says why it cannot."
    )


def _unknown_table(details: Details) -> str:
    return (
        f"The lake has the folder {details['folder']}, and the catalog no table for it: "
        f"`lake-assets discover {shell_word(details['source'])}` adds it, or says why it cannot."
    )


def _no_folder(details: Details) -> str:
    went = "is gone" if details["had_files"] else "never came: DMS makes none for an empty table"
    return (
        f"{details['table']} is in the catalog, and its folder {details['folder']} {went}. "
        "See whether the DMS task maps it, or take it out of the catalog."
    )


def _silent_source(details: Details) -> str:
    at_least = " at least" if details["at_least"] else ""
    return (
        f"No file of any of the {details['tables']} tables of {details['source']} from {details['since']} "
        f"on{at_least}. See whether the DMS task runs."
    )


def _stranger(details: Details) -> str:
    if "more" in details:
        return f"{details['more']} more files are not loaded."
    return f"{details['key']} is not loaded: {details['reason']}"


def _load_hole(details: Details) -> str:
    shown = ", ".join(details["absent"])
    more = f" and {details['more']} more" if details["more"] else ""
    return (
        f"{details['series']}: {shown}{more} of the full load is not there, and {details['newest']} is. "
        "Records are missing that no other file holds: reload the table in DMS."
    )


def _suspended_table(details: Details) -> str:
    if "state" in details:
        return f"DMS has {details['table']} as {details['state']!r}."
    because = f", because: {details['because']}" if details["because"] else ""
    return (
        f"{details['table']} is suspended by DMS at {details['at']}{because}. "
        "Mend the cause and reload the table in DMS."
    )


def _dms_task(details: Details) -> str:
    if "trouble" in details:
        return f"DMS does not answer: {details['trouble']}"
    if "status" not in details:
        return f"The DMS task {details['task']} does not run (awsdms_status)."
    because = f": {details['because']}" if details["because"] else ""
    return f"The DMS task {details['task']} is {details['status']}{because}."


def _dms_control(details: Details) -> str:
    return f"A control table cannot be read: {details['trouble']}"


def _dms_endpoint(details: Details) -> str:
    return f"The DMS endpoint {details['endpoint']}: {details['fault']}."


def _volume(details: Details) -> str:
    return (
        f"{details['table']} {details['hour']} has {details['records']:,} records; the same hour of the "
        f"last {details['weeks']} weeks had {details['median']:,.0f} (median)."
    )


def _changing_file(details: Details) -> str:
    return (
        f"{details['table']} {details['hour']}: loaded {details['times']} times since {details['since']}, "
        f"for its files or rows keep changing; left alone until {details['until']}. See what writes them."
    )


def _column_vanished(details: Details) -> str:
    table, column = details["table"], details["column"]
    if details["last"] is None:
        said = f"{table}: no file has had the column {column!r} so far ({details['file']})"
    else:
        said = (
            f"{table}: the column {column!r} is gone from {details['file']} on; {details['last']} had it last"
        )
    said += ", so that it is NULL in main. "
    if details["renamed"]:
        new = details["renamed"]
        return f"{said}{new!r} has come in its place: renamed? Then say `from: {new}` for it in the catalog."
    if details["come"]:
        said += f"New beside it: {', '.join(map(repr, details['come']))}. "
    return (
        f"{said}See what writes the files; or take the column out of the catalog, or name another by `from:`."
    )


def _column_new(details: Details) -> str:
    became = "is left out" if details["policy"] == "ignore" else "is in main as text"
    return (
        f"{details['table']}: the column {details['column']!r} is new since {details['file']}, and {became}, "
        "for the catalog does not name it. Add it to the catalog; else this ends after a week."
    )


def _header_doubt(details: Details) -> str:
    files = pluralize(details["files"], "file")
    because = "has names of columns among its cells"
    if details["header"] is not None:
        because = f"other files of the table have a header ({', '.join(details['header'])})"
    return (
        f"{details['table']}: the first record of {files} ({details['file']}) was taken for data, and "
        f"{because}. If it names columns, give the "
        "names in the catalog (`from:`) and load the hour again; if it is data, say `header: true` or "
        "`header: false` in the table's `files:`, as it is from now on."
    )


def _loose_objects(details: Details) -> str:
    return loose_sentence("loose", details)


def _mixed_changes(details: Details) -> str:
    return loose_sentence("mixed", details)


def _wrong_level(details: Details) -> str:
    return WrongLevel(**{**details, "tables": tuple(details["tables"])}).sentence


def _old_definitions(details: Details) -> str:
    if "error" in details:
        return (
            f"The catalog {details['folder']} cannot be read any more, and nothing is loaded until it can: "
            f"{details['error']}"
        )
    parts = []
    for words, names in (("new", details["new"]), ("gone", details["gone"]), ("changed", details["changed"])):
        if names:
            parts.append(f"{words}: {', '.join(names)}")
    return (
        f"The catalog {details['folder']} has changed ({'; '.join(parts)}), and Dagster goes on as before. "
        "Reload the code location (in the UI under Deployment), or start its server anew."
    )


def _empty_hours(details: Details) -> str:
    first, last, hours = details["first"], details["last"], details["hours"]
    when = first if hours == 1 else f"{first} to {last} ({hours} hours)"
    so_far = "" if details["is_over"] else ", and no record has come since"
    return (
        f"{details['table']} {when}: there are files, and no record in them, after records in "
        f"{details['before']}{so_far}.{_counted(details)} See whether the source was quiet, or DMS lost its "
        f"changes; if it may be so, `lake-assets waive {details['table']} {first} --why …`."
    )


def _counted(details: Details) -> str:
    if details["changes"] is None:
        return ""
    return (
        f" DMS counted {pluralize(details['changes'], 'change')} of it between {details['since']} and "
        f"{details['until']}."
    )


_SENTENCES: Mapping[str, Callable[[Details], str]] = {
    "unknown_source": _unknown_source,
    "unknown_table": _unknown_table,
    "no_folder": _no_folder,
    "silent_source": _silent_source,
    "stranger": _stranger,
    "load_hole": _load_hole,
    "suspended_table": _suspended_table,
    "dms_task": _dms_task,
    "dms_control": _dms_control,
    "dms_endpoint": _dms_endpoint,
    "volume": _volume,
    "changing_file": _changing_file,
    "column_vanished": _column_vanished,
    "column_new": _column_new,
    "header_doubt": _header_doubt,
    "loose_objects": _loose_objects,
    "mixed_changes": _mixed_changes,
    "wrong_level": _wrong_level,
    "old_definitions": _old_definitions,
    "empty_hours": _empty_hours,
}
"""The sentence of each kind."""
