"""The tag by which a run says which catalog it was asked for by, and its comparison where the run works.

A worker on another machine may have a copy of the catalog's files that is older than the daemon's. That a
copy is newer is no fault: the catalog was changed while the run waited. How the files are read belongs to
`catalog.current`.
"""

from collections.abc import Collection, Mapping
from hashlib import sha256
from socket import gethostname
from typing import NamedTuple

import dagster as dg

from lake_assets.catalog.current import CurrentCatalog
from lake_assets.catalog.models import Source
from lake_assets.exceptions import ConfigurationError
from lake_assets.monitor.table import digest_of_entry

CATALOG_TAG = "lake_assets/catalog"
DIGITS = 32  # hexadecimal digits, which are as good as never those of other entries


class _Stamp(NamedTuple):
    """What tells one copy of a source's file from another.

    Attributes:
        entries: digest of the entries of some tables, as far as loading goes.
        changed_at: when the file was last changed, in nanoseconds.
    """

    entries: str
    changed_at: int


def catalog_tag(current: CurrentCatalog, source: Source, tables: Collection[str]) -> dict[str, str]:
    """Return the tag of a run that is asked for; none where the catalog has no files.

    Args:
        current: the catalog.
        source: the source as it is now.
        tables: names of its tables that the run is for.
    """
    if current.folder is None:
        return {}
    stamp = _stamp_of(source, tables)
    return {CATALOG_TAG: f"{stamp.entries} {stamp.changed_at}"}


def refuse_older_copy(
    tags: Mapping[str, str], current: CurrentCatalog, source: Source, tables: Collection[str]
) -> None:
    """See that the catalog here is no older than the one that a run was asked for by.

    Args:
        tags: the run's.
        current: the catalog here.
        source: the source as it is here.
        tables: names of its tables that the run is for.

    Raises:
        ConfigurationError: it is older, and has other entries.
    """
    tag = tags.get(CATALOG_TAG)
    if tag is None or current.folder is None:
        return
    entries, _, changed_at = tag.partition(" ")
    here = _stamp_of(source, tables)
    if here.entries != entries and here.changed_at <= int(changed_at):
        raise ConfigurationError(
            f"The catalog {current.folder} on {gethostname()} is older than that which this run was asked "
            f"for by: its entries of {source.name} are others. Give daemon, code servers and workers the "
            "same files."
        )


def tables_of_run(run: dg.DagsterRun, source: Source) -> list[str]:
    """Return the names of the source's tables that a run is to load, whether or not the catalog has them."""
    selected = run.asset_selection or frozenset()
    return [key.path[-1] for key in selected if key.path[0] == source.name]


def _stamp_of(source: Source, tables: Collection[str]) -> _Stamp:
    wanted = set(tables)
    entries = {table.name: digest_of_entry(table) for table in source.tables if table.name in wanted}
    known = sha256()
    for name in sorted(entries):
        known.update(f"{name}\0".encode() + entries[name])
    return _Stamp(entries=known.hexdigest()[:DIGITS], changed_at=source.path.stat().st_mtime_ns)
