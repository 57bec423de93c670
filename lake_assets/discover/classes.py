"""What a single cell looks like, and which type keeps all cells of some classes as they are.

The rules are stricter than PostgreSQL's own: a class takes only what its type gives back with nothing lost
(manual, "Data Types"). `007`, `+5`, ` 5` and `NaN` are texts, though they could be cast. Which cells a column
has is `profile`'s business.
"""

import json
import re
from calendar import isleap
from collections.abc import Set as AbstractSet
from functools import cache

TEXT = "text"
FIGURES = "figures"
FLOAT = "float"  # a number for people and programs, which no type gives back as it is written
TRUTH = "truth"  # so is this a truth value
OTHER = "other"
ODD = (OTHER, FLOAT, TRUTH, FIGURES)
"""The classes of cells that are kept as text, the oddest first."""
QUOTED = "\0"  # stands before the value of a quoted cell whose text, unquoted, could mean NULL

BIGINT = range(-(2**63), 2**63)
LONGEST_NUMBER = 1000  # digits; numeric takes more (manual, "Numeric Types"), and nobody writes them
LARGEST_EXPONENT = 300

_WHOLE = r"0|-?[1-9][0-9]{0,17}"
_ZERO_BELOW_ZERO = r"-[0.:]*(?:\0|\Z)"  # -0.00 comes back without its sign
_DECIMAL = rf"(?!{_ZERO_BELOW_ZERO})-?(?:0|[1-9][0-9]{{0,30}})\.[0-9]{{1,30}}"
_DAY = (
    r"(?!0000)[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
_MOMENT = rf"{_DAY}[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{{1,6}})?)?"
_OFFSET = r"(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)"

# Nothing here needs a second look, so that whole blocks of cells can be matched at once.
SIMPLE = {
    "whole": _WHOLE,
    "decimal": _DECIMAL,
    "date": _DAY,
    "moment": _MOMENT,
    "instant": rf"(?!0001|9999){_MOMENT}{_OFFSET}",
    "clock": _CLOCK,
    "span": rf"(?!{_ZERO_BELOW_ZERO})-?[0-9]{{2,3}}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,6}})?",
    "uuid": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "word": r"true|false",
    "t": r"t",
    "f": r"f",
    TRUTH: r"TRUE|FALSE|True|False",
    FLOAT: r"[+-]?(?:[0-9]+(?:\.[0-9]*)?[eE][+-]?[0-9]{1,4}|\.[0-9]+(?:[eE][+-]?[0-9]{1,4})?)",
    FIGURES: r"[0-9 .,:;/+\-%$€£()#*]*[0-9][0-9 .,:;/+\-%$€£()#*]*",
}
_ANY_SIMPLE = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in SIMPLE.items()))
_LONG_WHOLE = re.compile(rf"-?[1-9][0-9]{{18,{LONGEST_NUMBER}}}")
_LONG_DECIMAL = re.compile(rf"-?(?:0|[1-9][0-9]{{0,{LONGEST_NUMBER}}})\.[0-9]{{1,{LONGEST_NUMBER}}}")
# DMS writes REAL8 with 17 digits and REAL4 with 9, always with a sign.
_SCIENTIFIC = re.compile(r"[+-][0-9]\.[0-9]{1,16}e[+-][0-9]{2,3}")
ZERO_BELOW_ZERO = re.compile(r"-0(?:\.0*)?(?:[eE].*)?")  # jsonb gives it back without its sign
_LEAP_DAY = re.compile(r"([0-9]{4})-02-29(.*)", re.DOTALL)

_NUMBERS = {"whole", "unsigned", "long", "decimal", "scientific"}
_TYPES: tuple[tuple[AbstractSet[str], str], ...] = (
    ({"whole"}, "bigint"),
    ({"whole", "unsigned"}, "numeric(20,0)"),
    ({"whole", "unsigned", "long", "decimal"}, "numeric"),
    ({"scientific"}, "double precision"),
    (_NUMBERS, "numeric"),
    ({"date"}, "date"),
    ({"moment"}, "timestamp"),
    ({"instant"}, "timestamptz"),
    ({"clock"}, "time"),
    ({"clock", "span"}, "interval"),
    ({"uuid"}, "uuid"),
    ({"word"}, "boolean"),
    ({"json"}, "jsonb"),
)


def type_of(classes: AbstractSet[str]) -> str:
    """Give the narrowest type that keeps every cell of these classes; `text` if there is none, or no cell."""
    if classes == {"t", "f"}:  # one of the two alone may be any letter: the f of a column of sexes
        return "boolean"
    return next((name for fitting, name in _TYPES if classes and classes <= fitting), TEXT)


def class_of(value: str) -> str:
    """Tell the class of a cell that is not NULL."""
    if found := _ANY_SIMPLE.fullmatch(value):
        name = str(found.lastgroup)
        if name == FLOAT and survives_as_double(value):
            return "scientific"
        return name if name != FIGURES else _class_of_figures(value)
    if value[:1] in {"{", "["}:
        return "json" if survives_as_jsonb(value) else OTHER
    return _class_of_leap_day(value) or OTHER


def _class_of_figures(value: str) -> str:
    """Look again at what is made of figures: numbers of many digits, and 29 February."""
    if _LONG_WHOLE.fullmatch(value):
        number = int(value)
        return "whole" if number in BIGINT else "unsigned" if 0 <= number < 2**64 else "long"
    below_zero = value.startswith("-") and not value.strip("-0.")
    if _LONG_DECIMAL.fullmatch(value) and not below_zero:
        return "decimal"
    return _class_of_leap_day(value) or FIGURES


def _class_of_leap_day(value: str) -> str | None:
    leap = _LEAP_DAY.fullmatch(value)
    return class_of(f"{leap[1]}-02-28{leap[2]}") if leap and int(leap[1]) and isleap(int(leap[1])) else None


def survives_as_double(value: str) -> bool:
    """Tell whether this is a floating-point number as DMS writes it, of which a double keeps every digit."""
    if not _SCIENTIFIC.fullmatch(value):
        return False
    digits = value.find("e") - len("+0.")
    return f"{float(value):+.{digits}e}" == value


class _NotKeptError(ValueError):
    """The JSON text holds what jsonb does not keep."""


def survives_as_jsonb(text: str) -> bool:
    """Tell whether a text is a JSON object or array that jsonb keeps, but for blanks and key order."""
    try:
        value = _JSON.decode(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict | list) and has_whole_characters(text)


def has_whole_characters(text: str) -> bool:
    r"""Tell whether jsonb takes the escapes; it knows no \u0000 and no half of a surrogate pair."""
    if "\\u" not in text:
        return True
    pieces = re.findall(r"\\(u[0-9a-fA-F]{4}|.)", text)
    if "u0000" in pieces:
        return False
    try:
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _NotKeptError
    return made


def _number(text: str) -> int:
    if len(text) > LONGEST_NUMBER or ZERO_BELOW_ZERO.fullmatch(text):
        raise _NotKeptError
    mantissa, _, exponent = text.lower().partition("e")
    if exponent and (len(exponent) > len("+300") or abs(int(exponent)) > LARGEST_EXPONENT):
        raise _NotKeptError
    return len(mantissa)


def _constant(_: str) -> object:
    raise _NotKeptError


# Its whitespace and grammar are those of RFC 8259, as PostgreSQL's are.
_JSON = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_number, parse_float=_number, parse_constant=_constant
)


@cache
def block_pattern(classes: frozenset[str]) -> re.Pattern[str] | None:
    """Give a pattern for any number of cells of these classes, each with a NUL behind it.

    Returns:
        None where a class needs more than a pattern.
    """
    if not classes or not classes <= SIMPLE.keys():
        return None
    form = "|".join(f"(?:{SIMPLE[name]})" for name in classes)
    return re.compile(rf"(?:(?:{form})\0)*+")
