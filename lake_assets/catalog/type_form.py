"""The form of a PostgreSQL type name, as the manual has it ("Data Types", "CREATE TABLE").

A type of this form can be put into SQL as it is: nothing in it ends the statement or begins another clause.
Whether such a type exists is the server's to say.
"""

import re

_WORD = r"[^\W\d][\w$]*"
_QUOTED = r'"[^"%\x00-\x1f]+"'  # no %, which would be a placeholder to the driver
_IDENTIFIER = rf"(?:{_WORD}|{_QUOTED})"
_NAME = rf"{_IDENTIFIER}(?:\.{_IDENTIFIER}){{0,2}}"
_MODIFIER = rf"(?:[+-]?\d+|{_WORD})"  # a word as in PostGIS's geometry(Point,4326)
_MODIFIERS = rf"(?:\ *\(\ *{_MODIFIER}\ *(?:,\ *{_MODIFIER}\ *)*\))?"
_UNIT = r"(?:year|month|day|hour|minute|second)"

SERIAL = r"(?:small|big)?serial[248]?"  # a column's type and default in one; nothing can be cast to it

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
