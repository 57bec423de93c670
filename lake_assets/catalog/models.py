"""The catalog as the rest of the program sees it: frozen values, every default filled in.

The YAML form, with its short forms and its descriptions, belongs to `document`; `FileOptions` is alike in
both.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain, count
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lake_assets.catalog.faults import did_you_mean
from lake_assets.catalog.values import Delimiter, Encoding, Header, Layout, NullText, Timezone
from lake_assets.exceptions import ConfigurationError

LoadMode = Literal["append", "merge", "snapshot"]
Expectation = Literal["hourly", "daily", "sparse"]
NewColumns = Literal["add", "ignore", "fail"]
MissingColumns = Literal["fill", "fail"]
Lossy = Literal["quarantine", "allow"]
DateOrder = Literal["ymd", "dmy", "mdy"]
Vanished = Literal["keep", "follow"]
DEFAULT_GRACE = timedelta(minutes=10)
DEFAULT_MAX_BYTES = 64 * 2**30


def _own_name(fields: dict[str, Any]) -> str:
    return str(fields["name"])


def _name_of_source(fields: dict[str, Any]) -> str:
    return str(fields["source"])


class Frozen(BaseModel):
    """A value that never changes and has no fields but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileOptions(Frozen):
    """How the files of a source, or of one table, are laid out and written; `auto` is worked out per file."""

    layout: Layout = Field(
        default="auto",
        description="Where the files of a table lie below the source's folder. `auto` knows the folders and "
        "names that DMS writes. Else a template such as `{table}/{yyyy}/{mm}/{dd}/{hh}/`: it starts with "
        "`{table}/` and has `{yyyy}`, `{mm}`, `{dd}` and, where folders are by hour, `{hh}`.",
    )
    header: Header = Field(
        default="auto",
        description="Whether the first record of a file names its columns: `auto`, `true` or `false`.",
    )
    delimiter: Delimiter = Field(
        default=",", description='What stands between two cells: one ASCII character. A tab is `"\\t"`.'
    )
    quoting: Literal["rfc4180", "none"] = Field(
        default="rfc4180",
        description='`rfc4180`: a cell in quotes may hold delimiters and line ends, and `""` is a quote. '
        "`none`: quotes are ordinary characters, and every line end ends a record.",
    )
    null: NullText = Field(
        default="",
        description='An unquoted cell with this text is NULL. With `""` an empty cell is NULL, and a '
        "quoted empty cell is an empty text. Put the text in quotes.",
    )
    encoding: Encoding = Field(
        default="utf-8", description="The encoding of the text, by its name in Python."
    )
    compression: Literal["auto", "gzip", "zstd", "bz2", "xz", "none"] = Field(
        default="auto",
        description="How files are packed. `auto` looks at the first bytes of each file, not at its name; a "
        "file that is packed in another way than is said here fails its hour.",
    )
    timezone: Timezone = Field(
        default="UTC",
        description="The time zone of the times in the names of files and folders (not of values).",
    )
    dates: DateOrder = Field(
        default="ymd",
        description="The order of day, month and year in dates that are not written year first, such as "
        "`01.02.2026`: `dmy` or `mdy`. With `ymd` such a date is not guessed: its record goes to quarantine.",
    )
    nul: Literal["replace", "strip", "quarantine"] = Field(
        default="replace",
        description="What a NUL byte in a text becomes, which PostgreSQL cannot hold: `replace` makes it "
        "U+FFFD, `strip` leaves it out, `quarantine` keeps the record out of main. They are counted.",
    )

    def overridden(self, others: "FileOptions | None") -> "FileOptions":
        """Return these options with those that somebody has set in others in their place.

        Args:
            others: such as a table's own; None for none.
        """
        if others is None:
            return self
        return self.model_copy(update=others.model_dump(exclude_unset=True))


class Column(Frozen):
    """One column of main.

    Attributes:
        name: its name in the warehouse.
        type: its PostgreSQL type.
        source_name: the file's column; in a child table, the key of the element.
        path: where its value lies: the file's JSON column, then keys; in a child table, keys of the element,
            and none for the element itself.
        position: 1-based place of the file's column among the file's columns, `Op` not counted.
        backfill: hours that were loaded before the catalog named it are loaded again.
    """

    name: str
    type: str
    source_name: str = Field(default_factory=_own_name)
    path: tuple[str, ...] | None = None
    position: int | None = None
    backfill: bool = True

    @property
    def file_column(self) -> str:
        """The column of the file that holds the value, or the document the value is in."""
        if self.path:
            return self.path[0]
        return self.source_name


class Child(Frozen):
    """A table with one row for each element of a JSON array; `<table>__<name>` in the warehouse.

    Attributes:
        name: its name, without the table's.
        path: where the array lies: the file's JSON column, then keys; in a child of a child, keys of the
            element.
        columns: its own columns.
        children: the tables made of arrays inside its elements; `<table>__<name>__<child>`.
    """

    name: str
    path: tuple[str, ...]
    columns: tuple[Column, ...]
    children: tuple["Child", ...] = ()


class Table(Frozen):
    """One table of a source.

    Attributes:
        source: name of its source.
        schema_name: schema in the warehouse.
        name: name in the warehouse.
        source_folder: the source's folder in the lake.
        folder: its folder below the source's.
        files: the source's, with the table's own in their place.
        grace: the source's; how long after its end an hour may still be without files.
        start: the source's; the first hour expected.
        catalog_file: the YAML file it stands in; no part of what it is.
        max_quarantined: records (int) or a fraction of them (float) above which a load fails.
        max_bytes: of an hour's files once unpacked, above which a load fails.
        vanished: whether rows stay or go when their files vanish from the lake.
        lake_retention: the age from which files may vanish without a word; None for none.
    """

    source: str
    name: str
    columns: tuple[Column, ...]
    schema_name: str = Field(default_factory=_name_of_source)
    source_folder: str = Field(default_factory=_name_of_source)
    folder: str = Field(default_factory=_own_name)
    load: LoadMode = "append"
    expect: Expectation = "hourly"
    key: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    children: tuple[Child, ...] = ()
    max_quarantined: int | float | None = None
    new_columns: NewColumns = "add"
    missing_columns: MissingColumns = "fill"
    lossy: Lossy = "quarantine"
    transform: str | None = None
    max_bytes: int = DEFAULT_MAX_BYTES
    description: str | None = None
    owner: str | None = None
    group: str | None = None
    files: FileOptions = FileOptions()
    grace: timedelta = DEFAULT_GRACE
    start: datetime | None = None
    vanished: Vanished = "keep"
    lake_retention: timedelta | None = None
    catalog_file: Path | None = Field(default=None, exclude=True, repr=False)

    def __hash__(self) -> int:
        """Return the names' hash alone: a table of hundreds of columns is a key thousands of times."""
        return hash((self.source, self.name))

    @property
    def qualified(self) -> str:
        """The table as people name it: `source.table`."""
        return f"{self.source}.{self.name}"

    @property
    def file_places(self) -> dict[str, int]:
        """The 1-based place of each file column, in file order.

        Columns without a `position` take the places that are left, in the catalog's order.
        """
        fixed = {column.file_column: column.position for column in self.columns if column.position}
        names = [column.file_column for column in self.columns]
        names += [child.path[0] for child in self.children]
        taken = set(fixed.values())
        free = (place for place in count(1) if place not in taken)
        places: dict[str, int] = {}
        for name in names:
            if name in places:
                continue
            if name in fixed:
                places[name] = fixed[name]
            else:
                places[name] = next(free)
        return dict(sorted(places.items(), key=itemgetter(1)))

    @property
    def all_children(self) -> tuple[tuple[str, int, Child], ...]:
        """Every child table, each before its own: its name in the warehouse, and its depth from 1."""
        return tuple(_children_below(self.name, 1, self.children))

    @property
    def opened_types(self) -> frozenset[str]:
        """The types of all columns that are made of what lies inside a document."""
        types = {column.type for column in self.columns if column.path}
        for _, _, child in self.all_children:
            types.update(column.type for column in child.columns)
        return frozenset(types)

    @property
    def all_types(self) -> frozenset[str]:
        """The types of all columns, those of child tables among them."""
        return self.opened_types | {column.type for column in self.columns}

    @property
    def document_columns(self) -> tuple[str, ...]:
        """The JSON columns of the file that are looked into, each once."""
        names = [column.path[0] for column in self.columns if column.path]
        names += [child.path[0] for child in self.children]
        return tuple(dict.fromkeys(names))

    @property
    def file_columns(self) -> tuple[str, ...]:
        """The columns of the file that the catalog names, each once, in file order."""
        return tuple(self.file_places)


def _children_below(name: str, depth: int, children: Iterable[Child]) -> Iterator[tuple[str, int, Child]]:
    for child in children:
        full_name = f"{name}__{child.name}"
        yield full_name, depth, child
        yield from _children_below(full_name, depth + 1, child.children)


class Source(Frozen):
    """One production database: a folder of the lake, a schema of the warehouse.

    Attributes:
        name: its name.
        start: the first hour expected.
        path: the YAML file.
        folder: its folder in the lake.
        schema_name: schema in the warehouse.
        grace: how long after its end an hour may still be without files.
    """

    name: str
    start: datetime
    tables: tuple[Table, ...]
    path: Path
    folder: str = Field(default_factory=_own_name)
    schema_name: str = Field(default_factory=_own_name)
    files: FileOptions = FileOptions()
    grace: timedelta = DEFAULT_GRACE
    description: str | None = None
    owner: str | None = None

    @property
    def says_how_deep(self) -> bool:
        """Whether the catalog itself says where files of its tables lie: by a template, or by folders."""
        return any(table.files.layout != "auto" or "/" in table.folder for table in self.tables)


class Catalog(Frozen):
    """All sources, in the order of their files."""

    sources: tuple[Source, ...] = ()

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table of every source, in the catalog's order."""
        return tuple(chain.from_iterable(source.tables for source in self.sources))

    @property
    def first_folders(self) -> dict[str, set[str]]:
        """The folders right in each source's folder that its tables lie in, by the source's folder."""
        folders: dict[str, set[str]] = {}
        for source in self.sources:
            of_source = {table.folder.partition("/")[0] for table in source.tables}
            folders.setdefault(source.folder, set()).update(of_source)
        return folders

    @property
    def deep_folders(self) -> list[str]:
        """The folders of the sources whose catalog says itself where files of their tables lie."""
        return [source.folder for source in self.sources if source.says_how_deep]

    def table(self, qualified: str) -> Table:
        """Return one table.

        Args:
            qualified: such as `shop.orders`.

        Raises:
            ConfigurationError: the catalog has no such table.
        """
        tables = {table.qualified: table for table in self.tables}
        if qualified not in tables:
            raise ConfigurationError(self._unknown(qualified, tables))
        return tables[qualified]

    def source_of(self, table: Table) -> Source:
        """Return the source of a table.

        Raises:
            ConfigurationError: the catalog has no such source.
        """
        sources = {source.name: source for source in self.sources}
        if table.source not in sources:
            raise ConfigurationError(self._unknown(table.source, sources))
        return sources[table.source]

    def select(self, names: Iterable[str] = ()) -> tuple[Table, ...]:
        """Return the tables that people named, each once, in the catalog's order.

        Args:
            names: tables (`shop.orders`) and whole sources (`shop`); none means every table.

        Raises:
            ConfigurationError: some names are unknown; it names them all.
        """
        wanted = set(names)
        known = {table.source for table in self.tables} | {table.qualified for table in self.tables}
        unknown = sorted(wanted - known)
        if unknown:
            raise ConfigurationError("\n".join(self._unknown(name, known) for name in unknown))
        if not wanted:
            return self.tables
        return tuple(table for table in self.tables if wanted & {table.source, table.qualified})

    def _unknown(self, name: str, known: Iterable[str]) -> str:
        hint = did_you_mean(name, sorted(known))
        same_name = [table.qualified for table in self.tables if table.name == name]
        if same_name:
            hint = f"Did you mean {' or '.join(same_name)}?"
        remedy = hint or "Name it as source.table, or add it to the catalog (docs/catalog.md)."
        return f"{name!r} is not in the catalog. {remedy}"
