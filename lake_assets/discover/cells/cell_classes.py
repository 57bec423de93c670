"""What a single cell looks like, and which type keeps all cells of some classes as they are.

The rules are stricter than PostgreSQL's own: a class takes only what its type gives back with nothing lost
(manual, "Data Types"). `007`, `+5`, ` 5` and `NaN` are texts, though they could be cast. Which cells a column
has is `column_profile`'s business.
"""

import re
from calendar import isleap
from collections.abc import Set as AbstractSet
from functools import cache

from lake_assets.discover.cells.json_cells import LONGEST_NUMBER, survives_as_jsonb

TEXT = "text"
FIGURES = "figures"
FLOAT = "float"  # a number for people and programs, which no type gives back as it is written
TRUTH = "truth"  # so is this a truth value; beside others it is only another spelling
BIT = "bit"  # 0 or 1: numbers, and beside words truth values
OTHER = "other"
ODD = (OTHER, FLOAT, TRUTH, FIGURES)
"""The classes of cells that are kept as text, the oddest first."""
QUOTED = "\0"  # stands before the value of a quoted cell whose text, unquoted, could mean NULL

BIGINT = range(-(2**63), 2**63)
UNSIGNED = range(2**64)  # MySQL's unsigned bigint

_WHOLE = r"0|-?[1-9][0-9]{0,17}"
_ZERO_BELOW_ZERO = r"-[0.:]*(?:\0|\Z)"  # -0.00 comes back without its sign
_DECIMAL = rf"(?!{_ZERO_BELOW_ZERO})-?(?:0|[1-9][0-9]{{0,30}})\.[0-9]{{1,30}}"
_DAY = (
    r"(?!0000)[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6}0{0,3})?"
_MOMENT = rf"{_DAY}[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{{1,6}}0{{0,3}})?)?"
_DATE_ORDERS = {
    "day_first": (r"(?:1[3-9]|2[0-9]|3[01])", r"(?:0?[1-9]|1[0-2])"),
    "month_first": (r"(?:0?[1-9]|1[0-2])", r"(?:1[3-9]|2[0-9]|3[01])"),
    "day_or_month_first": (r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|1[0-2])"),
}
_ORDERED_CLOCK = r"[ T][0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6}0{0,3})?)?"
_OFFSET = r"(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"


def _ordered_date(first: str, second: str) -> str:
    """Return the form of dates whose year comes last."""
    written = [rf"{first}{mark}{second}{mark}[12][0-9]{{3}}" for mark in (r"\.", "/", "-")]
    return f"(?:{'|'.join(written)})"


ORDERED_DATES = {name: _ordered_date(*numbers) for name, numbers in _DATE_ORDERS.items()}
ORDERED_MOMENTS = {f"{name}_moment": form + _ORDERED_CLOCK for name, form in ORDERED_DATES.items()}
"""Dates, and times, whose year comes last: only the catalog can say which number is the day."""

# Nothing here needs a second look, so that whole blocks of cells can be matched at once.
SIMPLE = {
    BIT: r"[01]",
    "whole": _WHOLE,
    "decimal": _DECIMAL,
    "date": _DAY,
    "moment": _MOMENT,
    "instant": rf"{_MOMENT}{_OFFSET}",
    "clock": _CLOCK,
    "span": rf"(?!{_ZERO_BELOW_ZERO})-?[0-9]{{2,3}}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,6}})?",
    "uuid": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "word": r"true|false",
    "t": r"t",
    "f": r"f",
    TRUTH: r"TRUE|FALSE|True|False",
    FLOAT: r"[+-]?(?:[0-9]+(?:\.[0-9]*)?[eE][+-]?[0-9]{1,4}|\.[0-9]+(?:[eE][+-]?[0-9]{1,4})?)",
    **ORDERED_DATES,
    **ORDERED_MOMENTS,
    FIGURES: r"[0-9 .,:;/+\-%$€£()#*]*[0-9][0-9 .,:;/+\-%$€£()#*]*",
}
_ANY_SIMPLE = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in SIMPLE.items()))
_LONG_WHOLE = re.compile(rf"-?[1-9][0-9]{{18,{LONGEST_NUMBER}}}")
_LONG_DECIMAL = re.compile(rf"-?(?:0|[1-9][0-9]{{0,{LONGEST_NUMBER}}})\.[0-9]{{1,{LONGEST_NUMBER}}}")
# DMS writes REAL8 with 17 digits and REAL4 with 9, always with a sign.
_SCIENTIFIC = re.compile(r"[+-][0-9]\.[0-9]{1,16}e[+-][0-9]{2,3}")
_LEAP_DAY = re.compile(r"([0-9]{4})-02-29(.*)", re.DOTALL)

NUMBER_CLASSES = frozenset({BIT, "whole", "unsigned", "long", "decimal", "scientific"})
TRUTH_CLASSES = frozenset({"word", TRUTH, "t", "f", BIT})
TYPES: tuple[tuple[AbstractSet[str], str], ...] = (
    ({BIT, "whole"}, "bigint"),
    ({BIT, "whole", "unsigned"}, "numeric(20,0)"),
    ({BIT, "whole", "unsigned", "long", "decimal"}, "numeric"),
    ({"scientific"}, "double precision"),
    (NUMBER_CLASSES, "numeric"),
    ({"date"}, "date"),
    ({"moment"}, "timestamp"),
    ({"instant"}, "timestamptz"),
    ({"clock"}, "time"),
    ({"clock", "span"}, "interval"),
    ({"uuid"}, "uuid"),
    ({"word"}, "boolean"),
    ({"json"}, "jsonb"),
)
"""The types, narrowest first, each with the classes that it holds."""


def type_of(classes: AbstractSet[str]) -> str:
    """Return the narrowest type that keeps all cells of these classes; `text` if there is none or no cell."""
    if _are_truth_values(classes):
        return "boolean"
    for fitting, name in TYPES:
        if classes and classes <= fitting:
            return name
    return TEXT


def _are_truth_values(classes: AbstractSet[str]) -> bool:
    """Return whether some classes are spellings of truth values, also several of them."""
    if not classes <= TRUTH_CLASSES:
        return False
    has_both_letters = {"t", "f"} <= classes  # one alone may be any letter: the f of a column of sexes
    is_beside_others = TRUTH in classes and len(classes) > 1
    return "word" in classes or has_both_letters or is_beside_others


def class_of(value: str) -> str:
    """Return the class of a cell that is not NULL."""
    found = _ANY_SIMPLE.fullmatch(value)
    if found is None:
        return _class_of_odd_cell(value)
    name = str(found.lastgroup)
    if name == FIGURES:
        return _class_of_figures(value)
    if name == FLOAT and is_of_dms(value):
        return "scientific"
    return name


def _class_of_odd_cell(value: str) -> str:
    if value[:1] not in {"{", "["}:
        return _class_of_leap_day(value) or OTHER
    if survives_as_jsonb(value):
        return "json"
    return OTHER


def _class_of_figures(value: str) -> str:
    """Look again at what is made of figures: numbers of many digits, and 29 February."""
    if _LONG_WHOLE.fullmatch(value):
        return class_of_whole(int(value))
    is_zero_below_zero = value.startswith("-") and not value.strip("-0.")
    if _LONG_DECIMAL.fullmatch(value) and not is_zero_below_zero:
        return "decimal"
    return _class_of_leap_day(value) or FIGURES


def class_of_whole(number: int) -> str:
    """Return what it takes to hold a whole number: `whole` (64 bits), `unsigned` or `long`."""
    if number in BIGINT:
        return "whole"
    if number in UNSIGNED:
        return "unsigned"
    return "long"


def _class_of_leap_day(value: str) -> str | None:
    leap = _LEAP_DAY.fullmatch(value)
    if leap is None:
        return None
    year = int(leap[1])
    if not year or not isleap(year):
        return None
    return class_of(f"{leap[1]}-02-28{leap[2]}")  # which is judged by the pattern


def is_of_dms(value: str) -> bool:
    """Return whether this is a floating-point number of DMS, of which a double keeps every digit."""
    if not _SCIENTIFIC.fullmatch(value):
        return False
    digits = value.find("e") - len("+0.")
    return f"{float(value):+.{digits}e}" == value


@cache
def block_pattern(classes: frozenset[str]) -> re.Pattern[str] | None:
    """Return a pattern for any number of cells of these classes, each with a NUL behind it.

    Returns:
        None where a class needs more than a pattern.
    """
    if not classes or not classes <= SIMPLE.keys():
        return None
    form = "|".join(f"(?:{SIMPLE[name]})" for name in classes)
    return re.compile(rf"(?:(?:{form})\0)*+")
