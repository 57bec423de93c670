"""The YAML of a source: text with a comment for each choice, which reads back as the same catalog.

Only what has to be written is written; defaults are left out. What is chosen is chosen elsewhere.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lake_assets.catalog.models import FileOptions
from lake_assets.discover.why import plain
from lake_assets.hours import format_hour

STEP = "  "
COMMENT_AT = 32  # characters before a comment behind a column, where the column is no longer

# Words that some YAML tool takes for something else than text.
_WORDS = frozenset(["null", "true", "false", "yes", "no", "on", "off", "y", "n"])
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class ColumnText:
    """A column as the catalog shall have it, and why.

    Attributes:
        name: its name in the warehouse.
        type: its type.
        source_name: the file's column, or the key of an element.
        position: its place in the file, where the file's name does not tell it.
        why: the comment.
        path: where its value lies in a document, from the file's column on; in an element, its keys.
    """

    name: str
    type: str
    source_name: str
    position: int | None
    why: str
    path: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ChildText:
    """A child table as the catalog shall have it.

    Attributes:
        name: its name, without the table's.
        path: to the array: from the file's column on; in an element, its keys.
        columns: its columns.
        children: the tables of arrays inside its elements.
        why: the comment.
    """

    name: str
    path: tuple[str, ...]
    columns: Sequence[ColumnText]
    children: "Sequence[ChildText]" = ()
    why: str = ""


@dataclass(frozen=True)
class TableText:
    """A table as the catalog shall have it.

    Attributes:
        name: its name in the warehouse.
        folder: its folder in the lake.
        settings: keys between `from` and `columns`: key → (value, why).
        files: options of its files that are not the source's: key → (value, why).
        columns: its columns.
        comments: what else is to be said of it.
        children: its child tables.
    """

    name: str
    folder: str
    settings: Mapping[str, tuple[str, str]]
    columns: Sequence[ColumnText]
    comments: Sequence[str] = ()
    files: Mapping[str, tuple[str | bool, str]] = field(default_factory=dict)
    children: Sequence[ChildText] = ()


@dataclass(frozen=True)
class SourceText:
    """A source as the catalog shall have it; `why` holds a sentence for options of `files`."""

    name: str
    folder: str
    start: datetime
    files: FileOptions
    why: Mapping[str, str]
    tables: Sequence[TableText]
    comments: Sequence[str] = ()


def quoted(text: str) -> str:
    """Write a text so that every YAML tool reads it as this text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004


def write_source(source: SourceText) -> str:
    """Write the catalog file of a source."""
    lines = [_comment("", note) for note in source.comments]
    lines.append(f"source: {quoted(source.name)}")
    if source.folder != source.name:
        lines.append(f"from: {quoted(source.folder)}")
    lines.append(f"start: {format_hour(source.start)}")
    changed = {
        key: (value, source.why.get(key, ""))
        for key, value in source.files.model_dump().items()
        if value != getattr(FileOptions(), key)
    }
    lines += _write_files(changed, "")
    lines.append("tables:")
    for table in source.tables:
        lines += write_table(table, STEP)
    return "\n".join(lines) + "\n"


def _write_files(options: Mapping[str, tuple[str | bool, str]], indent: str) -> Iterator[str]:
    if options:
        yield f"{indent}files:"
    for key, (value, why) in options.items():
        yield _with_comment(f"{indent}{STEP}{write_option(key, value)}", why)


def write_option(key: str, value: str | bool) -> str:
    """Write an option of `files`, with its key."""
    name = json.dumps(key) if key == "null" else key
    return f"{name}: {str(value).lower() if isinstance(value, bool) else quoted(value)}"


def write_table(table: TableText, indent: str) -> list[str]:
    """Write a table's lines.

    Args:
        table: what to write.
        indent: blanks before its name.
    """
    inner = indent + STEP
    lines = [f"{indent}{quoted(table.name)}:"]
    lines += [_comment(inner, note) for note in table.comments]
    if table.folder != table.name:
        lines.append(f"{inner}from: {quoted(table.folder)}")
    for key, (value, why) in table.settings.items():
        lines.append(_with_comment(f"{inner}{key}: {value}", why))
    lines += _write_files(table.files, inner)
    lines.append(f"{inner}columns:")
    lines += [_with_comment(inner + STEP + write_column(column), column.why) for column in table.columns]
    return lines + write_children(table.children, inner)


def write_children(children: Sequence[ChildText], indent: str) -> list[str]:
    """Write the lines of child tables, `children:` before them if there are any."""
    lines = [f"{indent}children:"] if children else []
    for child in children:
        lines += write_child(child, indent + STEP)
    return lines


def write_child(child: ChildText, indent: str) -> list[str]:
    """Write a child table's lines."""
    inner = indent + STEP
    lines = [_with_comment(f"{indent}{quoted(child.name)}:", child.why)]
    lines += [f"{inner}path: {write_path(child.path)}", f"{inner}columns:"]
    lines += [_with_comment(inner + STEP + write_column(column), column.why) for column in child.columns]
    return lines + write_children(child.children, inner)


def write_path(path: Sequence[str]) -> str:
    """Write a path, dotted if every key is a plain word."""
    if path and all(quoted(key) == key for key in path):
        return ".".join(path)
    return f"[{', '.join(map(quoted, path))}]"


def write_column(column: ColumnText) -> str:
    """Write a column in its short form, or in the long one where more is to be said."""
    if column.path is None and column.position is None and column.source_name == column.name:
        return f"{quoted(column.name)}: {column.type}"
    kind = column.type if re.fullmatch(r"[a-z ]+", column.type) else quoted(column.type)
    parts = [f"type: {kind}"]
    if column.path is not None:
        parts.append(f"path: {write_path(column.path)}")
    elif column.source_name != column.name:
        parts.append(f"from: {quoted(column.source_name)}")
    if column.position is not None:
        parts.append(f"position: {column.position}")
    return f"{quoted(column.name)}: {{{', '.join(parts)}}}"


def _with_comment(line: str, why: str) -> str:
    return f"{line:<{COMMENT_AT}}  # {plain(why)}" if why else line


def _comment(indent: str, note: str) -> str:
    return f"{indent}# {plain(note)}"
