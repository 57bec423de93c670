"""What people read of findings: every sentence about one is made here, when somebody reads.

Nothing here decides anything, and no sentence is ever read back. Table-hours have theirs in
`states.sentences`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from lake_assets.escapes import shell_word

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
        f"`lake-assets discover {shell_word(folder)}` writes one."
    )


def _unknown_table(details: Details) -> str:
    return (
        f"The lake has the folder {details['folder']}, and the catalog no table for it: "
        f"`lake-assets discover {shell_word(details['source'])}` adds it."
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
}
"""The sentence of each kind."""
