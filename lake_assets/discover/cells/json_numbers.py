"""What it takes to hold the numbers of documents: JSON's own and those in wrappers of extended JSON.

Which type a column of them gets is decided by `infer.path_types`.
"""

import re
from decimal import Decimal, InvalidOperation

from lake_assets.discover.cells.cell_classes import class_of_whole
from lake_assets.discover.cells.json_cells import LONGEST_NUMBER

NUMBER = "number"  # stands for a number of JSON itself, where others have the name of their wrapper
DOUBLE = "$numberDouble"
NUMBER_KINDS = frozenset({NUMBER, "$numberInt", "$numberLong", DOUBLE, "$numberDecimal"})

_WHOLE = re.compile(r"[+-]?[0-9]{1,1000}")
_FINITE = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})


def number_class(wrapper: str, text: str) -> str:
    """Return what it takes to hold a number.

    Args:
        wrapper: `number` for one of JSON itself.
        text: its digits.

    Returns:
        `whole` (64 bits), `unsigned`, `decimal`, `double` (nothing else keeps it: a zero with a sign),
        `special` (NaN and Infinity), or `odd` where nothing but text keeps it.
    """
    if wrapper != DOUBLE and _WHOLE.fullmatch(text):
        found = class_of_whole(int(text))
        if found == "long":
            return "decimal"
        return found
    if wrapper == NUMBER:
        return "decimal"
    return _class_in_wrapper(wrapper, text)


def _class_in_wrapper(wrapper: str, text: str) -> str:
    """Return the class of a number in a wrapper, which may hold any text, if it is no whole number."""
    if text in _NOT_FINITE:
        return "special"
    if not _FINITE.fullmatch(text) or len(text) > LONGEST_NUMBER:
        return "odd"
    if not _is_zero_below_zero(text):
        return "decimal"
    if wrapper == DOUBLE and text in {"-0", "-0.0"}:
        return "double"
    return "odd"


def _is_zero_below_zero(text: str) -> bool:
    mantissa = text.lower().partition("e")[0]
    return text.startswith("-") and not mantissa.strip("-0.")


def survives_as_double(text: str) -> bool:
    """Return whether a double gives a number back as the shortest text that means it."""
    if text in _NOT_FINITE:
        return True
    try:
        return Decimal(repr(float(text))) == Decimal(text)
    except (ValueError, InvalidOperation):
        return False
