"""The catalog as its files are now, in a process that may have read it long ago.

What Dagster was told of it when the process began (which tables there are, since when) stays as it was until
the code location is reloaded; how a table is loaded is asked of the files each time. How they are read
belongs to `read`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from lake_assets.catalog.models import Catalog, Source, Table
from lake_assets.catalog.read import find_files, read_catalog
from lake_assets.exceptions import ConfigurationError

RELOAD = "Reload the code location (in the UI under Deployment), or start its server or worker anew."


@dataclass
class CurrentCatalog:
    """A catalog that is read again when its files have changed.

    Attributes:
        built: the catalog of which the definitions were made.
        folder: where its files are; None for a catalog that was made in Python and never changes.
    """

    built: Catalog
    folder: Path | None = None
    _newest: Catalog = field(init=False, repr=False)
    _content: str = field(init=False, repr=False, default="")

    def __post_init__(self) -> None:
        """Begin with the catalog that the definitions were made of."""
        self._newest = self.built

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Read the catalog of a folder.

        Raises:
            ConfigurationError: the folder is not there, or the catalog has faults.
        """
        absolute = folder.absolute()
        content = _content_of(absolute)
        current = cls(read_catalog(folder), absolute)
        current._content = content
        return current

    def read(self) -> Catalog:
        """Return the catalog as its files are now.

        Raises:
            ConfigurationError: it is gone, or has faults; what was read before counts no more.
        """
        if self.folder is None:
            return self.built
        content = _content_of(self.folder)
        if content != self._content:
            self._newest = read_catalog(self.folder)
            self._content = content
        return self._newest

    def last_readable(self) -> Catalog:
        """Return the catalog as it could last be read: enough to tell people, and never to load."""
        try:
            return self.read()
        except ConfigurationError:
            return self._newest

    def table(self, table: Table) -> Table:
        """Return the entry that a table has now.

        Raises:
            ConfigurationError: it has none, or the catalog cannot be read.
        """
        for entry in self.read().tables:
            if entry.qualified == table.qualified:
                return entry
        raise ConfigurationError(f"{table.qualified} is no longer in the catalog {self.folder}. {RELOAD}")

    def source(self, source: Source) -> Source:
        """Return a source as it is now, with those tables alone that Dagster knows.

        Raises:
            ConfigurationError: it is gone, or the catalog cannot be read.
        """
        known = {table.name for table in source.tables}
        for entry in self.read().sources:
            if entry.name == source.name:
                tables = tuple(table for table in entry.tables if table.name in known)
                return entry.model_copy(update={"tables": tables})
        raise ConfigurationError(f"{source.name} is no longer in the catalog {self.folder}. {RELOAD}")

    def why_reload(self) -> Mapping[str, Any] | None:
        """Return what only a reload of the code location can bring to effect; None for nothing."""
        try:
            now = self.read()
        except ConfigurationError as error:
            return {"folder": str(self.folder), "error": str(error)}
        built, there = _names(self.built), _names(now)
        changed = _timed_otherwise(self.built, now)
        if built == there and not changed:
            return None
        return {
            "folder": str(self.folder),
            "new": sorted(there - built),
            "gone": sorted(built - there),
            "changed": changed,
        }


def _content_of(folder: Path) -> str:
    """Return a digest of a catalog's files."""
    content = sha256()
    for path in find_files(folder):
        content.update(f"{path.name}\0".encode())
        try:
            content.update(sha256(path.read_bytes()).digest())
        except OSError:
            content.update(b"unreadable")  # which the error of reading it tells
    return content.hexdigest()


def _names(catalog: Catalog) -> set[str]:
    return {table.qualified for table in catalog.tables}


def _timed_otherwise(built: Catalog, now: Catalog) -> list[str]:
    """Return the sources whose partitions or schedules are others now."""
    times = {source.name: (source.start, source.grace) for source in built.sources}
    return [
        source.name
        for source in now.sources
        if source.name in times and times[source.name] != (source.start, source.grace)
    ]
