"""Documents in staging: the JSON columns of a file that columns and child tables are taken from.

How a value in a document becomes one of a column belongs to `load.staging.document_expressions`; records
whose documents hold something else to `load.staging.document_rejects`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from psycopg import sql

from lake_assets.exceptions import LoadError
from lake_assets.postgres import statement

STAGING = sql.Identifier("lake_assets_staging")
EVERYTHING = sql.SQL("true")
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$-")
JSON_TYPES = frozenset({"json", "jsonb"})


class _Cell(Protocol):
    """What is needed of the staged cell of a document."""

    @property
    def type(self) -> str: ...
    @property
    def file_column(self) -> str: ...
    @property
    def staged_as(self) -> str: ...
    @property
    def cast_by_copy(self) -> bool: ...


@dataclass(frozen=True)
class Document:
    """A JSON column of the file.

    Attributes:
        file_column: the column of the file.
        staged_as: the column of staging that holds its cell.
        read_as: the name of the document once it is read; the same where COPY itself read it.
        mended_as: the column of staging that holds it mended where the cell is kept as it came; None where
            the mended document simply takes the cell's place.
    """

    file_column: str
    staged_as: str
    read_as: str
    mended_as: str | None

    @classmethod
    def of(cls, table: str, cell: _Cell, number: int) -> Self:
        """Plan how the document in a cell is read.

        Raises:
            LoadError: the cell is kept as a type that holds no JSON text.
        """
        kept_as = cell.type.strip().lower()
        if kept_as not in JSON_TYPES | {"text"}:
            raise LoadError(
                f"{table}: the file's column {cell.file_column!r} is looked into by a path and kept as "
                f"{cell.type}. Keep it as jsonb, json or text."
            )
        read_as = f"d{number}"
        mended_as = None
        if kept_as != "jsonb":
            mended_as = f"m{number}"
        elif cell.cast_by_copy:
            read_as = cell.staged_as
        return cls(
            file_column=cell.file_column, staged_as=cell.staged_as, read_as=read_as, mended_as=mended_as
        )

    @property
    def is_late(self) -> bool:
        """Whether it is text in staging."""
        return self.read_as != self.staged_as

    @property
    def opened(self) -> sql.Composable:
        """The document's name in what `opened_staging` gives."""
        return sql.Identifier(self.read_as)

    @property
    def reading(self) -> sql.Composed:
        """The expression that reads a late document."""
        text = sql.SQL("{}::jsonb").format(sql.Identifier(self.staged_as))
        if self.mended_as:
            text = sql.SQL("coalesce({}, {})").format(sql.Identifier(self.mended_as), text)
        return sql.SQL("{} AS {}").format(text, self.opened)

    @property
    def castable(self) -> sql.Composed | None:
        """The condition under which a late document can be read, or None where COPY has read it."""
        if not self.is_late:
            return None
        valid = sql.SQL("pg_input_is_valid({}::text, 'jsonb') IS NOT FALSE").format(
            sql.Identifier(self.staged_as)
        )
        if self.mended_as:
            return sql.SQL("({} IS NOT NULL OR {})").format(sql.Identifier(self.mended_as), valid)
        return valid


def opened_staging(
    documents: Sequence[Document], nodes: Sequence[sql.Composable], within: sql.Composable = EVERYTHING
) -> sql.Composable:
    """Return what rows are selected from: staging, with every document read and every node taken out once.

    Args:
        documents: the documents; without any it is staging itself.
        nodes: what is taken out of them, each under its name.
        within: no document is read but those of staged records for which this is true; others may be given.
    """
    staged: sql.Composable = STAGING
    late = [document.reading for document in documents if document.is_late]
    if late:
        read = statement(__package__, "read_documents", documents=sql.SQL(", ").join(late), within=within)
        staged = sql.SQL("({})").format(read)
    if nodes:
        opened = statement(
            __package__, "open_documents", staged=staged, nodes=sql.SQL(", ").join(nodes), within=within
        )
        return sql.SQL("({}) AS opened").format(opened)
    if late:
        return sql.SQL("{} AS staged").format(staged)
    return staged


def title_of(path: Sequence[str]) -> str:
    """Write a path as people do: dotted, and a key that is no plain word in quotes."""
    return ".".join(map(_title_of_key, path))


def _title_of_key(key: str) -> str:
    is_plain = bool(key) and set(key) <= PLAIN
    return key if is_plain else f'"{key}"'
