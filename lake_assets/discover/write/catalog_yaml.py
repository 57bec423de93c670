"""The YAML of a source: text with a comment for each choice, which reads back as the same catalog.

Only what has to be written is written; defaults are left out. What is chosen is chosen elsewhere.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from lake_assets.catalog.models import FileOptions
from lake_assets.discover.infer.explained import Explained
from lake_assets.discover.write.proposals import (
    Path,
    ProposedChild,
    ProposedColumn,
    ProposedSource,
    ProposedTable,
)
from lake_assets.escapes import escape_unprintable
from lake_assets.hours import format_hour

SCHEMA_FILE = "catalog.schema.json"  # beside the catalog's files, for editors
STEP = "  "
COMMENT_AT = 32  # characters before a comment behind a column, where the column is no longer

# Words that some YAML tool takes for something else than text.
_WORDS = frozenset(["null", "true", "false", "yes", "no", "on", "off", "y", "n"])
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN_TYPE = re.compile(r"[a-z ]+")


def quoted(text: str) -> str:
    """Return a text so written that every YAML tool reads it as this text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x100:  # noqa: PLR2004 - what two digits hold
        return f"\\x{code:02x}"
    if code < 0x10000:  # noqa: PLR2004 - what four digits hold
        return f"\\u{code:04x}"
    return f"\\U{code:08x}"


def write_source(source: ProposedSource) -> str:
    """Return the catalog file of a source."""
    lines = [_comment("", f"yaml-language-server: $schema={SCHEMA_FILE}")]
    lines += [_comment("", note) for note in source.comments]
    lines.append(f"source: {quoted(source.name)}")
    if source.folder != source.name:
        lines.append(f"from: {quoted(source.folder)}")
    lines.append(f"start: {format_hour(source.start)}")
    lines += _write_files(_changed_options(source), "")
    lines.append("tables:")
    for table in source.tables:
        lines += write_table(table, STEP)
    return "\n".join(lines) + "\n"


def _changed_options(source: ProposedSource) -> dict[str, Explained]:
    """Return the options of a source's files that are not the defaults."""
    defaults = FileOptions().model_dump()
    changed = {}
    for key, value in source.files.model_dump().items():
        if value != defaults[key]:
            changed[key] = Explained(value, source.why.get(key, ""))
    return changed


def _write_files(options: Mapping[str, Explained], indent: str) -> Iterator[str]:
    if options:
        yield f"{indent}files:"
    for key, choice in options.items():
        yield _with_comment(f"{indent}{STEP}{write_option(key, choice.value)}", choice.why)


def write_option(key: str, value: str | bool) -> str:
    """Return an option of `files`, with its key."""
    name = json.dumps(key) if key == "null" else key
    written = str(value).lower() if isinstance(value, bool) else quoted(value)
    return f"{name}: {written}"


def write_table(table: ProposedTable, indent: str) -> list[str]:
    """Return a table's lines.

    Args:
        table: what to write.
        indent: blanks before its name.
    """
    inner = indent + STEP
    lines = [f"{indent}{quoted(table.name)}:"]
    lines += [_comment(inner, note) for note in table.comments]
    if table.folder != table.name:
        lines.append(f"{inner}from: {quoted(table.folder)}")
    for key, choice in table.settings.items():
        lines.append(_with_comment(f"{inner}{key}: {choice.value}", choice.why))
    lines += _write_files(table.files, inner)
    lines += _write_columns(table.columns, inner)
    return lines + write_children(table.children, inner)


def _write_columns(columns: Sequence[ProposedColumn], indent: str) -> list[str]:
    inner = indent + STEP
    written = [_with_comment(inner + write_column(column), column.why) for column in columns]
    return [f"{indent}columns:", *written]


def write_children(children: Sequence[ProposedChild], indent: str) -> list[str]:
    """Return the lines of child tables, `children:` before them if there are any."""
    lines = [f"{indent}children:"] if children else []
    for child in children:
        lines += write_child(child, indent + STEP)
    return lines


def write_child(child: ProposedChild, indent: str) -> list[str]:
    """Return a child table's lines."""
    inner = indent + STEP
    lines = [_with_comment(f"{indent}{quoted(child.name)}:", child.why)]
    lines.append(f"{inner}path: {write_path(child.path)}")
    lines += _write_columns(child.columns, inner)
    return lines + write_children(child.children, inner)


def write_path(path: Path) -> str:
    """Return a path as it is written, dotted if every key is a plain word."""
    if path and all(quoted(key) == key for key in path):
        return ".".join(path)
    return f"[{', '.join(map(quoted, path))}]"


def write_column(column: ProposedColumn) -> str:
    """Return a column in its short form, or in the long one where more is to be said."""
    parts = []
    if column.path is not None:
        parts.append(f"path: {write_path(column.path)}")
    elif column.source_name != column.name:
        parts.append(f"from: {quoted(column.source_name)}")
    if column.position is not None:
        parts.append(f"position: {column.position}")
    if not parts:
        return f"{quoted(column.name)}: {column.type}"
    kind = quoted(column.type)
    if _PLAIN_TYPE.fullmatch(column.type):
        kind = column.type
    return f"{quoted(column.name)}: {{{', '.join([f'type: {kind}', *parts])}}}"


def _with_comment(line: str, why: str) -> str:
    if why:
        return f"{line:<{COMMENT_AT}}  # {escape_unprintable(why)}"
    return line


def _comment(indent: str, note: str) -> str:
    return f"{indent}# {escape_unprintable(note)}"
