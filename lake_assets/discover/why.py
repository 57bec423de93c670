"""Why a column has its type and a table its settings, in a few words: the comments of the YAML.

The decisions themselves are made elsewhere; nothing here changes one.
"""

import re
from collections.abc import Mapping

from lake_assets.discover.classes import ODD, OTHER, TEXT
from lake_assets.discover.profile import ColumnProfile, Example
from lake_assets.pluralize import pluralize

LONGEST_SHOWN = 30  # characters of a cell

_SAYINGS = {
    "bigint": "whole numbers",
    "numeric(20,0)": "whole numbers, some above bigint's 9223372036854775807",
    "numeric": "numbers, kept with the digits they are written with",
    "double precision": "floating-point numbers as DMS writes them",
    "date": "dates",
    "timestamp": "times without a time zone",
    "timestamptz": "times with an offset; the instant is kept, the offset is not",
    "time": "times of day",
    "interval": "times, some beyond 24 hours or below zero",
    "uuid": "UUIDs in lower case",
    "boolean": "truth values",
    "jsonb": "JSON objects or arrays; blanks and the order of keys are not kept",
}
_KINDS = {
    "whole": "a whole number",
    "unsigned": "a whole number",
    "long": "a whole number",
    "decimal": "a decimal number",
    "scientific": "a floating-point number",
    "date": "a date",
    "moment": "a time",
    "instant": "a time with an offset",
    "clock": "a time of day",
    "span": "a time span",
    "uuid": "a UUID",
    "word": "a truth value",
    "json": "JSON",
}
_PECULIAR = (
    (re.compile(r"[+-]?0[0-9]+(\.[0-9]*)?"), "leading zeros would be lost"),
    (
        re.compile(r"0000-00-00.*|[0-9]{4}-00-.*|[0-9]{4}-[0-9]{2}-00.*", re.DOTALL),
        "a date that does not exist",
    ),
    (
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]+)?"),
        "a date or time that does not exist, or too fine",
    ),
    (re.compile(r"\+[0-9.]+"), "the plus sign would be lost"),
    (re.compile(r"-0[0.:]*"), "the sign of zero would be lost"),
    (re.compile(r"\s.*\S|\S.*\s|\s+", re.DOTALL), None),
)


def shown(value: str, longest: int = LONGEST_SHOWN) -> str:
    """Give a text of any origin in quotes, on one line, and short."""
    cut = value if len(value) <= longest else f"{value[:longest]}…"
    return "'" + plain(cut) + "'"


def plain(text: str) -> str:
    """Give a text as a comment can hold it: what is no printable character is escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def why_type(profile: ColumnProfile, null: str) -> str:
    """Say why a column has the type that `profile.type_with` gives it."""
    chosen = profile.type_with(null)
    if profile.declared == chosen:
        return "as the Parquet file's schema has it"
    if chosen != TEXT:
        return _SAYINGS[chosen]
    if OTHER in profile.examples:
        return _odd_one(profile.examples[OTHER])
    marks = [text for text in profile.first_bare if text != null]
    if not profile.examples:
        return f"{shown(marks[0])} and no other cell" if marks else "no cell holds anything"
    if odd := [kind for kind in ODD if kind in profile.examples]:
        return _odd_one(profile.examples[odd[0]])
    kinds = [f"{_KINDS.get(kind, 'a letter')}, {_at(example)}" for kind, example in profile.examples.items()]
    kinds += [_at(profile.first_bare[text]) for text in marks]
    return " and ".join(kinds[:2])


def _odd_one(example: Example) -> str:
    if not example.value:
        return f"a quoted empty cell, which is an empty text, {_place(example)}"
    for form, reason in _PECULIAR:
        if form.fullmatch(example.value):
            return f"{_at(example)}{f': {reason}' if reason else ''}"
    return _at(example)


def _at(example: Example) -> str:
    return f"{shown(example.value)} {_place(example)}"


def _place(example: Example) -> str:
    return f"at record {example.record:,} of {plain(example.file)}"


def why_widths(widths: Mapping[int, int], due: int) -> str | None:
    """Say which records have not as many cells as the table has columns."""
    others = {width: count for width, count in sorted(widths.items()) if width != due and count}
    if not others:
        return None
    said = ", ".join(
        f"{pluralize(count, 'record')} of {pluralize(width, 'cell')}" for width, count in others.items()
    )
    return f"some files are of another width: {said}"
