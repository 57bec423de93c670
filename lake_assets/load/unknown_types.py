"""Types of the catalog that the warehouse does not have, told with file, line and a near miss.

Which form a type's name may have is `catalog.type_form`'s; in which schema it lies is told by `type_schemas`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import psycopg

from lake_assets.catalog.faults import Place, did_you_mean, sentences
from lake_assets.catalog.models import Child, Column, Table
from lake_assets.catalog.yaml_text import read_yaml
from lake_assets.exceptions import WarehouseError
from lake_assets.load.type_schemas import with_type_schemas
from lake_assets.postgres import statement

# PostgreSQL's manual, "Data Types": names and aliases that people write.
_USUAL_NAMES = """
bigint int8 bit boolean bool box bytea character varchar char cidr circle date float8 inet integer int int4
interval json jsonb line lseg macaddr macaddr8 money numeric decimal path point polygon real float4 smallint
int2 text time timetz timestamp timestamptz tsquery tsvector uuid xml
"""
USUAL = (*_USUAL_NAMES.split(), "double precision")
_MODIFIERS = re.compile(r" *\([^)]*\)")


class _Declared(NamedTuple):
    """A type, and where the catalog has it."""

    type: str
    place: Place


def refuse_unknown_types(connection: psycopg.Connection, table: Table) -> None:
    """See that the warehouse has the types of a table's columns, those of its child tables among them.

    Raises:
        WarehouseError: it has not; all of them are named.
    """
    faults = list(unknown_types(connection, table))
    if faults:
        raise WarehouseError("\n".join(faults))


def unknown_types(connection: psycopg.Connection, table: Table) -> Iterator[str]:
    """Return a sentence for each type of a table that the warehouse does not have.

    Args:
        connection: a session.
        table: as the catalog has it.
    """
    resolved = with_type_schemas(connection, table)
    declared = list(_declared_types(resolved))
    asked = {"types": [_MODIFIERS.sub("", each.type) for each in declared]}
    rows = connection.execute(statement(__package__, "known_types"), asked).fetchall()
    lines: Mapping[Place, int] = {}
    for each, (is_known,) in zip(declared, rows, strict=True):
        if is_known:
            continue
        lines = lines or _lines_of(table)
        yield _say(table, each, lines.get(each.place))


def _declared_types(table: Table) -> Iterator[_Declared]:
    place: Place = ("tables", table.name)
    yield from _of_columns(table.columns, place)
    yield from _of_children(table.children, place)


def _of_columns(columns: Iterable[Column], place: Place) -> Iterator[_Declared]:
    for column in columns:
        yield _Declared(type=column.type, place=(*place, "columns", column.name))


def _of_children(children: Iterable[Child], place: Place) -> Iterator[_Declared]:
    for child in children:
        here = (*place, "children", child.name)
        yield from _of_columns(child.columns, here)
        yield from _of_children(child.children, here)


def _lines_of(table: Table) -> Mapping[Place, int]:
    """Return the lines of a table's catalog file, by what stands there; none where it cannot be read."""
    if table.catalog_file is None:
        return {}
    try:
        return read_yaml(table.catalog_file.read_bytes()).lines
    except OSError:
        return {}


def _say(table: Table, declared: _Declared, line: int | None) -> str:
    file = "the catalog"
    if table.catalog_file is not None:
        file = table.catalog_file.name
    at = file
    if line is not None:
        at = f"{file}:{line}"
    _, _, *inner = declared.place
    keys = [str(key) for key in inner if key not in {"columns", "children"}]
    column = ".".join([table.qualified, *keys])
    word = _MODIFIERS.sub("", declared.type)
    return sentences(
        f"{at}: {column}: the warehouse has no type {word}.",
        did_you_mean(word, USUAL),
        "Correct it in the catalog, or create the type where the search path of the warehouse's user leads.",
    )
