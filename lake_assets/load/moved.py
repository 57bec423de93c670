"""Files that went to another hour: the same object under another date, or the same bytes under another key.

DMS's LOAD files lie in the hour in which they were written, so copying them into another layout, or onto
themselves, gives them another hour. The hour that takes such a file over lets go of the rows it had in the
other one in the same transaction: nobody sees them twice, or not at all. A file of the same bytes that is
still in the lake is a copy, and loaded like any other. Files that stay in their hour are `load.vanished`'s.
"""

from collections.abc import Sequence
from datetime import datetime

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.files import find_alike, forget_moved_file, read_files
from lake_assets.ledger.quarantine import forget_quarantined_file
from lake_assets.ledger.table_hours import Entry, read_hour, write
from lake_assets.load.modes.registry import mode_of
from lake_assets.load.vanished import base_name
from lake_assets.states.evidence import is_as_loaded
from lake_assets.states.facts import Fact
from lake_assets.states.records import LedgerFile
from lake_assets.states.state import State

MovedFiles = dict[datetime, list[tuple[LakeObject, LedgerFile]]]
"""For each hour its objects that were loaded with another hour, each with the file it was there."""


def find_moved(
    connection: psycopg.Connection, lake: Lake, table: Table, objects: Sequence[LakeObject]
) -> MovedFiles:
    """Return the objects that have not been loaded where they lie, and were with another hour.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        lake: the lake.
        table: the table.
        objects: of hours that are about to be loaded, as they were listed.

    Raises:
        LakeAssetsError: the lake cannot be listed.
    """
    moved: MovedFiles = {}
    if not objects or not mode_of(table).keeps_every_hour:
        return moved
    alike = find_alike(connection, table, objects)
    loaded = {(file.hour, file.key): file for file in alike}
    taken: set[int] = set()
    for item in objects:
        at_home = loaded.get((item.hour, item.key))
        if at_home is not None and is_as_loaded(at_home, item):
            continue
        file = _origin_of(item, [file for file in alike if file.id not in taken], lake)
        if file is not None:
            taken.add(file.id)
            moved.setdefault(item.hour, []).append((item, file))
    return moved


def _origin_of(item: LakeObject, alike: Sequence[LedgerFile], lake: Lake) -> LedgerFile | None:
    """Return the file of another hour that an object was; None where it is a new one, or a copy."""
    same_object = [file for file in alike if file.key == item.key and file.hour != item.hour]
    if same_object:
        return same_object[0]
    same_bytes = [file for file in alike if is_as_loaded(file, item)]
    same_name = [file for file in same_bytes if base_name(file.key) == base_name(item.key)]
    candidates = same_name or same_bytes
    # Where many files have the same bytes, nobody can tell which of them this one was.
    if len(candidates) != 1:
        return None
    (file,) = candidates
    if file.hour == item.hour or lake.has(file.key):
        return None
    return file


def take_over(
    connection: psycopg.Connection, table: Table, moved: Sequence[tuple[LakeObject, LedgerFile]], run_id: str
) -> None:
    """Let other hours know that files of theirs are another hour's now; their rows in main are gone already.

    Args:
        connection: the session of the load that has taken them over.
        table: the table.
        moved: the objects, each with the file it was.
        run_id: what the ledger writes down as the cause.
    """
    for item, file in moved:
        if not forget_moved_file(connection, table, file):
            continue
        forget_quarantined_file(connection, table, file.hour, file.key)
        write(connection, [_entry_of_rest(connection, table, item, file)], run_id=run_id, overwrite=True)


def _entry_of_rest(connection: psycopg.Connection, table: Table, item: LakeObject, file: LedgerFile) -> Entry:
    """Return what an hour is without a file; the next look at it says more, where there is more."""
    rest = read_files(connection, table, file.hour, file.hour + ONE_HOUR).get(file.hour, [])
    known = read_hour(connection, table, file.hour)
    fact = Fact.of("file_moved", key=file.key, to=item.key, hour=format_hour(item.hour))
    others = tuple(one for one in known.facts if one.details.get("key") != file.key) if known else ()
    state: State = "quiet"
    if rest:
        state = "quarantined" if any(one.quarantined for one in rest) else "loaded"
    return Entry(table=table, hour=file.hour, state=state, reason=fact.code, facts=(fact, *others))
