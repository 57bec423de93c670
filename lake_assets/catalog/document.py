"""The YAML form of a source: its keys, defaults and descriptions, and how it becomes a `Source`.

The JSON schema and the reference in the docs are made from these models, so what a key means is written here
once. What must fit together between keys belongs to `rules`.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from lake_assets.catalog.faults import Place
from lake_assets.catalog.models import (
    DEFAULT_GRACE,
    DEFAULT_MAX_BYTES,
    Child,
    Column,
    Expectation,
    FileOptions,
    Frozen,
    LoadMode,
    Lossy,
    MissingColumns,
    NewColumns,
    Source,
    Table,
    Vanished,
)
from lake_assets.catalog.values import (
    ColumnName,
    Duration,
    ElementPath,
    Folder,
    Group,
    Hour,
    JsonPath,
    Limit,
    Owner,
    PlainName,
    SchemaName,
    Size,
    Transform,
    TypeName,
)


class ElementColumn(Frozen):
    """A column of a child table: its type alone (`sku: text`), or the long form with these keys."""

    type: TypeName = Field(description="The column's type: any of PostgreSQL's.")
    from_: str | None = Field(
        default=None,
        alias="from",
        description="The key of the element, where it differs from the column's name.",
    )
    path: ElementPath | None = Field(
        default=None,
        description="A path inside the element, dotted (`maker.name`) or as a list; `[]` is the element "
        "itself, such as a text in an array of texts.",
    )
    backfill: bool = Field(
        default=True,
        strict=True,
        description="Whether hours that were loaded before the catalog named the column, and whose files "
        "have it, are loaded again in the background. With `false` it stays NULL in them.",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_short_form(cls, value: Any) -> Any:
        if isinstance(value, dict) or value is None:
            return value
        return {"type": value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the short form, which the validator above reads."""
        schema = handler.resolve_ref_schema(handler(core))
        description = schema.pop("description", "")
        return {"description": description, "anyOf": [{"type": "string", "minLength": 1}, schema]}


class TableColumn(ElementColumn):
    """A column: its type alone (`id: bigint`), or the long form with these keys."""

    from_: str | None = Field(
        default=None, alias="from", description="The file's column, where it differs from the column's name."
    )
    path: JsonPath | None = Field(
        default=None,
        description="A path into a JSON column: the file's column first, then keys. Dotted "
        '(`_doc.device.model`), or a list where a key holds a dot itself (`[_doc, "a.b", c]`).',
    )
    position: int | None = Field(
        default=None,
        strict=True,
        ge=1,
        description="The place of the file's column, counted from 1 without a leading `Op`, where headers "
        "repeat or are missing. Columns without one take the places that are left, in the order given here.",
    )


class ElementTable(Frozen):
    """A child of a child table, made of arrays inside its elements: `<table>__<child>__<name>`."""

    path: ElementPath = Field(
        description="The path to the array inside the element, dotted or as a list; `[]` is the element "
        "itself."
    )
    columns: dict[ColumnName, ElementColumn] = Field(
        min_length=1, description="The columns of the child table, each with its type or the long form."
    )
    children: dict[PlainName, "ElementTable"] = Field(
        default={}, description="Tables made of arrays inside the elements, at any depth."
    )


class ChildTable(ElementTable):
    """A table made of the elements of a JSON array, one row for each: `<table>__<child>` in the warehouse."""

    path: JsonPath = Field(description="The path to the array: the file's JSON column first, then keys.")


class SourceTable(Frozen):
    """One table of the source, under the name it has in the warehouse."""

    from_: Folder | None = Field(
        default=None,
        alias="from",
        description="The table's folder in the lake, where it differs from its name.",
    )
    load: LoadMode = Field(
        default="append",
        description="`append`: every record becomes a row. `merge`: the newest record of each key is the "
        "row, and `Op` is obeyed. `snapshot`: an hour's files are the whole table.",
    )
    expect: Expectation = Field(
        default="hourly",
        description="When files are due: every hour (`hourly`), once in each UTC day (`daily`; a first day "
        "that `start` cuts short may be without), or never for certain (`sparse`: the table may be quiet "
        "without an alert).",
    )
    files: FileOptions | None = Field(
        default=None,
        description="What is otherwise in this table's files than the source's `files:` say: the same keys, "
        "and only those that differ. Those that are not written here are the source's.",
    )
    columns: dict[ColumnName, TableColumn] = Field(
        min_length=1,
        description="The columns in file order, each with its type or the long form.",
    )
    key: tuple[str, ...] = Field(
        default=(), description="The primary key's columns. `merge` needs it; other tables do not enforce it."
    )
    order_by: tuple[str, ...] = Field(
        default=(),
        description="With `merge`: the columns by which the newest record of a key is found. Without it, "
        "the order of (hour, file name, record number) counts, which is DMS's own.",
    )
    children: dict[PlainName, ChildTable] = Field(
        default={}, description="Tables made of JSON arrays inside this table's documents."
    )
    max_quarantined: Limit | None = Field(
        default=None,
        description="How much may go to quarantine: a number of records (`100`) or a fraction of them "
        "(`0.01`; `1` is one record, `1.0` is all). Above it the load fails and main stays as it was. "
        "Without it there is no limit, but a table-hour without one good record fails.",
    )
    new_columns: NewColumns = Field(
        default="add",
        description="What to do with a column that the catalog does not name: `add` it to main as text, "
        "`ignore` it, or `fail` the load.",
    )
    missing_columns: MissingColumns = Field(
        default="fill",
        description="What to do with a file that lacks a column of the catalog: `fill` it with NULL, or "
        "`fail` the load.",
    )
    lossy: Lossy = Field(
        default="quarantine",
        description="What to do with a value that its column's type would change, such as an offset in a "
        "`timestamp`: keep its record in `quarantine`, or `allow` and count it.",
    )
    transform: Transform | None = Field(
        default=None,
        description="A Python function, `module:function`, that takes a pandas.DataFrame and gives one, "
        "called for each chunk before the typecast.",
    )
    max_bytes: Size = Field(
        default=DEFAULT_MAX_BYTES,
        json_schema_extra={"default": "64GiB"},
        description="How many bytes the files of an hour may have once they are unpacked: `64GiB`, `500MB`. "
        "Above it the load fails, so that a few bytes that swell without end cost no more than one hour.",
    )
    description: str | None = Field(default=None, description="What the table holds; shown in Dagster.")
    owner: Owner | None = Field(
        default=None,
        description="Who answers for the table, in Dagster: an e-mail address or `team:name`. The source's "
        "by default.",
    )
    group: Group | None = Field(default=None, description="The table's group of assets in Dagster.")
    vanished: Vanished | None = Field(
        default=None,
        description="What becomes of rows whose files vanish from the lake: `keep` leaves them in main, and "
        "a person decides; `follow` takes them out. The source's by default.",
    )
    lake_retention: Duration | None = Field(
        default=None,
        description="The age from which files may vanish from the lake without a word, such as `90d`: their "
        "rows stay, and nobody is told. The source's by default.",
    )


class SourceDocument(Frozen):
    """One source of lake_assets: a folder of the lake, and how its tables are loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="lake_assets catalog")

    source: PlainName = Field(
        description="The name of the source; also its folder in the lake and its schema in the warehouse."
    )
    from_: Folder | None = Field(
        default=None,
        alias="from",
        description="The source's folder in the lake, where it differs from its name.",
    )
    start: Hour = Field(
        description="The first hour expected, in UTC: `2018-09-06T10`. A date alone is its first hour."
    )
    schema_: SchemaName | None = Field(
        default=None,
        alias="schema",
        description="The warehouse schema, where it differs from the source's name.",
    )
    grace: Duration = Field(
        default=DEFAULT_GRACE,
        json_schema_extra={"default": "10m"},
        description="How long after its end an hour may be without its files before it counts as missing: "
        "`10m`, `1h`, `1h30m`.",
    )
    description: str | None = Field(default=None, description="What the source is.")
    owner: Owner | None = Field(
        default=None, description="Who answers for its tables, in Dagster: an e-mail address or `team:name`."
    )
    files: FileOptions = Field(default=FileOptions(), description="How the files of the source are written.")
    vanished: Vanished = Field(
        default="keep",
        description="What becomes of rows whose files vanish from the lake, of all tables that do not say "
        "otherwise. When all files of the source vanish, rows stay whatever is written here.",
    )
    lake_retention: Duration | None = Field(
        default=None,
        description="The age from which files may vanish from the lake without a word, of all tables that do "
        "not say otherwise.",
    )
    tables: dict[PlainName, SourceTable] = Field(
        min_length=1, description="The tables, each under the name it has in the warehouse."
    )


def model_at(place: Place) -> type[BaseModel]:
    """Return the model whose keys stand at a place of the document."""
    model: type[BaseModel] = SourceDocument
    match place:
        case ("files",) | ("tables", _, "files"):
            model = FileOptions
        case ("tables", _):
            model = SourceTable
        case ("tables", _, "columns", _):
            model = TableColumn
        case ("tables", _, "children", _):
            model = ChildTable
        case (*_, "children", _):
            model = ElementTable
        case (*_, "columns", _):
            model = ElementColumn
    return model


def known_keys(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys people may write for a model, in its order."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def to_source(document: SourceDocument, path: Path) -> Source:
    """Return the source that a valid document describes.

    Args:
        document: the YAML form.
        path: the file it was read from.
    """
    schema_name = document.schema_ or document.source
    tables = []
    for name, written in document.tables.items():
        table = _to_table(document, schema_name, name, written)
        tables.append(table.model_copy(update={"catalog_file": path}))
    return Source(
        name=document.source,
        start=document.start,
        folder=document.from_ or document.source,
        schema_name=schema_name,
        files=document.files,
        grace=document.grace,
        description=document.description,
        owner=document.owner,
        path=path,
        tables=tuple(tables),
    )


def _to_table(document: SourceDocument, schema_name: str, name: str, table: SourceTable) -> Table:
    return Table(
        source=document.source,
        schema_name=schema_name,
        name=name,
        folder=table.from_ or name,
        load=table.load,
        expect=table.expect,
        columns=_to_columns(table.columns),
        key=table.key,
        order_by=table.order_by,
        children=_to_children(table.children),
        max_quarantined=table.max_quarantined,
        new_columns=table.new_columns,
        missing_columns=table.missing_columns,
        lossy=table.lossy,
        transform=table.transform,
        max_bytes=table.max_bytes,
        description=table.description,
        owner=table.owner or document.owner,
        group=table.group,
        files=document.files.overridden(table.files),
        grace=document.grace,
        start=document.start,
        source_folder=document.from_ or document.source,
        vanished=table.vanished or document.vanished,
        lake_retention=_first_given(table.lake_retention, document.lake_retention),
    )


def _first_given(own: timedelta | None, of_source: timedelta | None) -> timedelta | None:
    return of_source if own is None else own


def _to_children(children: Mapping[str, ElementTable]) -> tuple[Child, ...]:
    return tuple(_to_child(name, child) for name, child in children.items())


def _to_child(name: str, child: ElementTable) -> Child:
    return Child(
        name=name,
        path=child.path,
        columns=_to_columns(child.columns),
        children=_to_children(child.children),
    )


def _to_columns(columns: Mapping[str, ElementColumn]) -> tuple[Column, ...]:
    return tuple(_to_column(name, column) for name, column in columns.items())


def _to_column(name: str, column: ElementColumn) -> Column:
    position = None
    if isinstance(column, TableColumn):
        position = column.position
    source_name = name
    if column.from_ is not None:
        source_name = column.from_
    return Column(
        name=name,
        type=column.type,
        source_name=source_name,
        path=column.path,
        position=position,
        backfill=column.backfill,
    )
