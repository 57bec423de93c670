"""What must fit together in a catalog: `key` names columns, no two tables share a folder or a place to go.

The rules read the plain data, not the models, so that they speak even where the shape of a document has
faults; they pass over whatever has not the shape they need. Single values belong to `values`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lake_assets.catalog.faults import Fault, Place, did_you_mean, sentences
from lake_assets.catalog.values import LONGEST_NAME, is_reserved_schema


def source_faults(data: Any) -> Iterator[Fault]:
    """Find what does not fit together within one document."""
    yield from _schema_faults(data)
    for table, description in _mapping(data, "tables").items():
        place = ("tables", table)
        yield from _key_faults(place, description)
        yield from _column_faults(place, description)
        yield from _child_faults(place, description)
        yield from _null_faults(place, data, description)
    yield from _folder_faults(data)


def catalog_faults(documents: Sequence[tuple[str, Any]]) -> Iterator[tuple[int, Fault]]:
    """Find what does not fit together between documents, or within the warehouse as a whole.

    Args:
        documents: the name of each file and its data.

    Yields:
        the index of the document and the fault.
    """
    files: dict[str, str] = {}
    taken = _Taken()
    for index, (file, data) in enumerate(documents):
        source = _text(data, "source")
        if source is None:
            continue
        if source in files:
            message = f"the source {source!r} is described in {files[source]} already."
            remedy = "Put its tables into one file, or name it otherwise."
            yield index, Fault(place=("source",), message=message, remedy=remedy)
            continue
        files[source] = file
        for fault in taken.add(source, data):
            yield index, fault


class _Taken:
    """Places in the warehouse and names in Dagster that are taken, each with the table that has it."""

    def __init__(self) -> None:
        self._warehouse_tables: dict[tuple[str, str], str] = {}
        self._steps: dict[str, str] = {}

    def add(self, source: str, data: Any) -> Iterator[Fault]:
        """Add the tables of a source, finding those whose place or name is taken."""
        schema = _text(data, "schema")
        if schema is None:
            schema = source
        for place, table in _warehouse_tables(data):
            yield from self._clashes(place, schema, source, table)
            described = ".".join((source, *map(str, place[1:])))
            self._warehouse_tables.setdefault((schema, table), described)
            self._steps.setdefault(_step(source, table), described)

    def _clashes(self, place: Place, schema: str, source: str, table: str) -> Iterator[Fault]:
        writer = self._warehouse_tables.get((schema, table))
        step = _step(source, table)
        namesake = self._steps.get(step)
        if writer is not None:
            yield Fault(
                place=place,
                message=f"the warehouse table {schema}.{table} is written by {writer} already.",
                remedy="Name the table otherwise, or set another `schema:`.",
            )
        elif namesake is not None:
            yield Fault(
                place=place,
                message=f"Dagster would name it {step}, which is the name of {namesake} already.",
                remedy="Name the table otherwise, and put its folder in `from:`.",
            )


def _step(source: str, table: str) -> str:
    """Return the name of what makes an asset, for which Dagster joins the parts of the asset's key."""
    return f"{source}__{table}"


def _warehouse_tables(data: Any) -> Iterator[tuple[Place, str]]:
    for table, description in _mapping(data, "tables").items():
        place = ("tables", table)
        yield place, table
        for child_place, name, _ in _children(place, table, description):
            yield child_place, name


def _children(place: Place, name: str, described: Any) -> Iterator[tuple[Place, str, Any]]:
    """Yield every child table at any depth: its place, its name in the warehouse, and what describes it."""
    for child, description in _mapping(described, "children").items():
        here = (*place, "children", child)
        full_name = f"{name}__{child}"
        yield here, full_name, description
        yield from _children(here, full_name, description)


def _schema_faults(data: Any) -> Iterator[Fault]:
    source = _text(data, "source")
    if source is not None and is_reserved_schema(source) and _value(data, "schema") is None:
        yield Fault(
            place=("source",),
            message=f"the schema {source!r} is reserved.",
            remedy="Set another warehouse schema with `schema:`.",
        )


def _key_faults(place: Place, table: Any) -> Iterator[Fault]:
    if _value(table, "load") == "merge" and not _value(table, "key"):
        yield Fault(
            place=(*place, "load"),
            message="merge needs a key.",
            remedy="Add `key:` with the primary key's columns, such as [id].",
        )
    columns = _mapping(table, "columns")
    for key in ("key", "order_by"):
        yield from _naming_faults((*place, key), _texts(table, key), columns)


def _naming_faults(
    place: Place, named: Sequence[tuple[int, str]], columns: Mapping[str, Any]
) -> Iterator[Fault]:
    """Find the names in a list that are no columns, or stand in it twice."""
    seen = set()
    for index, name in named:
        here = (*place, index)
        if columns and name not in columns:
            remedy = sentences(did_you_mean(name, columns), "Name one of the table's `columns`.")
            yield Fault(place=here, message=f"{name!r} is no column of the table.", remedy=remedy)
        if name in seen:
            yield Fault(place=here, message=f"{name!r} is named twice.", remedy="Name it once.")
        seen.add(name)


def _column_faults(place: Place, table: Any) -> Iterator[Fault]:
    readers = _Readers()
    for name, column in _mapping(table, "columns").items():
        here = (*place, "columns", name)
        path = _path(column)
        yield from _path_faults(here, column, path)
        if path:
            file_column = path[0]
        else:
            file_column = _from(name, column)
            yield from readers.read_whole(here, name, file_column)
        position = _value(column, "position")
        if isinstance(position, int):
            yield from readers.read_at(here, name, file_column, position)


class _Readers:
    """The columns of a table's files, each with the column that reads it first."""

    def __init__(self) -> None:
        self._whole: dict[str, str] = {}
        self._at: dict[int, tuple[str, str]] = {}
        self._positions: dict[str, tuple[int, str]] = {}

    def read_whole(self, here: Place, name: str, file_column: str) -> Iterator[Fault]:
        """Let a column read the whole of a file's column, which no other may; a path reads a part."""
        reader = self._whole.setdefault(file_column, name)
        if reader != name:
            yield Fault(
                place=here,
                message=f"the file's column {file_column!r} is read by {reader!r} already.",
                remedy="Read it once; where a header repeats, give each column its own `from:` and "
                "`position:`.",
            )

    def read_at(self, here: Place, name: str, file_column: str, position: int) -> Iterator[Fault]:
        """Let a column read a file's column at a position: no other may be there, nor this one elsewhere."""
        other, reader = self._at.setdefault(position, (file_column, name))
        if other != file_column:
            yield Fault(
                place=(*here, "position"),
                message=f"position {position} is {reader!r}'s already.",
                remedy="Count the file's columns from 1, without `Op`.",
            )
        first, reader = self._positions.setdefault(file_column, (position, name))
        if first != position:
            yield Fault(
                place=(*here, "position"),
                message=f"the file's column {file_column!r} is at position {first} for {reader!r}.",
                remedy="Give it one position.",
            )


def _path_faults(here: Place, column: Any, path: tuple[str, ...]) -> Iterator[Fault]:
    if path and _value(column, "from") is not None:
        yield Fault(
            place=(*here, "from"),
            message="stands beside a path.",
            remedy="Write the file's column as the first part of `path:`, and no `from:`.",
        )
    if len(path) == 1 and path[0]:
        yield Fault(
            place=(*here, "path"),
            message=f"the path {path[0]!r} leads into nothing.",
            remedy=f"For the whole column write from: {path[0]}, else add the keys.",
        )


def _child_faults(place: Place, table: Any) -> Iterator[Fault]:
    key = {column for _, column in _texts(table, "key")}
    for here, full_name, description in _children(place, str(place[-1]), table):
        if len(full_name.encode()) > LONGEST_NAME:
            yield Fault(
                place=here,
                message=f"the warehouse table {full_name!r} has more than the {LONGEST_NAME} bytes "
                "PostgreSQL holds.",
                remedy="Name the child or the table shorter.",
            )
        for name, column in _mapping(description, "columns").items():
            yield from _element_column_faults((*here, "columns", name), name, column, key)


def _element_column_faults(here: Place, name: str, column: Any, key: set[str]) -> Iterator[Fault]:
    if _value(column, "path") is not None and _value(column, "from") is not None:
        yield Fault(place=(*here, "from"), message="stands beside a path.", remedy="Write one of the two.")
    if name in key:
        yield Fault(
            place=here,
            message=f"{name!r} is a column of the table's key, which its child tables have too.",
            remedy=f"Name it otherwise, and put the element's key in `from:`, such as from: {name}.",
        )


def _null_faults(place: Place, data: Any, table: Any) -> Iterator[Fault]:
    """Find a text of NULL that does not go with the delimiter, where one is the source's (manual, "COPY")."""
    own = _mapping(table, "files")
    if ("null" in own) == ("delimiter" in own):
        return
    options = {**_mapping(data, "files"), **own}
    null = _text_or_default(options, "null", "")
    delimiter = _text_or_default(options, "delimiter", ",")
    if delimiter and delimiter in null:
        own_key = "null" if "null" in own else "delimiter"
        yield Fault(
            place=(*place, "files", own_key),
            message=f"{null!r} cannot stand for NULL: it holds the delimiter {delimiter!r}.",
            remedy="Write both `null:` and `delimiter:` for this table.",
        )


def _text_or_default(options: Mapping[str, Any], key: str, default: str) -> str:
    """Return an option; what is no text, and so a fault by itself, is an empty one."""
    value = options.get(key)
    if value is None:
        return default
    if isinstance(value, str):
        return value
    return ""


def _folder_faults(data: Any) -> Iterator[Fault]:
    remedy = "Give each table a folder of its own with `from:`."
    folders = {name: _from(name, table) for name, table in _mapping(data, "tables").items()}
    readers: dict[str, str] = {}
    for name, folder in folders.items():
        reader = readers.setdefault(folder, name)
        if reader != name:
            message = f"the folder {folder!r} is read by {reader!r} already."
            yield Fault(place=("tables", name, "from"), message=message, remedy=remedy)
    for name, folder in folders.items():
        for outer in _folders_around(folder):
            if outer in readers:
                message = f"the folder {folder!r} lies inside that of {readers[outer]!r}."
                yield Fault(place=("tables", name, "from"), message=message, remedy=remedy)


def _folders_around(folder: str) -> Iterator[str]:
    """Yield the folders that a folder lies in, from the outermost on: `a`, `a/b` of `a/b/c`."""
    parts = folder.split("/")
    for length in range(1, len(parts)):
        yield "/".join(parts[:length])


def _value(data: Any, key: str) -> Any:
    """Return the value of a key; None where there is none, or where `data` has no keys at all."""
    if isinstance(data, dict):
        return data.get(key)
    return None


def _mapping(data: Any, key: str) -> dict[str, Any]:
    value = _value(data, key)
    if isinstance(value, dict):
        return value
    return {}


def _text(data: Any, key: str) -> str | None:
    value = _value(data, key)
    if isinstance(value, str):
        return value
    return None


def _texts(data: Any, key: str) -> list[tuple[int, str]]:
    """Return the texts of a list with their places in it."""
    value = _value(data, key)
    if not isinstance(value, list):
        return []
    return [(index, item) for index, item in enumerate(value) if isinstance(item, str)]


def _path(column: Any) -> tuple[str, ...]:
    """Return the path of a column, empty where it has none or a misshapen one."""
    path = _value(column, "path")
    if isinstance(path, str):
        return tuple(path.split("."))
    if not isinstance(path, list) or not path or not isinstance(path[0], str):
        return ()
    if not all(isinstance(part, str | int) for part in path):
        return ()
    return tuple(map(str, path))


def _from(name: str, described: Any) -> str:
    """Return the name in the lake of a table or column."""
    written = _text(described, "from")
    if written is None:
        return name
    return written
