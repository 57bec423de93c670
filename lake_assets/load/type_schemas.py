"""The types of a catalog by the schemas they lie in, for sessions do not look into other people's schemas.

A catalog may write `geometry` where the role's own search path reaches it. Here it becomes `public.geometry`,
once, before anything is made of it; PostgreSQL's own types stay as they are written.
"""

from collections.abc import Iterable, Mapping

import psycopg

from lake_assets.catalog.models import Child, Column, Table
from lake_assets.catalog.type_form import BareType, bare_type
from lake_assets.postgres import own_schemas, statement

BUILT_IN = "pg_catalog"


def qualify_types(connection: psycopg.Connection, declared: Iterable[str]) -> dict[str, str]:
    """Return types with the schemas that the role's own search path finds them in.

    Args:
        connection: a session.
        declared: types of the form that the catalog allows.

    Returns:
        The types by what was declared. PostgreSQL's own, those that say their schema and those that are not
        there are the same.
    """
    bare: dict[str, BareType] = {}
    qualified = {}
    for written in declared:
        qualified[written] = written
        parts = bare_type(written)
        if parts is not None:
            bare[written] = parts
    names = _foreign_types(connection, bare.values())
    for written, parts in bare.items():
        name = names.get((parts.name, parts.is_quoted))
        if name is not None:
            qualified[written] = name + parts.rest
    return qualified


def _foreign_types(
    connection: psycopg.Connection, wanted: Iterable[BareType]
) -> Mapping[tuple[str, bool], str]:
    """Return the whole names of types that are not PostgreSQL's own, by name and by whether it is quoted."""
    parts = list(wanted)
    if not parts:
        return {}
    values = {
        "names": [part.name for part in parts],
        "quoted": [part.is_quoted for part in parts],
        "schemas": own_schemas(connection),
    }
    rows = connection.execute(statement(__package__, "find_types"), values)
    return {(name, is_quoted): whole for name, is_quoted, schema, whole in rows if schema != BUILT_IN}


def with_type_schemas(connection: psycopg.Connection, table: Table) -> Table:
    """Return a table whose columns, and those of its child tables, have types that say their schema."""
    types = {column.type for column in table.columns}
    for _, _, child in table.all_children:
        types.update(column.type for column in child.columns)
    qualified = qualify_types(connection, types)
    if all(written == name for written, name in qualified.items()):
        return table
    update = {
        "columns": _columns(table.columns, qualified),
        "children": tuple(_child(child, qualified) for child in table.children),
    }
    return table.model_copy(update=update)


def _child(child: Child, qualified: Mapping[str, str]) -> Child:
    update = {
        "columns": _columns(child.columns, qualified),
        "children": tuple(_child(inner, qualified) for inner in child.children),
    }
    return child.model_copy(update=update)


def _columns(columns: Iterable[Column], qualified: Mapping[str, str]) -> tuple[Column, ...]:
    return tuple(column.model_copy(update={"type": qualified[column.type]}) for column in columns)
