"""The wrappers of extended JSON: which objects are one, and whether PostgreSQL holds what they wrap.

What a wrapper is, and what it gives as a number or text, must be what the functions of
`ledger/sql/install_documents.sql` say. What the values of a path have in common is `json_tree`'s business.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from lake_assets.discover.cells.cell_classes import class_of
from lake_assets.discover.cells.json_decoder import Number

LARGEST_WRAPPER = 2  # keys: the wrapper's own, and the one that some of the older ones have beside it
UUID_BYTES = 16
UUID_SUBTYPE = "4"  # of binary data (BSON specification)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_UUID = re.compile(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_COUNTER = re.compile(r"[0-9]{1,10}")
_MILLISECONDS = re.compile(r"-?[0-9]{1,18}")
_ZULU = re.compile(r"[0-9-]{10}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
_IN_RANGE = range(-210_866_803_200_000, 9_224_318_016_000_000)  # milliseconds PostgreSQL's timestamps hold


def wrapper_of(value: Mapping[str, Any]) -> str | None:
    """Return the name of the wrapper of extended JSON that an object is; None for an object of its own."""
    first = next(iter(value), "")
    if not first.startswith("$") or len(value) > LARGEST_WRAPPER:
        return None
    if len(value) == 1:
        is_wrapped = _ALONE.get(first)
        if is_wrapped and is_wrapped(value[first]):
            return first
        return None
    for name, is_pair in _PAIRS.items():
        if name in value and is_pair(value):
            return name
    return None


def _is_digits(value: Any) -> bool:
    return isinstance(value, str)


def _is_date(value: Any) -> bool:
    if isinstance(value, dict):
        return value.keys() == {"$numberLong"} and isinstance(value["$numberLong"], str)
    if isinstance(value, Number):
        return True
    return isinstance(value, str) and value[:1] in set("-+0123456789")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def _has_texts(value: Any, keys: set[str]) -> bool:
    return isinstance(value, dict) and value.keys() == keys and all(map(_is_text, value.values()))


def _is_base64(value: Any) -> bool:
    return _is_text(value) and bool(_BASE64.fullmatch(value))


def _is_binary(value: Any) -> bool:
    return _has_texts(value, {"base64", "subType"}) and _is_base64(value["base64"])


def _is_uuid(value: Any) -> bool:
    return _is_text(value) and bool(_UUID.fullmatch(value))


def _is_counter(value: Any) -> bool:
    return isinstance(value, str) and bool(_COUNTER.fullmatch(value))


def _is_timestamp(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"t", "i"} and all(map(_is_counter, value.values()))


def _is_regular_expression(value: Any) -> bool:
    return _has_texts(value, {"pattern", "options"})


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_anything(_: Any) -> bool:
    return True


# The wrappers of one key, by the key: what its value must be.
_ALONE: dict[str, Callable[[Any], bool]] = {
    "$date": _is_date,
    "$oid": _is_text,
    "$numberLong": _is_digits,
    "$numberInt": _is_digits,
    "$numberDouble": _is_digits,
    "$numberDecimal": _is_digits,
    "$undefined": _is_anything,
    "$minKey": _is_anything,
    "$maxKey": _is_anything,
    "$binary": _is_binary,
    "$uuid": _is_uuid,
    "$timestamp": _is_timestamp,
    "$symbol": _is_text,
    "$regularExpression": _is_regular_expression,
    "$code": _is_text,
    "$dbPointer": _is_object,
}


def _is_old_binary(value: Mapping[str, Any]) -> bool:
    return "$type" in value and _is_base64(value["$binary"])


def _is_old_regular_expression(value: Mapping[str, Any]) -> bool:
    return _has_texts(value, {"$regex", "$options"})


def _is_code_with_scope(value: Mapping[str, Any]) -> bool:
    return "$scope" in value and _is_text(value["$code"])


# The wrappers of two keys, by the key that names them: what the whole object must be.
_PAIRS: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "$binary": _is_old_binary,
    "$regex": _is_old_regular_expression,
    "$code": _is_code_with_scope,
}


def date_fits(value: Any) -> bool:
    """Return whether a `timestamptz` holds a date of BSON for sure, to the millisecond."""
    if isinstance(value, dict):
        value = Number(value["$numberLong"])
    if isinstance(value, Number):
        return bool(_MILLISECONDS.fullmatch(value)) and int(value) in _IN_RANGE
    return _ZULU.fullmatch(value) is not None and class_of(value) == "instant"


def uuid_fits(value: Mapping[str, Any]) -> bool:
    """Return whether a wrapper of binary data is a UUID: subtype 4, 16 bytes."""
    if "$uuid" in value:
        return True
    inner = value["$binary"]
    if isinstance(inner, dict):
        base64, kind = inner["base64"], inner["subType"]
    else:
        base64, kind = inner, value["$type"]
    size = len(base64) * 3 // 4 - base64.count("=")
    return str(kind).lstrip("0") == UUID_SUBTYPE and size == UUID_BYTES
