"""Values of a document as the loader takes them: JSON with exact numbers, and the wrappers of extended JSON.

What a wrapper is, and what it gives as a number or text, must be what the functions of
`ledger/sql/install_documents.sql` say. What the values of a path have in common is `tree`'s business.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from json import JSONDecoder
from typing import Any

from lake_assets.discover.classes import (
    BIGINT,
    LARGEST_EXPONENT,
    LONGEST_NUMBER,
    ZERO_BELOW_ZERO,
    has_whole_characters,
)
from lake_assets.load.staging.json_mend import mend, why_cut

MOST_DIGITS = 131_072  # before the point of a numeric (manual, "Numeric Types")
MOST_FRACTION = 16_383  # behind it
BEGINNINGS = ("{", "[")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_UUID = re.compile(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_COUNTER = re.compile(r"[0-9]{1,10}")
_MILLISECONDS = re.compile(r"-?[0-9]{1,18}")
_ZULU = re.compile(
    r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z"
)
_IN_RANGE = range(-210_866_803_200_000, 9_224_318_016_000_000)  # milliseconds PostgreSQL's timestamps hold
_WHOLE = re.compile(r"[+-]?[0-9]{1,1000}")
_FINITE = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})
_SIXTEEN = 16
NUMBERS = frozenset({"number", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal"})


class Number(str):
    """A number of JSON, as it is written."""

    __slots__ = ()


class UnreadableError(ValueError):
    """The text is no JSON that `jsonb` takes, mended or not; says why."""


class Decoder:
    """Reads the text of documents.

    Attributes:
        loses: whether `jsonb` would not give the last text back as it was, blanks and key order aside.
    """

    def __init__(self) -> None:
        self.loses = False
        self._json = JSONDecoder(
            object_pairs_hook=self._pairs,
            parse_int=self._number,
            parse_float=self._number,
            parse_constant=_refuse,
        )

    def read(self, text: str) -> Any:
        """Read a JSON text as the loader will, bare NaN and escaped NULs mended.

        Raises:
            UnreadableError: the loader will put its record into quarantine.
        """
        self.loses = False
        if "\\u0000" in text:
            text, self.loses = mend(text, "replace").text, True
        try:
            value = self._json.decode(text)
        except (ValueError, RecursionError):
            return self._read_mended(text)
        if "\\u" in text and not has_whole_characters(text):
            raise UnreadableError("half of a surrogate pair")
        return value

    def _read_mended(self, text: str) -> Any:
        mended = mend(text, "replace")
        if not mended.not_finite:
            raise UnreadableError("cut off" if why_cut(text) else "broken JSON")
        value = self.read(mended.text)
        self.loses = True
        return value

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            self.loses = True
        return made

    def _number(self, text: str) -> Number:
        mantissa, _, exponent = text.lower().partition("e")
        power = int(exponent or 0)
        if len(text) > LONGEST_NUMBER or abs(power) > LARGEST_EXPONENT:
            self.loses = True
            _, _, fraction = mantissa.partition(".")
            if Decimal(mantissa).adjusted() + power >= MOST_DIGITS or len(fraction) - power > MOST_FRACTION:
                raise ValueError(text)
        elif text.startswith("-0") and ZERO_BELOW_ZERO.fullmatch(text):
            self.loses = True
        return Number(text)


def _refuse(word: str) -> Any:
    raise ValueError(word)


def wrapper_of(value: Mapping[str, Any]) -> str | None:
    """Name the wrapper of extended JSON that an object is; None for an object of its own."""
    first = next(iter(value), "")
    if not first.startswith("$") or len(value) > 2:  # noqa: PLR2004
        return None
    if len(value) == 1:
        judge = _ALONE.get(first)
        return first if judge and judge(value[first]) else None
    return next((name for name, judge in _PAIRS.items() if name in value and judge(value)), None)


def _is_digits(value: Any) -> bool:
    return isinstance(value, str)


def _is_date(value: Any) -> bool:
    if isinstance(value, dict):
        return value.keys() == {"$numberLong"} and isinstance(value["$numberLong"], str)
    return isinstance(value, Number) or (isinstance(value, str) and value[:1] in set("-+0123456789"))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def _has_texts(value: Any, keys: set[str]) -> bool:
    return isinstance(value, dict) and value.keys() == keys and all(map(_is_text, value.values()))


def _is_binary(value: Any) -> bool:
    return _has_texts(value, {"base64", "subType"}) and bool(_BASE64.fullmatch(value["base64"]))


def _is_timestamp(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"t", "i"}
        and all(isinstance(part, str) and _COUNTER.fullmatch(part) for part in value.values())
    )


_ALONE: dict[str, Callable[[Any], bool]] = {
    "$date": _is_date,
    "$oid": _is_text,
    **dict.fromkeys(("$numberLong", "$numberInt", "$numberDouble", "$numberDecimal"), _is_digits),
    **dict.fromkeys(("$undefined", "$minKey", "$maxKey"), lambda _: True),
    "$binary": _is_binary,
    "$uuid": lambda value: _is_text(value) and bool(_UUID.fullmatch(value)),
    "$timestamp": _is_timestamp,
    "$symbol": _is_text,
    "$regularExpression": lambda value: _has_texts(value, {"pattern", "options"}),
    "$code": _is_text,
    "$dbPointer": lambda value: isinstance(value, dict),
}
_PAIRS: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "$binary": lambda value: (
        "$type" in value and _is_text(value["$binary"]) and bool(_BASE64.fullmatch(value["$binary"]))
    ),
    "$regex": lambda value: _has_texts(value, {"$regex", "$options"}),
    "$code": lambda value: "$scope" in value and _is_text(value["$code"]),
}


def date_fits(value: Any) -> bool:
    """Tell whether a `timestamptz` holds a date of BSON for sure, to the millisecond."""
    if isinstance(value, dict):
        value = Number(value["$numberLong"])
    if isinstance(value, Number):
        return bool(_MILLISECONDS.fullmatch(value)) and int(value) in _IN_RANGE
    return _ZULU.fullmatch(value) is not None


def uuid_fits(value: Mapping[str, Any]) -> bool:
    """Tell whether a wrapper of binary data is a UUID: subtype 4, 16 bytes."""
    if "$uuid" in value:
        return True
    inner = value["$binary"]
    base64, kind = (inner["base64"], inner["subType"]) if isinstance(inner, dict) else (inner, value["$type"])
    size = len(base64) * 3 // 4 - base64.count("=")
    return str(kind).lstrip("0") == "4" and size == _SIXTEEN


def number_class(wrapper: str, text: str) -> str:
    """Tell what it takes to hold a number.

    Args:
        wrapper: `number` for one of JSON itself.
        text: its digits.

    Returns:
        `whole` (64 bits), `unsigned`, `decimal`, `double` (nothing else keeps it: a zero with a sign),
        `special` (NaN and Infinity), or `odd` where nothing but text keeps it.
    """
    if _WHOLE.fullmatch(text) and (wrapper == "number" or wrapper != "$numberDouble"):
        number = int(text)
        return "whole" if number in BIGINT else "unsigned" if 0 <= number < 2**64 else "decimal"
    if wrapper == "number":
        return "decimal"
    if text in _NOT_FINITE:
        return "special"
    if not _FINITE.fullmatch(text) or len(text) > LONGEST_NUMBER:
        return "odd"
    if text.startswith("-") and not text.lower().partition("e")[0].strip("-0."):
        return "double" if text in {"-0", "-0.0"} and wrapper == "$numberDouble" else "odd"
    return "decimal"


def survives_as_double(text: str) -> bool:
    """Tell whether a double gives a number back as the shortest text that means it."""
    if text in _NOT_FINITE:
        return True
    try:
        return Decimal(repr(float(text))) == Decimal(text)
    except (ValueError, InvalidOperation):
        return False
