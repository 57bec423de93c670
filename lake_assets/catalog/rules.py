"""What must fit together in a catalog: `key` names columns, no two tables share a folder or a place to go.

The rules read the plain data, not the models, so that they speak even where the shape of a document has
faults; they pass over whatever has not the shape they need. Single values belong to `values`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from lake_assets.catalog.faults import Fault, Place, did_you_mean, sentences
from lake_assets.catalog.values import LONGEST_NAME, is_reserved_schema


def source_faults(data: Any) -> Iterator[Fault]:
    """Find what does not fit together within one document."""
    name = data.get("source") if isinstance(data, dict) else None
    if isinstance(name, str) and is_reserved_schema(name) and data.get("schema") is None:
        yield Fault(
            ("source",), f"the schema {name!r} is reserved.", "Set another warehouse schema with `schema:`."
        )
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
    sources: dict[str, str] = {}
    taken: dict[tuple[str, str] | str, str] = {}
    for index, (file, data) in enumerate(documents):
        name = data.get("source") if isinstance(data, dict) else None
        if not isinstance(name, str):
            continue
        if name in sources:
            message = f"the source {name!r} is described in {sources[name]} already."
            yield index, Fault(("source",), message, "Put its tables into one file, or name it otherwise.")
            continue
        sources[name] = file
        for fault in _clashes(name, data, taken):
            yield index, fault


def _clashes(source: str, data: Any, taken: dict[tuple[str, str] | str, str]) -> Iterator[Fault]:
    """Find the tables whose place in the warehouse or name in Dagster is taken; note those of the others."""
    schema = data["schema"] if isinstance(data.get("schema"), str) else source
    for place, table in _warehouse_tables(data):
        step = f"{source}__{table}"  # Dagster joins the parts of an asset key to name what makes it
        if (schema, table) in taken:
            message = f"the warehouse table {schema}.{table} is written by {taken[schema, table]} already."
            yield Fault(place, message, "Name the table otherwise, or set another `schema:`.")
        elif step in taken:
            message = f"Dagster would name it {step}, which is the name of {taken[step]} already."
            yield Fault(place, message, "Name the table otherwise, and put its folder in `from:`.")
        described = ".".join((source, *map(str, place[1:])))
        taken.setdefault((schema, table), described)
        taken.setdefault(step, described)


def _mapping(data: Any, key: str) -> dict[str, Any]:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}


def _texts(data: Any, key: str) -> list[tuple[int, str]]:
    value = data.get(key) if isinstance(data, dict) else None
    items = value if isinstance(value, list) else []
    return [(index, item) for index, item in enumerate(items) if isinstance(item, str)]


def _path(column: Any) -> tuple[str, ...]:
    path = column.get("path") if isinstance(column, dict) else None
    if isinstance(path, str):
        return tuple(path.split("."))
    parts = path if isinstance(path, list) else []
    sound = isinstance(next(iter(parts), None), str) and all(isinstance(part, str | int) for part in parts)
    return tuple(map(str, parts)) if sound else ()


def _warehouse_tables(data: Any) -> Iterator[tuple[Place, str]]:
    for table, description in _mapping(data, "tables").items():
        yield ("tables", table), table
        for place, name, _ in _children(("tables", table), table, description):
            yield place, name


def _children(place: Place, name: str, described: Any) -> Iterator[tuple[Place, str, Any]]:
    """Give every child table at any depth: its place, its name in the warehouse, and what describes it."""
    for child, description in _mapping(described, "children").items():
        here, full = (*place, "children", child), f"{name}__{child}"
        yield here, full, description
        yield from _children(here, full, description)


def _key_faults(place: Place, table: Any) -> Iterator[Fault]:
    columns = _mapping(table, "columns")
    if isinstance(table, dict) and table.get("load") == "merge" and not table.get("key"):
        remedy = "Add `key:` with the primary key's columns, such as [id]."
        yield Fault((*place, "load"), "merge needs a key.", remedy)
    for key in ("key", "order_by"):
        named = _texts(table, key)
        for position, (index, column) in enumerate(named):
            if columns and column not in columns:
                remedy = sentences(did_you_mean(column, columns), "Name one of the table's `columns`.")
                yield Fault((*place, key, index), f"{column!r} is no column of the table.", remedy)
            if column in [earlier for _, earlier in named[:position]]:
                yield Fault((*place, key, index), f"{column!r} is named twice.", "Name it once.")


def _column_faults(place: Place, table: Any) -> Iterator[Fault]:
    whole: dict[str, str] = {}
    positions: dict[str, tuple[int, str]] = {}
    taken: dict[int, tuple[str, str]] = {}
    for name, column in _mapping(table, "columns").items():
        here = (*place, "columns", name)
        path = _path(column)
        yield from _path_faults(here, column, path)
        file_column = path[0] if path else _from(name, column)
        if not path:
            if file_column in whole:
                message = f"the file's column {file_column!r} is read by {whole[file_column]!r} already."
                remedy = (
                    "Read it once; where a header repeats, give each column its own `from:` and `position:`."
                )
                yield Fault(here, message, remedy)
            whole.setdefault(file_column, name)
        position = column.get("position") if isinstance(column, dict) else None
        if isinstance(position, int):
            other, reader = taken.setdefault(position, (file_column, name))
            if other != file_column:
                message = f"position {position} is {reader!r}'s already."
                yield Fault((*here, "position"), message, "Count the file's columns from 1, without `Op`.")
            first, reader = positions.setdefault(file_column, (position, name))
            if first != position:
                message = f"the file's column {file_column!r} is at position {first} for {reader!r}."
                yield Fault((*here, "position"), message, "Give it one position.")


def _path_faults(here: Place, column: Any, path: tuple[str, ...]) -> Iterator[Fault]:
    if path and column.get("from") is not None:
        remedy = "Write the file's column as the first part of `path:`, and no `from:`."
        yield Fault((*here, "from"), "stands beside a path.", remedy)
    if len(path) == 1 and path[0]:
        message = f"the path {path[0]!r} leads into nothing."
        yield Fault(
            (*here, "path"), message, f"For the whole column write from: {path[0]}, else add the keys."
        )


def _from(name: str, column: Any) -> str:
    written = column.get("from") if isinstance(column, dict) else None
    return written if isinstance(written, str) else name


def _child_faults(place: Place, table: Any) -> Iterator[Fault]:
    key = [column for _, column in _texts(table, "key")]
    for here, full, description in _children(place, str(place[-1]), table):
        if len(full.encode()) > LONGEST_NAME:
            message = f"the warehouse table {full!r} has more than the {LONGEST_NAME} bytes PostgreSQL holds."
            yield Fault(here, message, "Name the child or the table shorter.")
        for name, column in _mapping(description, "columns").items():
            both = isinstance(column, dict) and column.get("path") is not None
            if both and column.get("from") is not None:
                yield Fault(
                    (*here, "columns", name, "from"), "stands beside a path.", "Write one of the two."
                )
            if name in key:
                message = f"{name!r} is a column of the table's key, which its child tables have too."
                remedy = f"Name it otherwise, and put the element's key in `from:`, such as from: {name}."
                yield Fault((*here, "columns", name), message, remedy)


def _null_faults(place: Place, data: Any, table: Any) -> Iterator[Fault]:
    """Find a text of NULL that does not go with the delimiter, where one is the source's (manual, "COPY")."""
    ours, own = _mapping(data, "files"), _mapping(table, "files")
    if ("null" in own) == ("delimiter" in own):
        return
    null, delimiter = ({**ours, **own}.get(key) for key in ("null", "delimiter"))
    null, delimiter = "" if null is None else null, "," if delimiter is None else delimiter
    if isinstance(null, str) and isinstance(delimiter, str) and delimiter and delimiter in null:
        message = f"{null!r} cannot stand for NULL: it holds the delimiter {delimiter!r}."
        key = "null" if "null" in own else "delimiter"
        yield Fault((*place, "files", key), message, "Write both `null:` and `delimiter:` for this table.")


def _folder_faults(data: Any) -> Iterator[Fault]:
    readers: dict[str, str] = {}
    folders = {name: _from(name, table) for name, table in _mapping(data, "tables").items()}
    remedy = "Give each table a folder of its own with `from:`."
    for name, folder in folders.items():
        if folder in readers:
            yield Fault(
                ("tables", name, "from"),
                f"the folder {folder!r} is read by {readers[folder]!r} already.",
                remedy,
            )
        readers.setdefault(folder, name)
    for name, folder in folders.items():
        parts = folder.split("/")
        for outer in ("/".join(parts[:length]) for length in range(1, len(parts))):
            if outer in readers:
                message = f"the folder {folder!r} lies inside that of {readers[outer]!r}."
                yield Fault(("tables", name, "from"), message, remedy)
