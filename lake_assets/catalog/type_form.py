"""The form of a PostgreSQL type name, as the manual has it ("Data Types", "CREATE TABLE").

A type of this form can be put into SQL as it is: nothing in it ends the statement or begins another clause.
Whether such a type exists is the server's to say.
"""

import re
from typing import NamedTuple

_WORD = r"[^\W\d][\w$]*"
_QUOTED = r'"[^"%\x00-\x1f]+"'  # no %, which would be a placeholder to the driver
_IDENTIFIER = rf"(?:{_WORD}|{_QUOTED})"
_NAME = rf"{_IDENTIFIER}(?:\.{_IDENTIFIER}){{0,2}}"
_MODIFIER = rf"(?:[+-]?\d+|{_WORD})"  # a word as in PostGIS's geometry(Point,4326)
_MODIFIERS = rf"(?:\ *\(\ *{_MODIFIER}\ *(?:,\ *{_MODIFIER}\ *)*\))?"
_UNIT = r"(?:year|month|day|hour|minute|second)"

SERIAL = r"(?:small|big)?serial[248]?"  # a column's type and default in one; nothing can be cast to it

_ARRAY = r"(?:(?:\ *\[\ *\d*\ *\])*|\ +array(?:\ *\[\ *\d+\ *\])?)"

_BARE_TYPE = re.compile(rf"(?P<name>{_IDENTIFIER})(?P<rest>{_MODIFIERS}{_ARRAY})", re.IGNORECASE)

TYPE_FORM = re.compile(
    rf"""
    (?: time(?:stamp)? {_MODIFIERS} (?:\ +with(?:out)?\ +time\ +zone)?
      | double\ +precision
      | bit\ +varying {_MODIFIERS}
      | (?:national\ +)? char(?:acter)? (?:\ +varying)? {_MODIFIERS}
      | interval (?:\ +{_UNIT} (?:\ +to\ +{_UNIT})?)? {_MODIFIERS}
      | {_NAME} {_MODIFIERS}
    )
    (?: (?:\ *\[\ *\d*\ *\])* | \ +array (?:\ *\[\ *\d+\ *\])? )
    """,
    re.IGNORECASE | re.VERBOSE,
)


class BareType(NamedTuple):
    """A type whose name says no schema.

    Attributes:
        name: the name as PostgreSQL keeps it.
        is_quoted: it is written in quotes, so that it is no word of SQL's own.
        rest: modifiers and brackets, as they are written.
    """

    name: str
    is_quoted: bool
    rest: str


def bare_type(declared: str) -> BareType | None:
    """Return the parts of a type that is one name without a schema; None of any other.

    Args:
        declared: a type of this form; `double precision` is one that has no such name.
    """
    found = _BARE_TYPE.fullmatch(declared.strip())
    if found is None:
        return None
    written = found["name"]
    if written.startswith('"'):
        return BareType(name=written[1:-1], is_quoted=True, rest=found["rest"])
    # PostgreSQL folds the case of ASCII alone where text is in UTF-8.
    return BareType(name=written.encode().lower().decode(), is_quoted=False, rest=found["rest"])
