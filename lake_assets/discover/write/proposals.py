"""A source as the catalog shall have it: tables, columns and child tables, each choice with its reason.

These are values and nothing else: `describe` and `documents` make them, `catalog_yaml` spells them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lake_assets.catalog.models import FileOptions
from lake_assets.discover.infer.explained import Explained

Path = tuple[str, ...]
"""Where a value lies: the file's column, then keys of its documents; in an element of an array, its keys."""


@dataclass(frozen=True)
class ProposedColumn:
    """A column as the catalog shall have it.

    Attributes:
        name: its name in the warehouse.
        type: its type.
        source_name: the file's column, or the key of an element.
        why: the comment.
        position: its place in the file, where the file's name does not tell it.
        path: where its value lies in a document, from the file's column on; in an element, its keys.
    """

    name: str
    type: str
    source_name: str
    why: str = ""
    position: int | None = None
    path: Path | None = None

    @property
    def place(self) -> Path:
        """The path of its value, also where that is no more than a name."""
        if self.path is None:
            return (self.source_name,)
        return self.path


@dataclass(frozen=True)
class ProposedChild:
    """A child table as the catalog shall have it.

    Attributes:
        name: its name, without the table's.
        path: to the array: from the file's column on; in an element, its keys.
        columns: its columns.
        children: the tables of arrays inside its elements.
        why: the comment.
    """

    name: str
    path: Path
    columns: Sequence[ProposedColumn]
    children: "Sequence[ProposedChild]" = ()
    why: str = ""


@dataclass(frozen=True)
class ProposedTable:
    """A table as the catalog shall have it.

    Attributes:
        name: its name in the warehouse.
        folder: its folder in the lake.
        columns: its columns.
        settings: keys between `from` and `columns`.
        comments: what else is to be said of it.
        files: options of its files that are not the source's.
        children: its child tables.
    """

    name: str
    folder: str
    columns: Sequence[ProposedColumn]
    settings: Mapping[str, Explained] = field(default_factory=dict)
    comments: Sequence[str] = ()
    files: Mapping[str, Explained] = field(default_factory=dict)
    children: Sequence[ProposedChild] = ()


@dataclass(frozen=True)
class ProposedSource:
    """A source as the catalog shall have it.

    Attributes:
        name: its name in the catalog.
        folder: its folder in the lake.
        start: the first hour to load.
        files: how its files are written.
        why: a sentence for some options of `files`.
        tables: its tables.
        comments: what stands above all else.
    """

    name: str
    folder: str
    start: datetime
    files: FileOptions
    why: Mapping[str, str]
    tables: Sequence[ProposedTable]
    comments: Sequence[str] = ()
